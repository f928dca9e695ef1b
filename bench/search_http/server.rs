//! The server as an operator runs it: the program itself, with its own Postgres, in a folder
//! that goes with it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rentezy::clock;

use super::support::Result;

/// Megabytes of a kilobyte.
const MB_OF_KB: f64 = 1e-3;

/// A folder with listings, and the server in it once it is started.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    port: u16,
    child: Option<Child>,
}

impl Server {
    /// Makes so many listings; and how long that took, the start of Postgres included.
    ///
    /// # Errors
    /// When the program does not.
    pub(crate) fn fill(listings: usize) -> Result<(Self, Duration)> {
        let folder = tempfile::Builder::new().prefix("rz-bench").tempdir()?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Self { folder, port, child: None };
        let began = clock::monotonic();
        let listings = listings.to_string();
        let arguments = ["demo-data", "--photos", "0", "--listings", &listings];
        let status = server
            .command()
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("demo-data: {status}").into());
        }
        Ok((server, began.elapsed()))
    }

    /// Starts the server; it may not answer yet.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub(crate) fn start(mut self) -> Result<Self> {
        let log = std::fs::File::create(self.folder.path().join("log"))?;
        let child = self.command().arg("serve").stdout(Stdio::null()).stderr(log).spawn()?;
        self.child = Some(child);
        Ok(self)
    }

    /// Where it is reached.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What its process has in memory, mapped files with it, in megabytes (proc(5)).
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn resident_mb(&self) -> Result<f64> {
        let id = self.child.as_ref().ok_or("it is not started")?.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * MB_OF_KB)
    }

    /// The program with its settings.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rentezy"));
        command
            .env("RENTEZY_SERVER_DATA_DIR", self.folder.path())
            .env("RENTEZY_SERVER_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("RENTEZY_OPERATOR_LISTEN", "127.0.0.1:0")
            // All callers come from one address, and with one account.
            .env("RENTEZY_LIMITS_ADDRESS_RATE", "0")
            .env("RENTEZY_LIMITS_USER_RATE", "0")
            .env("RENTEZY_BOOKINGS_HOLDS_PER_USER", "0");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // Its Postgres ends with it; what is left of both goes with the folder.
        let stopped = Command::new("kill").arg(child.id().to_string()).status();
        if stopped.is_ok_and(|status| status.success()) {
            child.wait().ok();
        }
    }
}
