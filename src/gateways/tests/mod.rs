//! The room's unit tests; the calls themselves are driven against the sandbox, in its tests.

mod letter_words;
mod mail;
mod stripe;
