//! What is asked: every question is taken from a home that answers it, so that none is empty.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::Date;
use rentezy::domain::calendar::Nights;
use rentezy::domain::listing::Location;
use rentezy::domain::money::Currency;

use super::corpus::Home;

/// Words that are shorter say little.
const WORD_CHARS_MIN: usize = 5;

/// One set of things that can be asked for; each shape of query uses some of them.
pub(crate) struct Question {
    /// Two words of the home.
    pub(crate) words: [String; 2],
    /// The same with a typo in each.
    pub(crate) typos: [String; 2],
    /// The beginning of a word.
    pub(crate) prefix: String,
    /// Near the home.
    pub(crate) centre: Location,
    /// Around its price, in minor units.
    pub(crate) price: (u64, u64),
    /// The currency of that.
    pub(crate) currency: Currency,
    /// Two that it has.
    pub(crate) amenities: Vec<String>,
    /// Nights on which it may be free.
    pub(crate) nights: Nights,
    /// Beds at least.
    pub(crate) beds: u32,
}

/// The question that a home answers; none where it says too little.
pub(crate) fn question(home: &Home, today: Date) -> Option<Question> {
    let mut rng = Rng::with_seed(u64::try_from(home.number).unwrap_or_default());
    let said = format!("{} {}", home.doc.title, home.doc.description).to_lowercase();
    let mut words: Vec<&str> = said
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| word.len() >= WORD_CHARS_MIN)
        .collect();
    words.sort_unstable();
    words.dedup();
    rng.shuffle(&mut words);
    let [one, other, ..] = words.as_slice() else { return None };
    let mut amenities = home.doc.amenities.clone();
    rng.shuffle(&mut amenities);
    amenities.truncate(2);
    let from = today.saturating_add(rng.i64(1..600).days());
    let nights = Nights::new(from, from.saturating_add(rng.i64(3..31).days())).ok()?;
    let price = u64::try_from(home.doc.price.amount).ok()?;
    let near = |degrees: f64, rng: &mut Rng| degrees + (rng.f64() - 0.5) * 0.03;
    Some(Question {
        typos: [mistyped(one, &mut rng), mistyped(other, &mut rng)],
        prefix: one.chars().take(3).collect(),
        words: [(*one).to_owned(), (*other).to_owned()],
        centre: Location { lat: near(home.doc.lat, &mut rng), lon: near(home.doc.lon, &mut rng) },
        price: (price / 2, price.saturating_mul(2)),
        currency: home.doc.price.currency,
        amenities,
        nights,
        beds: home.doc.beds,
    })
}

/// The word with one letter left out, doubled, changed, or two exchanged; never the first.
fn mistyped(word: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = rng.usize(1..letters.len() - 1);
    match rng.u8(0..4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters.get(at).copied().unwrap_or('x')),
        2 => letters.swap(at, at + 1),
        _ => {
            if let Some(letter) = letters.get_mut(at) {
                *letter = rng.lowercase();
            }
        }
    }
    letters.into_iter().collect()
}
