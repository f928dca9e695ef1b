//! The endpoint file: how others find the living sandbox and its secrets.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::server::{SandboxError, loopback_client};
use crate::clock;

/// Between two looks for a sandbox that is starting, and for the answer to each.
const LOOK: Duration = Duration::from_millis(25);
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// Where a sandbox is reached, on this machine, and its secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its process.
    pub pid: u32,
    /// On 127.0.0.1.
    pub port: u16,
    /// For the API, and for `/_charges`, `/_refunds` and `/_faults`.
    pub api_key: String,
    /// What webhooks are signed with.
    pub hook_secret: String,
}

/// The secrets stay out of logs.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint {{ pid: {}, port: {} }}", self.pid, self.port)
    }
}

impl Endpoint {
    /// Without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Reads the file; `None` when there is none. It may be that of a dead sandbox.
    ///
    /// # Errors
    /// When it cannot be read or is no endpoint file.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits until the file names a sandbox that answers.
    ///
    /// # Errors
    /// [`SandboxError::NotReady`] when there is none within `limit`.
    pub async fn await_ready(path: &Path, limit: Duration) -> Result<Self, SandboxError> {
        let http = loopback_client(LOOK_LIMIT)?;
        let look = async {
            loop {
                if let Ok(Some(endpoint)) = Self::read(path)
                    && endpoint.answers(&http).await
                {
                    return endpoint;
                }
                clock::pause(LOOK).await;
            }
        };
        let not_ready = |_| SandboxError::NotReady(path.to_owned());
        clock::within(limit, look).await.map_err(not_ready)
    }

    /// Whether this very process answers: a dead one's port may be somebody else's.
    async fn answers(&self, http: &reqwest::Client) -> bool {
        let url = format!("{}/_health", self.base_url());
        let Ok(answer) = http.get(url).bearer_auth(&self.api_key).send().await else {
            return false;
        };
        let body: Option<serde_json::Value> = answer.json().await.ok();
        body.is_some_and(|body| body["pid"] == self.pid)
    }

    /// Puts the file in place as a whole, readable by its owner only.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let beside = beside(path);
        if beside.exists() {
            std::fs::remove_file(&beside)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        std::fs::rename(&beside, path)
    }

    /// Removes the file, unless it has become another sandbox's.
    pub(super) fn remove(&self, path: &Path) {
        if matches!(Self::read(path), Ok(Some(found)) if found == *self)
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::warn!(%error, "could not remove the sandbox's endpoint file");
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("json.new")
}
