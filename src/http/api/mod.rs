//! One file for each resource: what it takes, what it answers, and a function for each
//! route. A handler holds no rule and no SQL.

pub mod accounts;
pub mod booking_forms;
pub mod bookings;
pub mod hooks;
pub mod photo_forms;
pub mod photos;
pub mod properties;
pub mod property_forms;
pub mod schema;
pub mod search;
pub mod system;
