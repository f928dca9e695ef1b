//! Letters: which events are written about, to whom, and how often it is tried. A letter is
//! named here and worded when it is sent, so that it goes to the address, and uses the names,
//! of that moment.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::event::Recorded;
use super::ids::{self, LetterId, UserId};
pub use super::matter::Matter;
use super::telling::{self, People};
use super::user::{RESET_LIFE, VERIFY_LIFE};

/// Past this age nobody is written to about an event: it is a story by then.
pub const AGE_MAX: Duration = Duration::from_hours(24);
/// How often a letter is tried before it has failed.
pub const TRIES: u32 = 8;
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// A letter to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// Derived from event and person, so that a replay makes the same one.
    pub id: LetterId,
    /// Who is written to.
    pub user_id: UserId,
    /// What it is about.
    pub matter: Matter,
    /// Past it the letter says nothing that is still true, and is not sent.
    pub useful_until: Option<Timestamp>,
}

/// The letters that follow from an event, in the order of the people. `people` has what
/// [`telling::unnamed`] asks for.
#[must_use]
pub fn follows(event: &Recorded, people: &People) -> Vec<Letter> {
    let told = telling::of(event, people).into_iter();
    told.filter_map(|told| Some(letter(event, told.user_id, told.letter?))).collect()
}

fn letter(event: &Recorded, user_id: UserId, matter: Matter) -> Letter {
    let position = event.position;
    let derived = |label: &str| ids::derived(user_id.uuid(), label);
    let id = match matter {
        // The event says which roles there are, not which are new: so once in a lifetime.
        Matter::LandlordApproved {} => derived("letter/landlord"),
        _ => {
            let label = format!("letter/{}/{}", position.stream.0, position.seq);
            ids::stamped(event.occurred_at, derived(&label))
        }
    };
    let life = |life: Duration| {
        let life = SignedDuration::try_from(life).ok();
        life.and_then(|life| event.occurred_at.checked_add(life).ok())
    };
    let useful_until = match &matter {
        Matter::VerifyAddress { .. } => life(VERIFY_LIFE),
        Matter::ResetPassword { .. } => life(RESET_LIFE),
        matter => matter.useful_until(),
    };
    Letter { id: LetterId::from(id), user_id, matter, useful_until }
}

/// The pause before the next try of a letter after so many, without its jitter: 2^n s, at
/// most an hour. `None`: it has failed.
#[must_use]
pub fn pause(tries: u32) -> Option<Duration> {
    (tries < TRIES).then(|| {
        let seconds = 1_u64.checked_shl(tries).unwrap_or(u64::MAX);
        Duration::from_secs(seconds).min(PAUSE_MAX)
    })
}
