//! A mail server (RFC 5321) on loopback that keeps what it is sent, and that refuses, goes
//! silent or hangs up when it is told to. It runs on threads of its own: a test that kills
//! and starts servers does not hold it up.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What is wrong with the next letter that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Its recipient is refused with this code.
    Recipient(u16),
    /// It is refused with this code after it was sent.
    Body(u16),
    /// The connection is closed in the place of an answer to its recipient.
    Close,
}

/// Where everybody is made to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Silence {
    /// Nowhere.
    #[default]
    None,
    /// Before a recipient is answered.
    Recipient,
    /// When a letter was kept, and before that is said.
    Kept,
}

/// A letter that was kept.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// To whom it was sent.
    pub(crate) to: String,
    /// Its headers, by their names in small letters, unfolded.
    pub(crate) headers: HashMap<String, String>,
    /// What it says in text.
    pub(crate) text: String,
    /// What it says in HTML.
    pub(crate) html: String,
}

impl Letter {
    /// A letter by the bytes of its message.
    pub(crate) fn read(to: &str, message: &str) -> Self {
        let (head, body) = message.split_once("\r\n\r\n").expect("headers end");
        let headers = headers(head);
        let boundary = headers["content-type"].split("boundary=\"").nth(1).expect("two parts");
        let boundary = format!("--{}", boundary.split('"').next().unwrap());
        let mut parts = body.split(&boundary).filter_map(|part| part.split_once("\r\n\r\n"));
        let mut next = || {
            let (head, body) = parts.next().expect("text and HTML");
            decoded(headers_of_part(head).get("content-transfer-encoding"), body)
        };
        let (text, html) = (next(), next());
        Self { to: to.to_owned(), headers, text, html }
    }

    /// What it is about.
    pub(crate) fn subject(&self) -> &str {
        &self.headers["subject"]
    }

    /// What tells it from every other.
    pub(crate) fn message_id(&self) -> &str {
        &self.headers["message-id"]
    }

    /// The first address in its text that has this in it.
    pub(crate) fn link(&self, part: &str) -> String {
        let mut words = self.text.split_whitespace();
        let found = words.find(|word| word.starts_with("http") && word.contains(part));
        found.unwrap_or_else(|| panic!("no {part} in {}", self.text)).to_owned()
    }
}

#[derive(Default)]
struct Inner {
    kept: Vec<Letter>,
    faults: VecDeque<Fault>,
    silence: Silence,
    waiting: usize,
}

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while there is silence here.
    fn wait(&self, here: Silence) {
        let mut inner = self.lock();
        inner.waiting += 1;
        while inner.silence == here {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        inner.waiting -= 1;
    }
}

/// The mail server; its threads end with the program.
pub(crate) struct FakeSmtp {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl FakeSmtp {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&server);
                // A client that is killed is none of our business.
                std::thread::spawn(move || talk(&stream, &shared).ok());
            }
        });
        Self { address, shared }
    }

    /// What to set `mail.smtp_url` to.
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// What it has kept so far.
    pub(crate) fn kept(&self) -> Vec<Letter> {
        self.shared.lock().kept.clone()
    }

    /// What it has kept for one address.
    pub(crate) fn kept_for(&self, address: &str) -> Vec<Letter> {
        self.kept().into_iter().filter(|letter| letter.to == address).collect()
    }

    /// What is wrong with the next letters, one after the other.
    pub(crate) fn order(&self, faults: &[Fault]) {
        self.shared.lock().faults.extend(faults);
    }

    /// Faults that were not come to yet.
    pub(crate) fn ordered(&self) -> usize {
        self.shared.lock().faults.len()
    }

    /// Makes everybody wait somewhere, or nowhere any more.
    pub(crate) fn silence(&self, silence: Silence) {
        self.shared.lock().silence = silence;
        self.shared.changed.notify_all();
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.lock().waiting
    }
}

/// One client, from its greeting to its end.
fn talk(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut out = stream;
    let mut lines = BufReader::new(stream);
    let mut say = |text: &str| write!(out, "{text}\r\n");
    say("220 fake ready")?;
    let (mut to, mut fault) = (String::new(), None);
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say("250-fake\r\n250 8BITMIME")?,
            "HELO" | "MAIL" | "RSET" | "NOOP" => say("250 ok")?,
            "RCPT" => {
                shared.wait(Silence::Recipient);
                fault = shared.lock().faults.pop_front();
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                match fault {
                    Some(Fault::Close) => return Ok(()),
                    Some(Fault::Recipient(code)) => say(&format!("{code} not this one"))?,
                    _ => say("250 ok")?,
                }
            }
            "DATA" => {
                say("354 go on")?;
                let message = message(&mut lines)?;
                if let Some(Fault::Body(code)) = fault {
                    say(&format!("{code} not like this"))?;
                    continue;
                }
                shared.lock().kept.push(Letter::read(&to, &message));
                shared.wait(Silence::Kept);
                say("250 kept")?;
            }
            "QUIT" => {
                say("221 bye")?;
                return Ok(());
            }
            _ => say("500 what?")?,
        }
    }
}

/// A message up to its lonely dot (RFC 5321, 4.5.2).
fn message(lines: &mut impl std::io::BufRead) -> std::io::Result<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn headers_of_part(head: &str) -> HashMap<String, String> {
    headers(head.trim_start())
}

fn headers(head: &str) -> HashMap<String, String> {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    unfolded.lines().filter_map(header).collect()
}

/// A body by its transfer encoding (RFC 2045, 6).
fn decoded(encoding: Option<&String>, body: &str) -> String {
    match encoding.map(String::as_str) {
        Some("base64") => {
            let plain: String = body.split_whitespace().collect();
            String::from_utf8(STANDARD.decode(plain).unwrap()).unwrap()
        }
        Some("quoted-printable") => {
            let body = body.replace("=\r\n", "");
            let (mut bytes, mut rest) = (Vec::new(), body.bytes());
            while let Some(byte) = rest.next() {
                bytes.push(if byte == b'=' {
                    let hex = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
                } else {
                    byte
                });
            }
            String::from_utf8(bytes).unwrap()
        }
        _ => body.to_owned(),
    }
}
