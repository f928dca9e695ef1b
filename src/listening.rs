//! The only opener of ports.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// How many connections may wait to be accepted, before the system's own limit
/// (`net.core.somaxconn`). Beyond it Linux lets a client believe that it is connected and forgets
/// it, so one that waits to be spoken to waits for ever; with tokio's 128 a crowd of a few
/// hundred was enough. A waiting connection costs some hundred bytes.
const BACKLOG: u32 = 4096;

/// Listens at an address. One that is left by a process that has just ended can be taken at once.
///
/// # Errors
/// As `bind(2)` and `listen(2)`; the address is taken, not this machine's, or not to be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
