//! The rules. Pure, synchronous and total: time is an argument, nothing here reads a
//! clock, a random source, a file or a socket. A rule takes state and a command and
//! returns a decision as data, or a refusal.

pub mod alternatives;
pub mod amenity;
pub mod block;
pub mod booking;
mod booking_command;
pub mod booking_details;
pub mod booking_moves;
pub mod calendar;
pub mod cancellation;
pub mod change;
pub mod deposit;
pub mod entity;
pub mod envelope;
pub mod event;
mod event_record;
pub mod gate;
mod hold_limits;
pub mod ids;
pub mod inventory;
pub mod key_rotation;
pub mod ledger;
pub mod letter;
pub mod link_token;
pub mod listing;
pub mod matter;
pub mod membership;
pub mod money;
pub mod night_view;
pub mod notification;
pub mod offer;
pub mod openings;
mod packing;
pub mod password;
pub mod payment;
pub mod photo;
pub mod picture;
pub mod policies;
pub mod preference;
pub mod price;
pub mod price_rules;
pub mod pricing;
pub mod promo;
pub mod property;
pub mod quote;
pub mod reckoning;
pub mod refusal;
mod revision;
pub mod rules;
pub mod signature;
pub mod stay;
pub mod stay_rules;
pub mod telling;
mod telling_stays;
pub mod terms;
mod turn;
mod turn_cancel;
mod turn_change;
mod turn_hold;
mod turn_money;
mod turn_stay;
pub mod unit;
pub mod user;

#[cfg(test)]
mod tests;
