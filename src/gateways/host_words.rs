//! What letters to landlords say.

use super::letter_words::{Words, said, title};
use super::mail::Draft;
use super::stay_facts::{deposit, is_manual, page};
use super::stay_words::unchanged;
use crate::domain::booking_details::Party;
use crate::domain::event::StayFacts;
use crate::domain::letter::Matter;
use crate::domain::matter::CallOff;

pub(super) fn english(draft: &Draft) -> Words {
    let Some(stay) = draft.matter.stay() else { return of_listings(draft) };
    let words = match &draft.matter {
        Matter::ChangeProposed { .. }
        | Matter::ChangeAccepted { .. }
        | Matter::ChangeDeclined { .. }
        | Matter::BookingModified { .. } => of_a_change(draft, stay),
        Matter::CheckedIn { .. }
        | Matter::StayCompleted { .. }
        | Matter::NoShow { .. }
        | Matter::DepositContested { .. } => of_guests(draft, stay),
        _ => of_a_booking(draft, stay),
    };
    match words.button {
        Some(_) => words,
        None => words.with_button("See the booking", page(draft)),
    }
}

fn of_listings(draft: &Draft) -> Words {
    let title = title(draft);
    let home = |words: Words| match draft.matter.property() {
        Some(id) => words.with_button("Your homes", format!("{}/landlord/{id}", draft.site)),
        None => words,
    };
    match &draft.matter {
        Matter::LandlordApproved {} => said(
            "You can offer homes now",
            ["Your account may offer homes at RentEzy from now on."],
        )
        .with_button("Offer a home", format!("{}/landlord", draft.site)),
        Matter::LandlordDeclined { reason } => said(
            "You cannot offer homes yet",
            ["We have looked at your application to offer homes and could not approve it."],
        )
        .with_fact("Reason", reason),
        Matter::ListingApproved { .. } => home(said(
            &format!("{title} is live"),
            ["Your listing was approved. Everybody can find and book it now."],
        )),
        Matter::ListingRejected { reason, .. } => home(
            said(
                &format!("{title} needs another look"),
                ["Your listing cannot go live as it is. Change it and hand it in again."],
            )
            .with_fact("Reason", reason),
        ),
        _ => Words::default(),
    }
}

fn of_a_booking(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    match &draft.matter {
        Matter::BookingRequested { expires_at, .. } => {
            let message = draft.booking.as_ref().and_then(|it| it.details.message.as_deref());
            said(
                &format!("Somebody asks for {title}"),
                ["Say yes or no. The nights stay reserved until then; they pay once you have said \
                  yes."],
            )
            .with_end("Answer until", draft, *expires_at)
            .with_guest(draft)
            .with_fact("Message", message.unwrap_or_default())
            .with_stay(draft, stay)
            .with_price(draft)
            .with_button("Answer the request", page(draft))
        }
        Matter::HostConfirmed { amount, .. } => said(
            &format!("New booking of {title}"),
            ["A stay in your home was paid for and is confirmed."],
        )
        .with_guest(draft)
        .with_stay(draft, stay)
        .with_price(draft)
        .with_fact("Paid", amount.to_string()),
        Matter::HostExpired { .. } => said(
            &format!("Not answered in time: {title}"),
            ["A request for your home has ended because it was not answered. The nights are free \
              again."],
        )
        .with_guest(draft)
        .with_stay(draft, stay),
        Matter::HostCancelled { off, .. } => called_off(draft, stay, off),
        Matter::StayRecorded { total, .. } => said(
            &format!("A stay at {title} is in your calendar"),
            ["You have entered it yourself. Nobody else can book these nights any more."],
        )
        .with_guest(draft)
        .with_stay(draft, stay)
        .with_sum("What you get", *total),
        _ => Words::default(),
    }
}

