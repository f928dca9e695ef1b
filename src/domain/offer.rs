//! What a stay is offered at: the terms of a hold, and the same for those who only ask.

use super::calendar::Nights;
use super::ids::UnitId;
use super::listing::Listing;
use super::promo::PromoTerms;
use super::quote::{At, Offer};
use super::reckoning;
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::PropertyState;
use super::terms::Terms;
use super::turn::Turn;
use super::unit::Unit;

impl Turn<'_> {
    /// The terms of a stay that the rules allow: by a quote what was promised, else what
    /// follows from the listing as it is.
    pub(super) fn terms(
        &self,
        unit: &Unit,
        nights: Nights,
        guests: u16,
        offer: Option<&Offer>,
    ) -> Result<Terms, Refusal> {
        let (listing, today) = (self.listing, self.today());
        let promo = offer.and_then(Offer::promo);
        let price = match offer.map(|offer| &offer.at) {
            Some(At::Quote(quote)) => {
                quote.check_for(listing, unit, (nights, guests), self.context.now)?;
                quote.price.clone()
            }
            Some(At::Promo(_)) | None => {
                promo.map_or(Ok(()), |promo| promo.check_for(listing, nights, today))?;
                reckoning::price(listing, unit, nights, guests, today, promo)?
            }
        };
        let promo = promo.map(|promo| promo.id);
        Ok(Terms { promo, ..Terms::new(price, &listing.policies) })
    }
}

/// What a stay would be held at: its unit type and its terms. Whether the nights are free is
/// not looked at.
///
/// # Errors
/// The refusal that a hold would meet, but for those that depend on who asks.
pub fn terms(
    listing: &Listing,
    unit_id: Option<UnitId>,
    nights: Nights,
    guests: u16,
    promo: Option<PromoTerms>,
    context: &Context<'_>,
) -> Result<(UnitId, Terms), Refusal> {
    let state = PropertyState::default();
    let turn = Turn { state: &state, listing, context };
    let unit = turn.unit_for(unit_id)?;
    turn.check_rules(unit, nights, guests)?;
    let offer = promo.map(|promo| Offer::new(At::Promo(promo)));
    let terms = turn.terms(unit, nights, guests, offer.as_ref())?;
    Ok((unit.id, terms))
}
