//! The filters that results are counted by, and which of them a document fails.
//!
//! The number beside a choice says how many results making it would give. So a document that
//! fails one filter alone still counts for that filter's own choices: choosing a flat does
//! not zero the houses. One that fails two counts nowhere.

use tantivy::columnar::Column;

use super::codes;
use super::columns::Columns;
use super::plan::SCALED_PER_HUNDREDTH;
use super::rows::Row;
use crate::domain::criteria::Criteria;
use crate::domain::money::Currency;

/// The unit that bounds of prices are given in, and the column that they are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PriceUnit {
    /// Minor units of the one currency asked for.
    Minor(Currency),
    /// Hundredths of the major unit of whatever currency.
    Hundredth,
}

impl PriceUnit {
    /// The unit of a search.
    pub(super) fn of(asked: &Criteria) -> Self {
        asked.currency.map_or(Self::Hundredth, Self::Minor)
    }

    /// The column of prices.
    pub(super) const fn column(self, columns: &Columns) -> &Column<u64> {
        match self {
            Self::Minor(_) => &columns.price,
            Self::Hundredth => &columns.price_scaled,
        }
    }

    /// How much of the column's unit it is.
    pub(super) const fn scale(self) -> u64 {
        match self {
            Self::Minor(_) => 1,
            Self::Hundredth => SCALED_PER_HUNDREDTH,
        }
    }
}

/// A filter whose choices are counted. Amenities are none of these: all that are chosen have
/// to be there, so what is counted lies among the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facet {
    Kind,
    Bedrooms,
    Beds,
    Bathrooms,
    Price,
}

/// What becomes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is found.
    Hit,
    /// It would be found without this filter.
    But(Facet),
    /// It is not found.
    Miss,
}

/// What is chosen.
#[derive(Debug, Clone)]
pub(super) struct Choices {
    /// Any of these, as bits of their codes; all when there is none.
    kinds: u64,
    /// At least so many bedrooms, beds and half bathrooms.
    least: [u64; 3],
    /// The range of the price, in the unit of its column.
    price: (u64, u64),
    unit: PriceUnit,
}

impl Choices {
    /// The choices in what is asked.
    pub(super) fn of(asked: &Criteria) -> Self {
        let unit = PriceUnit::of(asked);
        let kinds = asked.kinds.iter().map(|kind| 1 << codes::of_kind(kind.name()));
        let least = [asked.bedrooms, asked.beds, asked.half_bathrooms];
        let bound = |bound: Option<u64>, open: u64| {
            bound.map_or(open, |bound| bound.saturating_mul(unit.scale()))
        };
        Self {
            kinds: kinds.fold(0, |kinds, kind: u64| kinds | kind),
            least: least.map(|least| least.map_or(0, u64::from)),
            price: (bound(asked.price_min, 0), bound(asked.price_max, u64::MAX)),
            unit,
        }
    }

    /// Which of the choices the home of a row fails.
    pub(super) fn judge(&self, row: &Row, columns: &Columns) -> Verdict {
        let Self { kinds, least, price: (min, max), unit } = self;
        let mut verdict = Verdict::Hit;
        let mut fails = |facet| {
            verdict = match verdict {
                Verdict::Hit => Verdict::But(facet),
                _ => Verdict::Miss,
            };
        };
        if *kinds != 0 && kinds.checked_shr(row.kind.into()).unwrap_or_default() & 1 == 0 {
            fails(Facet::Kind);
        }
        let facets = [Facet::Bedrooms, Facet::Beds, Facet::Bathrooms];
        for ((place, facet), least) in facets.into_iter().enumerate().zip(least) {
            if *least > 0 && row.rooms(place, columns) < *least {
                fails(facet);
            }
        }
        if !(*min..=*max).contains(&row.price(*unit, columns)) {
            fails(Facet::Price);
        }
        verdict
    }
}
