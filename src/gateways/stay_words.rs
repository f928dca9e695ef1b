//! What letters to tenants say.

use super::letter_words::{Words, said, title};
use super::mail::Draft;
use super::stay_facts::{deposit, page};
use crate::domain::booking_details::Party;
use crate::domain::event::StayFacts;
use crate::domain::letter::Matter;
use crate::domain::matter::CallOff;

pub(super) fn english(draft: &Draft) -> Words {
    let Some(stay) = draft.matter.stay() else { return Words::default() };
    let words = match &draft.matter {
        Matter::BookingHeld { .. }
        | Matter::BookingRequested { .. }
        | Matter::BookingApproved { .. }
        | Matter::CaptureFailed { .. }
        | Matter::BookingDeclined { .. }
        | Matter::BookingConfirmed { .. } => of_the_beginning(draft, stay),
        Matter::BookingExpired { .. }
        | Matter::BookingFailed { .. }
        | Matter::BookingCancelled { .. }
        | Matter::LatePayment { .. } => of_the_end(draft, stay),
        Matter::ChangeProposed { .. }
        | Matter::ChangeAccepted { .. }
        | Matter::ChangeDeclined { .. }
        | Matter::BookingModified { .. } => of_a_change(draft, stay),
        Matter::PaymentFailed { .. }
        | Matter::RefundCreated { .. }
        | Matter::RefundSucceeded { .. }
        | Matter::RefundFailed { .. } => of_money(draft, stay),
        Matter::DepositDeducted { .. } | Matter::DepositReleased { .. } => {
            of_a_deposit(draft, stay)
        }
        _ => of_being_there(draft, stay),
    };
    match words.button {
        Some(_) => words,
        None => words.with_button("See your booking", page(draft)),
    }
}

fn of_the_beginning(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    match &draft.matter {
        Matter::BookingHeld { expires_at, .. } => {
            let by_request = draft.booking.as_ref().is_some_and(|it| it.details.by_request);
            let onward = if by_request {
                "Nobody else can take these nights until the hold ends. Ask your host before that \
                 whether you may come."
            } else {
                "Nobody else can take these nights until the hold ends. Pay before that to book \
                 them."
            };
            said(&format!("{title} is held for you"), [onward])
                .with_end("Held until", draft, *expires_at)
                .with_stay(draft, stay)
        }
        Matter::BookingRequested { expires_at, .. } => said(
            &format!("You have asked for {title}"),
            [
                "Your host is asked whether you may come. The nights stay reserved for you until \
                 there is an answer.",
                "Nothing is charged before your host has said yes. You can have the price reserved \
                 on your card meanwhile: then it is taken with their yes, and let go otherwise.",
            ],
        )
        .with_end("Answer until", draft, *expires_at)
        .with_stay(draft, stay)
        .with_price(draft),
        Matter::BookingApproved { reserved: true, .. } => said(
            &format!("You may come to {title}, and your card is charged"),
            ["Your host has said yes. The price that is reserved on your card is taken now, and \
              you need not do anything: we write again when the booking stands."],
        )
        .with_stay(draft, stay)
        .with_price(draft),
        Matter::CaptureFailed { expires_at, .. } => said(
            &format!("Your card could not be charged for {title}"),
            ["Your host has said yes, but your bank did not let the reserved price be taken. Pay \
              in time, with this card or another, and the booking stands; after that the nights \
              are free again."],
        )
        .with_end("Pay until", draft, *expires_at)
        .with_stay(draft, stay)
        .with_price(draft)
        .with_button("Pay for your booking", page(draft)),
        Matter::BookingApproved { expires_at, .. } => said(
            &format!("You may come to {title}"),
            ["Your host has said yes. Pay in time and the booking stands; after that the nights \
              are free again."],
        )
        .with_end("Pay until", draft, *expires_at)
        .with_stay(draft, stay)
        .with_price(draft)
        .with_button("Pay for your booking", page(draft)),
        Matter::BookingDeclined { reason, .. } => said(
            &format!("Your request for {title} was declined"),
            ["Your host cannot have you on these nights. Nothing was charged."],
        )
        .with_fact("Reason", reason)
        .with_stay(draft, stay),
        Matter::BookingConfirmed { amount, .. } => said(
            &format!("Your stay at {title} is confirmed"),
            ["Your payment has arrived and your booking stands."],
        )
        .with_fact("Your host", draft.other.clone().unwrap_or_default())
        .with_stay(draft, stay)
        .with_price(draft)
        .with_fact("Paid", amount.to_string()),
        _ => Words::default(),
    }
}

