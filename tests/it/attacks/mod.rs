//! Attacks on every route that the served document lists, so that a new route is attacked
//! without anybody thinking of it. [`suite`] knows how a route is called; where it cannot
//! find that out by itself, `every_route_can_be_called` fails and says what to teach it.
//!
//! Whatever is sent: no answer is a fault of the server, none tells of its inside
//! ([`suite::Suite::attack`] looks at each), and the server is well afterwards.

mod bodies;
mod paths;
mod rights;
mod samples;
mod secrets;
mod suite;
mod things;
mod tokens;
mod wire;
