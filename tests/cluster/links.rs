//! The ways between servers, and from each to Postgres, each through a proxy.
//!
//! All servers reach one by the address that it tells. Who it is that dials is found out by the
//! port it dials from: the system knows whose it is.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use crate::cuts::Cuts;
use crate::postgres::Postgres;
use crate::proxy::{End, Guide, Proxy, Switch};

/// Addresses of the loopback network that nobody else uses: connections leave from 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Net(u8, u8);

impl Net {
    /// One that is free.
    pub(crate) fn free() -> Self {
        loop {
            let net = Self(fastrand::u8(64..), fastrand::u8(..));
            if std::net::TcpListener::bind(net.at(1, HTTP)).is_ok() {
                return net;
            }
        }
    }

    fn at(self, host: u8, port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, self.0, self.1, host)), port)
    }

    /// Where a server listens for clients.
    pub(crate) fn http(self, node: usize) -> SocketAddr {
        self.at(host(node), HTTP)
    }

    /// Where a server listens for operators.
    pub(crate) fn operator(self, node: usize) -> SocketAddr {
        self.at(host(node), OPERATOR)
    }

    /// Where a server listens for others.
    pub(crate) fn cluster(self, node: usize) -> SocketAddr {
        self.at(host(node), CLUSTER)
    }

    /// Where the proxy before a server listens for others.
    pub(crate) fn advertised(self, node: usize) -> SocketAddr {
        self.at(100 + host(node), CLUSTER)
    }

    /// Where a server reaches Postgres.
    pub(crate) fn postgres(self, node: usize) -> SocketAddr {
        self.at(host(node), POSTGRES)
    }
}

/// What the servers are called.
pub(crate) const NAMES: [&str; 3] = ["a", "b", "c"];

const HTTP: u16 = 8080;
const OPERATOR: u16 = 8081;
const CLUSTER: u16 = 7400;
const POSTGRES: u16 = 5432;

fn host(node: usize) -> u8 {
    u8::try_from(node + 1).unwrap()
}

/// A server's way to Postgres.
#[derive(Debug, Clone, Default)]
pub(crate) struct ToPostgres {
    /// Holds it back or cuts it.
    pub(crate) switch: Switch,
    /// Cuts it at a commit.
    pub(crate) cuts: Arc<Cuts>,
}

/// All ways.
pub(crate) struct Links {
    net: Net,
    to_postgres: Vec<ToPostgres>,
    /// A switch for each two servers.
    between: Arc<Vec<Vec<Switch>>>,
    proxies: Vec<Proxy>,
}

impl Links {
    /// Opens the ways of so many servers to Postgres.
    pub(crate) async fn open(net: Net, count: usize, postgres: &Postgres) -> Self {
        let to_postgres: Vec<ToPostgres> = (0..count).map(|_| ToPostgres::default()).collect();
        let mut proxies = Vec::new();
        for (node, way) in to_postgres.iter().enumerate() {
            let (end, switch) = (End::Unix(postgres.socket()), way.switch.clone());
            let (guide, cuts): (Guide, _) = (Arc::new(move |_| switch.clone()), way.cuts.clone());
            proxies.push(Proxy::start(net.postgres(node), end, guide, Some(cuts)).await);
        }
        let between = (0..count).map(|_| (0..count).map(|_| Switch::default()).collect());
        let between = Arc::new(between.collect());
        Self { net, to_postgres, between, proxies }
    }

    /// Puts a proxy before every server. To one whose process has ended the proxy still seems to
    /// lead, so this is for tests that end none.
    pub(crate) async fn open_between(&mut self) {
        for node in 0..self.to_postgres.len() {
            let (at, to) = (self.net.advertised(node), self.net.cluster(node));
            let between = Arc::clone(&self.between);
            let guide: Guide = Arc::new(move |from| match dialer(from, at) {
                Some(dialer) => pair(&between, dialer, node).clone(),
                // Whoever has hung up already.
                None => Switch::default(),
            });
            self.proxies.push(Proxy::start(at, End::Tcp(to), guide, None).await);
        }
    }

    /// A server's way to Postgres.
    pub(crate) fn to_postgres(&self, node: usize) -> &ToPostgres {
        &self.to_postgres[node]
    }

    /// The way between two servers.
    pub(crate) fn between(&self, one: usize, other: usize) -> &Switch {
        pair(&self.between, one, other)
    }
}

fn pair(between: &[Vec<Switch>], one: usize, other: usize) -> &Switch {
    &between[one.min(other)][one.max(other)]
}

/// Which server has the connection from one address to another.
fn dialer(from: SocketAddr, to: SocketAddr) -> Option<usize> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let ends = [kernel_form(from), kernel_form(to)];
    let inode = table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it = fields.get(1..3).is_some_and(|found| found == ends);
        fields.get(9).copied().filter(|_| is_it)
    })?;
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let mut servers = processes.filter(|process| is_server(process));
    let process = servers.find(|process| has_socket(process, inode))?;
    let environment = std::fs::read_to_string(process.join("environ")).ok()?;
    let name = environment.split('\0').find_map(|it| it.strip_prefix("RENTEZY_CLUSTER_NAME="))?;
    NAMES.iter().position(|known| *known == name)
}

/// Whether a process is `rentezy serve`.
fn is_server(process: &Path) -> bool {
    let command = std::fs::read_to_string(process.join("cmdline"));
    command.is_ok_and(|command| command.ends_with("\0serve\0"))
}

/// Whether a process has a socket open (proc(5)).
fn has_socket(process: &Path, inode: &str) -> bool {
    let link = format!("socket:[{inode}]");
    let files = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    files
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|target| target.as_os_str() == link.as_str())
}

/// An address as `/proc/net/tcp` has it (proc(5)).
fn kernel_form(address: SocketAddr) -> String {
    let IpAddr::V4(ip) = address.ip() else { panic!("{address} is not of IPv4") };
    format!("{:08X}:{:04X}", u32::from_le_bytes(ip.octets()), address.port())
}
