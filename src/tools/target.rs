//! Where a tool writes: on a database that nobody else has, or by way of the living server
//! that has it.

use super::server::{Closed, Server};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::rules::Rules;
use crate::storage::blobs::Blobs;
use crate::storage::pool::Database;

/// A database, and the way to write it.
#[derive(Debug)]
pub struct Target {
    /// The database, for reading and for writing what no entity owns.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// The settings that rules depend on.
    pub rules: Rules,
    /// The server that has it; none when nobody has.
    pub server: Option<Server>,
    /// Where pictures are kept; without it none are made.
    pub blobs: Option<Blobs>,
}

impl Target {
    /// The database of a living server; none when nobody has it.
    ///
    /// # Errors
    /// When somebody has it who does not let us in.
    pub async fn beside(
        config: &Config,
        database: Database,
        clock: Clock,
        rules: Rules,
    ) -> Result<Option<Self>, Closed> {
        let found = Server::find(config, &database, &clock, &rules).await?;
        Ok(found.map(|server| Self { server: Some(server), ..Self::alone(database, clock, rules) }))
    }

    /// A migrated database that nobody has.
    #[must_use]
    pub const fn alone(database: Database, clock: Clock, rules: Rules) -> Self {
        Self { database, clock, rules, server: None, blobs: None }
    }

    /// With pictures.
    #[must_use]
    pub fn with_blobs(self, blobs: Blobs) -> Self {
        Self { blobs: Some(blobs), ..self }
    }
}
