//! The room's unit tests.

mod sandbox_proxy;