fn of_the_end(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    let words = match &draft.matter {
        Matter::BookingExpired { asked: false, .. } => said(
            &format!("Your hold of {title} has ended"),
            ["No payment came in time, so the nights are free again. Nothing was charged."],
        ),
        Matter::BookingExpired { asked: true, .. } => said(
            &format!("Your request for {title} was not answered"),
            ["Your host has not answered in time, so the nights are free again. Nothing was \
              charged."],
        ),
        Matter::BookingFailed { reason, .. } if reason == "declined" => said(
            &format!("Your booking of {title} did not come about"),
            ["Your payment was turned down for good, so the nights are free again. Nothing was \
              charged."],
        ),
        Matter::BookingFailed { .. } => said(
            &format!("Your booking of {title} did not work out"),
            ["The payment could not be taken as agreed. What was paid goes back to you in full."],
        ),
        Matter::BookingCancelled { off, .. } => return called_off(draft, stay, off),
        Matter::LatePayment { reacquired: true, .. } => said(
            &format!("Your payment for {title} came late, and in time"),
            ["It arrived after your hold had ended, but the nights were still free: they are \
              yours."],
        ),
        Matter::LatePayment { reacquired: false, .. } => said(
            &format!("Your payment for {title} came too late"),
            ["It arrived after your booking had ended. What was paid goes back to you in full."],
        ),
        _ => Words::default(),
    };
    words.with_stay(draft, stay)
}

fn called_off(draft: &Draft, stay: &StayFacts, off: &CallOff) -> Words {
    let title = title(draft);
    let words = match off.by {
        Some(Party::Tenant) => said(
            &format!("You have called off your stay at {title}"),
            ["The nights are free again. What goes back to you follows from what was agreed on \
              when you booked."],
        ),
        Some(Party::Landlord) => said(
            &format!("Your host has called off your stay at {title}"),
            ["We are sorry. All that you paid goes back to you."],
        ),
        Some(Party::Admin) => said(
            &format!("RentEzy has called off your stay at {title}"),
            ["Answer this letter to ask about it."],
        ),
        None if off.asked => said(
            &format!("You have taken back your request for {title}"),
            ["The nights are free again. Nothing was charged."],
        ),
        None => said(
            &format!("Your booking of {title} was called off"),
            ["The nights are free again. Whatever is due to you of what was paid goes back."],
        ),
    };
    words.with_reason(draft).with_stay(draft, stay).with_refund(off)
}

fn of_a_change(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    match &draft.matter {
        Matter::ChangeProposed { proposed, .. } if proposed.by == Party::Tenant => said(
            &format!("You have proposed a change of your stay at {title}"),
            ["Your host is asked. Until there is an answer everything stays as it is."],
        )
        .with_proposal(draft, stay, proposed)
        .with_stay(draft, stay),
        Matter::ChangeProposed { proposed, .. } => said(
            &format!("Your host proposes a change of your stay at {title}"),
            ["Say yes or no. Unless you say yes everything stays as it is."],
        )
        .with_proposal(draft, stay, proposed)
        .with_stay(draft, stay)
        .with_button("Answer the proposal", page(draft)),
        Matter::ChangeAccepted { difference, expires_at, .. } => said(
            &format!("Pay for the change of your stay at {title}"),
            ["Both sides want the change. It stands once the difference is paid; until then \
              everything is as it was."],
        )
        .with_fact("To pay", difference.to_string())
        .with_end("Pay until", draft, *expires_at)
        .with_stay(draft, stay)
        .with_button("Pay the difference", page(draft)),
        Matter::ChangeDeclined { by, why, .. } => {
            said(&format!("No change of your stay at {title}"), [unchanged(*by, why)])
                .and("Your stay is as it was.")
                .with_stay(draft, stay)
        }
        Matter::BookingModified { old_nights, old_total, new_total, .. } => said(
            &format!("Your stay at {title} has changed"),
            ["Both sides have agreed on it. From now on it is as written here."],
        )
        .with_stay(draft, stay)
        .with_price(draft)
        .with_fact("It costs", new_total.to_string())
        .with_past(*old_nights, *old_total),
        _ => Words::default(),
    }
}