fn called_off(draft: &Draft, stay: &StayFacts, off: &CallOff) -> Words {
    let title = title(draft);
    let words = match off.by {
        Some(Party::Landlord) if is_manual(&draft.matter) => said(
            &format!("Taken out of your calendar: {title}"),
            ["You have called off a stay that you had entered. The nights are free again."],
        ),
        Some(Party::Landlord) => said(
            &format!("You have called off a stay at {title}"),
            ["The nights are free again. All that your guest paid goes back."],
        ),
        Some(Party::Admin) => said(
            &format!("RentEzy has called off a stay at {title}"),
            ["The nights are free again. Answer this letter to ask about it."],
        ),
        None if off.asked => said(
            &format!("Taken back: a request for {title}"),
            ["Your answer is not needed any more. The nights are free again."],
        ),
        Some(Party::Tenant) | None => said(
            &format!("Called off: {title}"),
            ["A guest has called off a stay in your home. The nights are free again."],
        ),
    };
    words.with_guest(draft).with_reason(draft).with_stay(draft, stay).with_refund(off)
}

fn of_a_change(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    let words = match &draft.matter {
        Matter::ChangeProposed { proposed, .. } if proposed.by == Party::Landlord => said(
            &format!("You have proposed a change of a stay at {title}"),
            ["Your guest is asked. Until there is an answer everything stays as it is."],
        )
        .with_proposal(draft, stay, proposed),
        Matter::ChangeProposed { proposed, .. } => said(
            &format!("A guest proposes a change of a stay at {title}"),
            ["Say yes or no. Unless you say yes everything stays as it is."],
        )
        .with_proposal(draft, stay, proposed)
        .with_button("Answer the proposal", page(draft)),
        Matter::ChangeAccepted { difference, expires_at, .. } => said(
            &format!("A change of a stay at {title} is to be paid for"),
            ["Both sides want the change. It stands once your guest has paid the difference; until \
              then everything is as it was."],
        )
        .with_fact("Difference", difference.to_string())
        .with_end("To be paid until", draft, *expires_at),
        Matter::ChangeDeclined { by, why, .. } => {
            said(&format!("No change of a stay at {title}"), [unchanged(*by, why)])
                .and("The stay is as it was.")
        }
        Matter::BookingModified { old_nights, old_total, new_total, .. } => {
            return said(
                &format!("A stay at {title} has changed"),
                ["Both sides have agreed on it. From now on it is as written here."],
            )
            .with_guest(draft)
            .with_stay(draft, stay)
            .with_price(draft)
            .with_fact("It costs", new_total.to_string())
            .with_past(*old_nights, *old_total);
        }
        _ => Words::default(),
    };
    words.with_guest(draft).with_stay(draft, stay)
}

fn of_guests(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    let words = match &draft.matter {
        Matter::CheckedIn { .. } => {
            said(&format!("Your guest has come to {title}"), ["The guest is checked in."])
        }
        Matter::StayCompleted { early, .. } => {
            let line = if *early {
                "Your guest has left before the last day; the nights that were left are free again."
            } else {
                "Your guest has left."
            };
            let words = said(&format!("A stay at {title} is over"), [line]);
            match deposit(draft) {
                Some(deposit) => words
                    .and(
                        "The deposit goes back to your guest by itself within 14 days. If part of \
                         it has to be kept, say before that what for.",
                    )
                    .with_sum("Deposit", deposit),
                None => words,
            }
        }
        Matter::DepositContested { reason, .. } => said(
            &format!("Your guest objects about the deposit for {title}"),
            ["Your guest does not agree with what you want to keep. Nothing goes back or to you \
              until RentEzy has decided."],
        )
        .with_fact("Why", reason),
        Matter::NoShow { .. } => said(
            &format!("Nobody came to {title}"),
            ["You have said that nobody came. The stay has ended, and the nights that are left \
              are free again."],
        ),
        _ => return Words::default(),
    };
    words.with_guest(draft).with_stay(draft, stay)
}

impl Words {
    /// With the name of who comes: of a stay that the landlord entered, as they wrote it.
    fn with_guest(self, draft: &Draft) -> Self {
        let entered = draft.booking.as_ref().and_then(|it| it.details.guest.as_ref());
        let name = entered.map(|guest| guest.name.clone()).or_else(|| draft.other.clone());
        self.with_fact("Guest", name.unwrap_or_default())
    }
}
