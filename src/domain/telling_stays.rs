//! Who is told what of a stay: both sides of each step, but for what they have just done
//! themselves and see anyway.
//!
//! Of a stay that the landlord entered nobody else has an account here: the landlord alone is
//! told, as such.

use serde_json::{Value, json};

use super::booking_details::Party;
use super::event::{Event, StayFacts};
use super::ids::UserId;
use super::matter::{CallOff, Matter, Proposed};
use super::payment::{ATTEMPTS_MAX, Decline};
use super::preference::Category;
use super::telling::{People, Told};

/// What the people of a stay are told.
struct Telling<'a> {
    stay: &'a StayFacts,
    all: Vec<Told>,
}

impl<'a> Telling<'a> {
    const fn about(stay: &'a StayFacts) -> Self {
        Self { stay, all: Vec::new() }
    }

    /// Told in the app and by a letter.
    fn tell(mut self, to: Party, more: &Value, matter: Matter) -> Self {
        if let Some(person) = self.person(to) {
            self.all.push(Told::both_ways(person, data(self.stay, to, more), matter));
        }
        self
    }

    /// Told in the app only.
    fn show(mut self, to: Party, more: &Value) -> Self {
        if let Some(person) = self.person(to) {
            let told = Told::in_app(person, Category::of(to), data(self.stay, to, more));
            self.all.push(told);
        }
        self
    }

    /// Told by a letter only.
    fn write(mut self, to: Party, matter: Matter) -> Self {
        if let Some(person) = self.person(to) {
            self.all.push(Told::by_letter(person, matter));
        }
        self
    }

    /// Both sides told in the app and by a letter.
    fn tell_both(self, more: &Value, matter: impl Fn(Party) -> Matter) -> Self {
        let telling = self.tell(Party::Tenant, more, matter(Party::Tenant));
        telling.tell(Party::Landlord, more, matter(Party::Landlord))
    }

    fn person(&self, to: Party) -> Option<UserId> {
        let StayFacts { tenant_id, landlord_id, .. } = self.stay;
        match to {
            Party::Tenant if tenant_id == landlord_id => None,
            Party::Tenant => Some(*tenant_id),
            Party::Landlord => Some(*landlord_id),
            Party::Admin => None,
        }
    }
}

/// What a stay is about, for the text and the link in the app. `side` is as whom one reads it.
fn data(stay: &StayFacts, to: Party, more: &Value) -> Value {
    let mut data = json!({
        "side": to,
        "booking_id": stay.booking_id,
        "property_id": stay.property_id,
        "check_in": stay.nights.check_in(),
        "check_out": stay.nights.check_out(),
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more.clone());
    }
    data
}

/// How a booking comes to stand, or not.
pub(super) fn of_a_booking(event: &Event) -> Vec<Told> {
    use Party::{Landlord, Tenant};
    let nothing = json!({});
    match event {
        Event::BookingHeld { stay, expires_at } => {
            let matter = Matter::BookingHeld { stay: stay.clone(), expires_at: *expires_at };
            Telling::about(stay).write(Tenant, matter).show(Landlord, &nothing).all
        }
        Event::BookingRequested { stay, expires_at } => {
            let (more, expires_at) = (json!({ "expires_at": expires_at }), *expires_at);
            let matter = |to| Matter::BookingRequested { to, stay: stay.clone(), expires_at };
            Telling::about(stay).tell_both(&more, matter).all
        }
        Event::BookingApproved { stay, expires_at, reserved } => {
            let more = json!({ "expires_at": expires_at, "reserved": reserved });
            let (expires_at, reserved) = (*expires_at, *reserved);
            let matter = Matter::BookingApproved { stay: stay.clone(), expires_at, reserved };
            Telling::about(stay).tell(Tenant, &more, matter).show(Landlord, &nothing).all
        }
        Event::BookingDeclined { stay, reason } => {
            let more = json!({ "reason": reason });
            let matter = Matter::BookingDeclined { stay: stay.clone(), reason: reason.clone() };
            Telling::about(stay).tell(Tenant, &more, matter).show(Landlord, &nothing).all
        }
        Event::BookingConfirmed { stay, amount } => {
            let amount = *amount;
            Telling::about(stay)
                .tell(Tenant, &nothing, Matter::BookingConfirmed { stay: stay.clone(), amount })
                .tell(Landlord, &nothing, Matter::HostConfirmed { stay: stay.clone(), amount })
                .all
        }
        Event::BookingRecorded { stay, total } => {
            let matter = Matter::StayRecorded { stay: stay.clone(), total: *total };
            Telling::about(stay).tell(Landlord, &nothing, matter).all
        }
        Event::BookingExpired { stay, asked: false } => {
            // Of a hold that nobody paid for the landlord need not hear.
            let matter = Matter::BookingExpired { stay: stay.clone(), asked: false };
            Telling::about(stay).tell(Tenant, &nothing, matter).all
        }
        Event::BookingExpired { stay, asked: true } => {
            let more = json!({ "asked": true });
            Telling::about(stay)
                .tell(Tenant, &more, Matter::BookingExpired { stay: stay.clone(), asked: true })
                .tell(Landlord, &more, Matter::HostExpired { stay: stay.clone() })
                .all
        }
        Event::BookingFailed { stay, reason } => {
            let more = json!({ "reason": reason });
            let matter = Matter::BookingFailed { stay: stay.clone(), reason: reason.clone() };
            Telling::about(stay).tell(Tenant, &more, matter).show(Landlord, &more).all
        }
        Event::BookingLatePaymentResolved { stay, reacquired } => {
            let more = json!({ "reacquired": reacquired });
            let matter = Matter::LatePayment { stay: stay.clone(), reacquired: *reacquired };
            Telling::about(stay).tell(Tenant, &more, matter).show(Landlord, &more).all
        }
        _ => Vec::new(),
    }
}

