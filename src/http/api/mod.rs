//! One file for each resource: what it takes, what it answers, and a function for each
//! route. A handler holds no rule and no SQL.

pub mod admin_users;
pub mod blocks;
pub mod booking_changes;
pub mod booking_forms;
pub mod booking_sight;
pub mod booking_step_forms;
pub mod booking_steps;
pub mod bookings;
pub mod calendar;
pub mod calendar_forms;
pub mod deposit_forms;
pub mod deposits;
pub mod devices;
pub mod hooks;
pub mod moderation;
pub mod notifications;
pub mod oauth;
pub mod passwords;
pub mod payments;
pub mod photo_forms;
pub mod photos;
pub mod preferences;
pub mod pricing;
pub mod pricing_forms;
pub mod profile;
pub mod properties;
pub mod property_forms;
pub mod property_life;
pub mod registration;
pub mod schema;
pub mod search;
pub mod sign_in;
pub mod system;
pub mod unit_forms;
pub mod units;
