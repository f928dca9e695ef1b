//! Listings and their stays, the same for every side: those of the demo's generator, which may
//! say what real ones do.

use fastrand::Rng;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rentezy::domain::amenity;
use rentezy::domain::calendar::Nights;
use rentezy::domain::ids::UnitId;
use rentezy::domain::money::Money;
use rentezy::domain::stay_rules::StayRules;
use rentezy::search::{ListingDoc, UnitDoc};
use rentezy::tools::demo::listings::listings;
use rentezy::tools::listing::ListingDraft;
use serde_json::json;

use super::real::Real;

/// What the listings follow from.
const SEED: u64 = 20;

/// Stays of a home at most.
const STAYS_MAX: usize = 12;

/// A listing with the nights on which it is taken.
pub(crate) struct Home {
    /// Its number, from 0.
    pub(crate) number: usize,
    /// The document.
    pub(crate) doc: ListingDoc,
    /// Nights of its one unit.
    pub(crate) taken: Vec<Nights>,
}

/// The listings of a run.
pub(crate) struct Corpus {
    /// How many.
    pub(crate) size: usize,
    /// The first night that can be asked for.
    pub(crate) today: Date,
    /// What they say; without it, what the generator has them say.
    pub(crate) real: Option<Real>,
}

impl Corpus {
    /// All of them, the newest last.
    pub(crate) fn homes(&self) -> impl Iterator<Item = Home> + Send + '_ {
        let drafts = (0..).zip(listings(SEED, self.size));
        drafts.map(move |(number, draft)| self.home(number, &draft))
    }

    fn home(&self, number: usize, draft: &ListingDraft) -> Home {
        let mut rng = Rng::with_seed(SEED ^ u64::try_from(number).unwrap_or_default());
        let mut taken = Vec::new();
        let mut from = self.today.saturating_add(rng.i64(0..60).days());
        for _ in 0..rng.usize(0..=STAYS_MAX) {
            let to = from.saturating_add(rng.i64(1..15).days());
            taken.extend(Nights::new(from, to));
            from = to.saturating_add(rng.i64(0..60).days());
        }
        let mut doc = document(number, draft);
        if let Some(real) = &self.real {
            real.speak(&mut doc, &mut rng);
        }
        Home { number, doc, taken }
    }
}

fn document(number: usize, draft: &ListingDraft) -> ListingDoc {
    let (fields, unit) = (&draft.fields, &draft.unit);
    let id = draft.property_id();
    let month = unit.month_minor.map(|month| month / 30);
    let amount = unit.night_minor.or(month).unwrap_or_default();
    let price = Money { amount, currency: fields.currency };
    let blurred = fields.location.blurred();
    let amenities = amenity::mapped(&fields.amenities);
    let age = SignedDuration::from_secs(i64::try_from(number).unwrap_or_default());
    let policies = draft.policies();
    ListingDoc {
        id,
        title: fields.title.clone(),
        description: fields.description.clone(),
        city: fields.address.city.clone(),
        country: fields.address.country.clone(),
        kind: fields.kind.name().to_owned(),
        price,
        bedrooms: unit.bedrooms.into(),
        beds: unit.beds.into(),
        half_bathrooms: (unit.bathrooms * 2.0).round() as u32,
        guests: unit.guests.into(),
        units: vec![UnitDoc { id: UnitId::from(id.uuid()), guests: unit.guests.into() }],
        min_nights: 1,
        max_nights: policies.max_nights.map_or(730, u32::from),
        stay_rules: StayRules::default(),
        utc_offset_minutes: 0,
        lat: blurred.lat,
        lon: blurred.lon,
        created: Timestamp::UNIX_EPOCH.saturating_add(age).unwrap_or(Timestamp::MAX),
        card: json!({
            "id": id,
            "title": fields.title,
            "kind": fields.kind,
            "city": fields.address.city,
            "country": fields.address.country,
            "location": blurred,
            "price_per_night": price,
            "unit_types": 1,
            "bedrooms": unit.bedrooms,
            "beds": unit.beds,
            "bathrooms": unit.bathrooms,
            "guests": unit.guests,
            "amenities": amenities.iter().take(6).collect::<Vec<_>>(),
        }),
        amenities,
    }
}