/// Changes that one side proposes.
pub(super) fn of_a_change(event: &Event) -> Vec<Told> {
    match event {
        Event::BookingChangeProposed {
            stay,
            by,
            new_unit_id,
            new_nights,
            new_guests,
            difference,
            expires_at,
            ..
        } => {
            let proposed = Proposed {
                by: *by,
                unit_id: *new_unit_id,
                nights: *new_nights,
                guests: *new_guests,
                difference: *difference,
                expires_at: *expires_at,
            };
            let more = json!({
                "by": by,
                "new_check_in": new_nights.check_in(),
                "new_check_out": new_nights.check_out(),
                "difference": difference,
                "expires_at": expires_at,
            });
            let matter = |to| {
                let proposed = proposed.clone();
                Matter::ChangeProposed { to, stay: stay.clone(), proposed }
            };
            Telling::about(stay).tell_both(&more, matter).all
        }
        Event::BookingChangeAccepted { stay, difference, expires_at, .. } => {
            let more = json!({ "difference": difference, "expires_at": expires_at });
            let (difference, expires_at) = (*difference, *expires_at);
            let matter =
                |to| Matter::ChangeAccepted { to, stay: stay.clone(), difference, expires_at };
            Telling::about(stay).tell_both(&more, matter).all
        }
        Event::BookingChangeDeclined { stay, by, why, .. } => {
            let (more, by) = (json!({ "by": by, "why": why }), *by);
            let matter =
                |to| Matter::ChangeDeclined { to, stay: stay.clone(), by, why: why.clone() };
            Telling::about(stay).tell_both(&more, matter).all
        }
        Event::BookingModified { stay, old_nights, old_total, new_total, .. } => {
            let more = json!({
                "old_check_in": old_nights.check_in(),
                "old_check_out": old_nights.check_out(),
            });
            let (old_nights, old_total, new_total) = (*old_nights, *old_total, *new_total);
            let matter = |to| {
                let stay = stay.clone();
                Matter::BookingModified { to, stay, old_nights, old_total, new_total }
            };
            Telling::about(stay).tell_both(&more, matter).all
        }
        _ => Vec::new(),
    }
}

/// What becomes of a booking that stands.
pub(super) fn of_a_stay(event: &Event) -> Vec<Told> {
    let nothing = json!({});
    match event {
        Event::BookingCancelled { stay, by, asked, refund, lines } => {
            let (by, asked, refund) = (*by, *asked, *refund);
            called_off(stay, CallOff { by, asked, refund, lines: lines.clone() })
        }
        Event::BookingCheckedIn { stay } => {
            let matter = |to| Matter::CheckedIn { to, stay: stay.clone() };
            Telling::about(stay).tell_both(&nothing, matter).all
        }
        Event::BookingCompleted { stay, early } => {
            let matter = |to| Matter::StayCompleted { to, stay: stay.clone(), early: *early };
            Telling::about(stay).tell_both(&nothing, matter).all
        }
        Event::BookingNoShow { stay } => {
            let matter = |to| Matter::NoShow { to, stay: stay.clone() };
            Telling::about(stay).tell_both(&nothing, matter).all
        }
        Event::BookingMoved { stay, unit_no } => {
            let matter = Matter::StayMoved { stay: stay.clone(), unit_no: *unit_no };
            let more = json!({ "unit_no": unit_no });
            Telling::about(stay).tell(Party::Tenant, &more, matter).all
        }
        _ => Vec::new(),
    }
}

