//! A Postgres of the server's own, from the system's binaries, for whoever sets no
//! `database.url`.
//!
//! It listens on a Unix socket only, keeps its files in the data folder and is a child of
//! this process. When this process dies, however it dies, the kernel tells the child to shut
//! down; what a crash leaves behind is put right by the next start. `fsync` stays on.

pub(super) mod binaries;
mod child;
mod error;
mod folder;
mod pid_file;
mod server;
mod socket;

pub use child::child_main;
pub use error::Error;
pub use server::{Options, PrivatePostgres};
