//! Tests of the whole server: the real program on a free port, with a database of its own
//! that is a clone of a migrated template, and the payment sandbox beside it.
//!
//! Nothing sleeps here: a test waits for a condition, with a generous guard, and prints the
//! time it took. What went wrong on a server is in its log, whose end is printed when the
//! test fails.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it expects, and ends where that is not so"
)]

/// The place of a value in a list of all kinds; a kind that is not listed does not compile.
macro_rules! place {
    ($value:expr; $($kind:pat),+ $(,)?) => {{
        match $value {
            $($kind => (),)+
        }
        [$(matches!($value, $kind)),+].iter().position(|is| *is).unwrap()
    }};
}

mod harness;

mod accounts;
mod accounts_admin;
mod accounts_devices;
mod accounts_keys;
mod accounts_links;
mod accounts_lockout;
mod accounts_timing;
mod attacks;
mod backup;
mod booking_letters;
mod booking_routes;
mod booking_steps;
mod bookings;
mod calendar;
mod codec;
mod config_file;
mod crash;
mod dead_letters;
mod deploy;
mod deposits;
mod edge;
mod favourites;
mod fence;
mod gates;
mod hold_limits;
mod house;
mod house_checks;
mod house_source;
mod idempotency;
mod ledger;
mod letters;
mod listings;
mod log;
mod mail;
mod migration;
mod money;
mod notifications;
mod openapi;
mod ops_commands;
mod outage;
mod photos;
mod photos_stored;
mod pricing;
mod private_postgres;
mod promos;
mod properties;
mod races;
mod replays;
mod reserves;
mod retention;
mod samples;
mod samples_events;
mod samples_pricing;
mod saved_searches;
mod search_facets;
mod search_kills;
mod search_ops;
mod search_text;
mod seeded;
mod smoke;
mod tools;
mod walls;