fn called_off(stay: &StayFacts, off: CallOff) -> Vec<Told> {
    let mut more = json!({});
    if let Some(by) = off.by {
        more["by"] = json!(by);
    }
    if let Some(refund) = off.refund {
        more["refund"] = json!(refund);
    }
    // A hold that was given up never was a booking to the landlord.
    let was_theirs = off.by.is_some() || off.asked;
    let matter = Matter::BookingCancelled { stay: stay.clone(), off: off.clone() };
    let telling = Telling::about(stay).tell(Party::Tenant, &more, matter);
    let telling = if was_theirs {
        telling.tell(Party::Landlord, &more, Matter::HostCancelled { stay: stay.clone(), off })
    } else {
        telling.show(Party::Landlord, &more)
    };
    telling.all
}

/// What becomes of a deposit. Administrators decide about one that is contested.
pub(super) fn of_a_deposit(event: &Event, people: &People) -> Vec<Told> {
    use Party::{Landlord, Tenant};
    match event {
        Event::DepositDeducted { stay, amount, items } => {
            let (stay_told, items) = (stay.clone(), items.clone());
            let matter = Matter::DepositDeducted { stay: stay_told, amount: *amount, items };
            let more = json!({ "amount": amount });
            Telling::about(stay).tell(Tenant, &more, matter).show(Landlord, &more).all
        }
        Event::DepositContested { stay, reason } => {
            let matter = |to| {
                let reason = reason.clone();
                Matter::DepositContested { to, stay: stay.clone(), reason }
            };
            let nothing = json!({});
            let telling = Telling::about(stay).show(Tenant, &nothing);
            let mut all = telling.tell(Landlord, &nothing, matter(Landlord)).all;
            to_admins(&mut all, people, stay, matter(Party::Admin));
            all
        }
        Event::DepositReleased { stay, returned, kept } => {
            let (returned, kept) = (*returned, *kept);
            let more = json!({ "amount": returned, "kept": kept });
            let matter = Matter::DepositReleased { stay: stay.clone(), returned, kept };
            Telling::about(stay).tell(Tenant, &more, matter).show(Landlord, &more).all
        }
        _ => Vec::new(),
    }
}

/// Tells administrators as well, but for those who are told already.
fn to_admins(all: &mut Vec<Told>, people: &People, stay: &StayFacts, matter: Matter) {
    for admin in &people.admins {
        if all.iter().all(|told| told.user_id != *admin) {
            let data = data(stay, Party::Admin, &json!({}));
            all.push(Told::both_ways(*admin, data, matter.clone()));
        }
    }
}

/// Money that is reserved, payments that fail, and money that goes back: the tenant's business,
/// but that the landlord of a request hears what is reserved for it.
pub(super) fn of_money(event: &Event, people: &People) -> Vec<Told> {
    let stay = super::telling::unnamed(event).stay.and_then(|id| people.stays.get(&id));
    let Some(stay) = stay else { return Vec::new() };
    let tenant = |more: &Value, matter| Telling::about(stay).tell(Party::Tenant, more, matter).all;
    let nothing = json!({});
    match event {
        // After the last try the booking, or the change, fails: of that they are told.
        Event::PaymentFailed { decline_class: Decline::Hard, .. } => Vec::new(),
        Event::PaymentFailed { attempts, .. } if *attempts >= ATTEMPTS_MAX => Vec::new(),
        Event::PaymentFailed { .. } => {
            tenant(&nothing, Matter::PaymentFailed { stay: stay.clone() })
        }
        Event::PaymentAuthorized(reserved) if !reserved.wanted => Vec::new(),
        Event::PaymentAuthorized(reserved) => {
            let more = json!({ "amount": reserved.amount });
            Telling::about(stay).show(Party::Tenant, &more).show(Party::Landlord, &more).all
        }
        Event::PaymentCaptureFailed(failure) => {
            let expires_at = failure.expires_at;
            let matter = Matter::CaptureFailed { stay: stay.clone(), expires_at };
            tenant(&json!({ "expires_at": expires_at }), matter)
        }
        Event::RefundCreated { amount, .. } => {
            let matter = Matter::RefundCreated { stay: stay.clone(), amount: *amount };
            tenant(&json!({ "amount": amount }), matter)
        }
        Event::RefundSucceeded { amount, .. } => {
            let matter = Matter::RefundSucceeded { stay: stay.clone(), amount: *amount };
            tenant(&json!({ "amount": amount }), matter)
        }
        Event::RefundFailed { .. } => {
            let matter = |to| Matter::RefundFailed { to, stay: stay.clone() };
            let mut all = tenant(&nothing, matter(Party::Tenant));
            to_admins(&mut all, people, stay, matter(Party::Admin));
            all
        }
        _ => Vec::new(),
    }
}