/// Why a change that the tenant or the landlord proposed came to nothing.
pub(super) fn unchanged(by: Party, why: &str) -> &'static str {
    match (by, why) {
        (Party::Tenant, "declined") => "The host has declined the change that the guest proposed.",
        (_, "declined") => "The guest has declined the change that the host proposed.",
        (_, "expired") => "The change was not answered, or not paid for, in time.",
        (_, "failed") => {
            "The change could not be paid for, or the nights were gone by then. What was paid for \
             it goes back."
        }
        (Party::Tenant, _) => "The change that the guest proposed was taken back.",
        _ => "The change that was proposed was taken back.",
    }
}

fn of_money(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    match &draft.matter {
        Matter::PaymentFailed { .. } => {
            let until = draft.booking.as_ref().and_then(|booking| booking.expires_at);
            let words = said(
                &format!("Your payment for {title} did not go through"),
                ["Your bank has turned it down and nothing was charged. Try again, with another \
                  card if you like."],
            );
            let words = match until {
                Some(end) => words.with_end("Pay until", draft, end),
                None => words,
            };
            words.with_stay(draft, stay).with_button("Try again", page(draft))
        }
        Matter::RefundCreated { amount, .. } => said(
            &format!("A refund for {title} is on its way"),
            ["It goes back the way that you paid. We write again once it has gone out."],
        )
        .with_fact("Refund", amount.to_string())
        .with_stay(draft, stay),
        Matter::RefundSucceeded { amount, .. } => said(
            &format!("Your refund for {title} has gone out"),
            ["It went back the way that you paid. Your bank may take some days to show it."],
        )
        .with_fact("Refund", amount.to_string())
        .with_stay(draft, stay),
        Matter::RefundFailed { .. } => said(
            &format!("Your refund for {title} has not gone through"),
            ["The money could not be sent back the way that you paid. We have been told and see \
              to it; you need not do anything."],
        )
        .with_stay(draft, stay),
        _ => Words::default(),
    }
}

fn of_a_deposit(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    let words = match &draft.matter {
        Matter::DepositDeducted { amount, items, .. } => {
            let words = said(
                &format!("Part of your deposit for {title} is to be kept"),
                [
                    "Your host says that it has to be kept for what is written here.",
                    "If you do \
                  not agree, object on the page of your booking before the rest goes back: \
                  RentEzy decides then.",
                ],
            );
            let words = items.iter().fold(words, |words, item| words.with_fact("For", item));
            words.with_fact("To be kept", amount.to_string()).with_button("Look at it", page(draft))
        }
        Matter::DepositReleased { returned, kept, .. } => {
            let line = if returned.amount == 0 {
                "All of it was kept, so nothing goes back."
            } else {
                "It goes back the way that you paid. We write again once it has gone out."
            };
            said(&format!("Your deposit for {title}"), [line])
                .with_fact("Goes back", returned.to_string())
                .with_sum("Kept", *kept)
        }
        _ => return Words::default(),
    };
    words.with_stay(draft, stay)
}

fn of_being_there(draft: &Draft, stay: &StayFacts) -> Words {
    let title = title(draft);
    let words = match &draft.matter {
        Matter::CheckedIn { .. } => {
            said(&format!("Welcome to {title}"), ["You are checked in. Have a good time."])
        }
        Matter::StayCompleted { early, .. } => {
            let mut words =
                said(&format!("Your stay at {title} is over"), ["Thank you for staying."]);
            if *early {
                words = words.and(
                    "You have left before your last day. What your terms give back for the nights \
                     that were left goes back to you.",
                );
            }
            match deposit(draft) {
                Some(deposit) => words
                    .and(
                        "Your deposit goes back to you by itself within 14 days, less what your \
                         host has to keep of it. You are told if it is so, and can object on the \
                         page of your booking.",
                    )
                    .with_sum("Deposit", deposit),
                None => words,
            }
        }
        Matter::StayMoved { unit_no, .. } => said(
            &format!("You have another unit at {title}"),
            ["Your host has moved your stay to another unit of the same type. Nothing else has \
              changed."],
        )
        .with_fact("Number", unit_no.to_string()),
        Matter::NoShow { .. } => said(
            &format!("You were missed at {title}"),
            [
                "Your host says that nobody came, so the stay has ended and is charged as was \
                 agreed on. A deposit goes back to you.",
                "Answer this letter if you were there.",
            ],
        ),
        _ => return Words::default(),
    };
    words.with_stay(draft, stay)
}
