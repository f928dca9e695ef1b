//! The states that things can be in and the commands that can meet them: the table that a
//! run has to fill, and the pairs that cannot occur, each with its reason.

/// States of a kind of thing, and the commands that it can be given.
pub(crate) struct Table {
    pub(crate) states: &'static [&'static str],
    pub(crate) commands: &'static [&'static str],
}

/// All kinds of things.
pub(crate) const TABLES: [Table; 5] = [
    Table { states: &BOOKING, commands: &BOOKING_COMMANDS },
    Table { states: &DEPOSIT, commands: &DEPOSIT_COMMANDS },
    Table { states: &LISTING, commands: &LISTING_COMMANDS },
    Table { states: &REFUND, commands: &REFUND_COMMANDS },
    Table { states: &BLOCK, commands: &BLOCK_COMMANDS },
];

/// Where a booking stands. Two words for one status tell what it was before, or the hour.
pub(crate) const BOOKING: [&str; 32] = [
    "hold",
    "hold to ask for",
    "asked",
    // The tenant is at the page where the price is reserved; it is; it came to nothing.
    "reserving",
    "reserved",
    "asked, not reserved",
    "approved",
    "approved, reserving",
    "capturing",
    "approved, not reserved",
    "paying",
    "expiring(time)",
    "expiring(released)",
    "expiring(declined)",
    // It stands, and guests cannot arrive yet.
    "confirmed",
    "change open",
    "change accepted",
    "change paying",
    // It stands, and guests can arrive; or could for a day.
    "arrival",
    "nobody came",
    // The landlord entered it, and it stands.
    "entered",
    "checked in",
    "completed",
    "no show",
    "expired unpaid",
    "expired",
    "failed",
    "declined unpaid",
    "declined",
    // Given up before it stood, without a payment and with one.
    "cancelled unpaid",
    "cancelled",
    // Called off after it stood.
    "called off",
];

/// What a booking can be told. Who is not named is the tenant, or the landlord where only
/// landlords can.
pub(crate) const BOOKING_COMMANDS: [&str; 51] = [
    "release",
    "extend",
    "request",
    "approve",
    "decline",
    "checkout",
    "cancel",
    "cancel by landlord",
    "cancel by admin",
    "check in",
    "check in without code",
    "check in by landlord",
    "check out",
    "check out by landlord",
    "no show",
    "propose",
    "propose by landlord",
    "accept",
    "decline change",
    "withdraw",
    "pay change",
    "move",
    "by a stranger",
    "hold over",
    "close overdue",
    "stay over",
    "proposal over",
    "stale hold over",
    "stale close overdue",
    "stale stay over",
    "stale proposal over",
    "session opened",
    "session ended",
    "authorized",
    "authorized otherwise",
    "paid",
    "paid otherwise",
    "close unanswered",
    "attempt failed",
    "attempt failed hard",
    "refund",
    "refund by admin",
    "change session opened",
    "change session ended",
    "change authorized",
    "change paid",
    "change paid otherwise",
    "change close unanswered",
    "change attempt failed",
    "change attempt failed hard",
    "change refund",
];

/// Where a deposit stands.
pub(crate) const DEPOSIT: [&str; 5] = [
    "deposit held",
    "deposit due",
    "deposit to be kept from",
    "deposit contested",
    "deposit released",
];

/// What a deposit can be told.
pub(crate) const DEPOSIT_COMMANDS: [&str; 7] = [
    "deduct",
    "give back",
    "contest",
    "resolve",
    "release due",
    "stale release due",
    "deposit by a stranger",
];

/// Where a listing stands.
pub(crate) const LISTING: [&str; 3] = ["live", "paused", "archived"];

/// What a listing can be told; what is new at it counts here.
pub(crate) const LISTING_COMMANDS: [&str; 11] = [
    "hold",
    "enter",
    "block",
    "edit unit",
    "set policies",
    "set stay rules",
    "set prices",
    "publish",
    "unpublish",
    "archive",
    "listing by a stranger",
];

/// How a refund goes.
pub(crate) const REFUND: [&str; 3] = ["refund pending", "refund failed", "refund succeeded"];

/// What the provider says of a refund.
pub(crate) const REFUND_COMMANDS: [&str; 3] = ["seen pending", "seen failed", "seen succeeded"];

/// Nights that are kept back.
pub(crate) const BLOCK: [&str; 3] = ["block to come", "block over", "block gone"];

/// What can be done about them.
pub(crate) const BLOCK_COMMANDS: [&str; 2] = ["unblock", "block by a stranger"];

/// States of bookings for which nothing was ever made out.
const UNPAID: [&str; 8] = [
    "hold",
    "hold to ask for",
    "asked",
    "approved",
    "entered",
    "expired unpaid",
    "declined unpaid",
    "cancelled unpaid",
];

/// States with a payment that no booking comes to once it stands.
const BEFORE: [&str; 14] = [
    "reserving",
    "reserved",
    "asked, not reserved",
    "approved, reserving",
    "capturing",
    "approved, not reserved",
    "paying",
    "expiring(time)",
    "expiring(released)",
    "expiring(declined)",
    "expired",
    "failed",
    "declined",
    "cancelled",
];

/// States that end by themselves with the time to pay, or to answer.
const HELD: [&str; 11] = [
    "hold",
    "hold to ask for",
    "asked",
    "reserving",
    "reserved",
    "asked, not reserved",
    "approved",
    "approved, reserving",
    "capturing",
    "approved, not reserved",
    "paying",
];

/// What comes of a payment.
const OF_PAYMENT: [&str; 11] = [
    "session opened",
    "session ended",
    "authorized",
    "authorized otherwise",
    "paid",
    "paid otherwise",
    "close unanswered",
    "attempt failed",
    "attempt failed hard",
    "refund",
    "refund by admin",
];

/// What comes of the payment of a change.
const OF_CHANGE: [&str; 9] = [
    "change session opened",
    "change session ended",
    "change authorized",
    "change paid",
    "change paid otherwise",
    "change close unanswered",
    "change attempt failed",
    "change attempt failed hard",
    "change refund",
];

/// Why a pair cannot occur; none if it can.
pub(crate) fn impossible(state: &str, command: &str) -> Option<&'static str> {
    let among = |states: &[&str]| states.contains(&state);
    let is_booking = BOOKING.contains(&state);
    match command {
        "hold over" if !among(&HELD) => {
            Some("its timer is dropped when the hold ends or is paid for")
        }
        "close overdue" if !state.starts_with("expiring") => {
            Some("its timer is set while the provider is asked, and dropped at the end of that")
        }
        "stay over" if state == "confirmed" => Some("guests can arrive before they have to leave"),
        "stay over"
            if !state.starts_with("change")
                && !among(&["arrival", "nobody came", "entered", "checked in"]) =>
        {
            Some("its timer is set while the stay stands")
        }
        "proposal over" if !state.starts_with("change") => {
            Some("its timer is dropped with the proposal")
        }
        "cancel" | "check in" | "check in without code" | "check out" | "propose"
            if state == "entered" =>
        {
            Some("who entered it is its landlord")
        }
        _ if OF_PAYMENT.contains(&command) && among(&UNPAID) => Some("it has no payment"),
        _ if OF_CHANGE.contains(&command) && (among(&UNPAID) || among(&BEFORE)) => {
            Some("only what stands, or stood, has had a change to pay for")
        }
        "release due" if !among(&["deposit due", "deposit to be kept from"]) && !is_booking => {
            Some("its timer is set while the deposit is due")
        }
        _ => None,
    }
}
