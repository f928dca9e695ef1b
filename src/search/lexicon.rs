//! What is known about words: the vocabulary of the index and the synonyms, kept up to date
//! beside the searches.
//!
//! Nothing of it is renewed by commits, which come several times a second: a vocabulary that
//! is some seconds old misses a new spelling for so long, while words as they are written
//! are always looked up in the index itself. The search that finds it old starts a thread
//! that reads all dictionaries anew, and goes on with the old one. Between two readings lie
//! [`REST_MIN`] or [`REST`] times as long as the last one took, so that, however large the
//! index and however many commits, no more than a twentieth of a core goes into it; without
//! searches or changes, none does. Reading whole dictionaries needs no bookkeeping of which
//! segments were merged, and is what merging them costs anyway.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use tantivy::Searcher;

use super::priority;
use super::schema::Fields;
use super::synonyms::Synonyms;
use super::vocabulary::Vocabulary;
use crate::clock;

/// The shortest time from one renewal to the next.
const REST_MIN: Duration = Duration::from_secs(2);

/// How much longer than a renewal takes there is none.
const REST: u32 = 19;

/// When a file was changed and its length, or why it cannot be read: what tells one state of
/// it from another.
type Seen = Result<(SystemTime, u64), ErrorKind>;

/// What the words of searches are understood by; clones share it.
#[derive(Clone)]
pub(super) struct Lexicon(Arc<Inner>);

struct Inner {
    vocabulary: ArcSwap<Vocabulary>,
    synonyms: ArcSwap<Synonyms>,
    /// The list of synonyms, if there is one beside the built-in.
    file: Option<PathBuf>,
    /// The state of the list when it was last looked at.
    seen: Mutex<Option<Seen>>,
    began: Instant,
    /// Milliseconds from `began` until a renewal may come.
    due_ms: AtomicU64,
    renewing: AtomicBool,
}

impl Lexicon {
    /// Reads the words of an index, and the synonyms.
    ///
    /// # Errors
    /// When the index cannot be read. A list that is wrong or missing is told in the log,
    /// and the built-in one stands for it.
    pub(super) fn open(
        searcher: &Searcher,
        fields: &Fields,
        file: Option<PathBuf>,
    ) -> tantivy::Result<Self> {
        let lexicon = Self(Arc::new(Inner {
            vocabulary: ArcSwap::from_pointee(Vocabulary::read(searcher, fields)?),
            synonyms: ArcSwap::from_pointee(Synonyms::built_in()),
            file,
            seen: Mutex::new(None),
            began: clock::monotonic(),
            due_ms: AtomicU64::new(0),
            renewing: AtomicBool::new(false),
        }));
        lexicon.read_synonyms();
        Ok(lexicon)
    }

    /// The vocabulary as it was last read.
    pub(super) fn vocabulary(&self) -> Arc<Vocabulary> {
        self.0.vocabulary.load_full()
    }

    /// The synonyms as they were last read.
    pub(super) fn synonyms(&self) -> Arc<Synonyms> {
        self.0.synonyms.load_full()
    }

    /// Has it renewed if that is due. Costs a search nothing but a look.
    pub(super) fn renew_when_due(&self, searcher: &Searcher, fields: &Fields) {
        if self.now_ms() < self.0.due_ms.load(Ordering::Relaxed)
            || self.0.renewing.swap(true, Ordering::Acquire)
        {
            return;
        }
        let (lexicon, searcher, fields) = (self.clone(), searcher.clone(), *fields);
        let renew = move || {
            let _done = Done(&lexicon.0.renewing);
            priority::give_way();
            let began = clock::monotonic();
            lexicon.rest(REST_MIN);
            lexicon.renew(&searcher, &fields);
            lexicon.rest(began.elapsed().saturating_mul(REST).max(REST_MIN));
        };
        let started = std::thread::Builder::new().name("search-words".to_owned()).spawn(renew);
        if let Err(error) = started {
            tracing::warn!(%error, "search goes on with the words it knows");
            self.0.renewing.store(false, Ordering::Release);
        }
    }

    /// Renews it here and now.
    pub(super) fn renew(&self, searcher: &Searcher, fields: &Fields) {
        self.read_synonyms();
        let generation = searcher.generation().generation_id();
        if self.0.vocabulary.load().generation == generation {
            return;
        }
        match Vocabulary::read(searcher, fields) {
            Ok(vocabulary) => self.0.vocabulary.store(Arc::new(vocabulary)),
            Err(error) => tracing::warn!(%error, "search goes on with the words it knows"),
        }
    }

    /// Reads the list of synonyms if it has changed.
    fn read_synonyms(&self) {
        let Some(file) = &self.0.file else { return };
        let state = std::fs::metadata(file).and_then(|about| Ok((about.modified()?, about.len())));
        let state = state.map_err(|error| error.kind());
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.replace(state) == Some(state) {
            return;
        }
        let path = file.display();
        let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
        let list = read.and_then(|list| Synonyms::parse(&list).map_err(|error| error.to_string()));
        match list {
            Ok(synonyms) => {
                tracing::info!(%path, "list of synonyms is read");
                self.0.synonyms.store(Arc::new(synonyms));
            }
            Err(error) => tracing::warn!(%path, error, "list of synonyms is left as it was"),
        }
    }

    /// Lets no renewal come before so much time has passed.
    fn rest(&self, time: Duration) {
        let due = self.now_ms() + u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 2);
        self.0.due_ms.store(due, Ordering::Relaxed);
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Says that a renewal is over, also when it panicked.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
