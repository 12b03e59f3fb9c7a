//! Misdeeds with sockets.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, ipproto, socket};

use super::Told;

/// Opens a socket of every kind.
pub(super) fn sockets(_: &[String]) -> Told {
    let mut told = Told::default();
    let kinds = [
        ("TCP", AddressFamily::INET, SocketType::STREAM, None),
        ("TCP over IPv6", AddressFamily::INET6, SocketType::STREAM, None),
        ("UDP", AddressFamily::INET, SocketType::DGRAM, None),
        ("UDP over IPv6", AddressFamily::INET6, SocketType::DGRAM, None),
        ("raw IP", AddressFamily::INET, SocketType::RAW, Some(ipproto::ICMP)),
        ("ping", AddressFamily::INET, SocketType::DGRAM, Some(ipproto::ICMP)),
        ("packet", AddressFamily::PACKET, SocketType::RAW, None),
        ("netlink", AddressFamily::NETLINK, SocketType::RAW, None),
        ("vsock", AddressFamily::VSOCK, SocketType::STREAM, None),
        ("Unix", AddressFamily::UNIX, SocketType::STREAM, None),
        (
            "kernel crypto",
            AddressFamily::from_raw(38),
            SocketType::SEQPACKET,
            None,
        ),
    ];
    for (name, family, kind, protocol) in kinds {
        told.tried(format!("open a {name} socket"), socket(family, kind, protocol));
    }
    told.tried("listen on TCP", TcpListener::bind("127.0.0.1:0"));
    told.tried(
        "send over UDP",
        UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"misdeed", "127.0.0.1:9")),
    );
    told.tried("listen on a Unix socket", UnixListener::bind("socket"));
    told.tried("send to a Unix socket", UnixDatagram::unbound());
    told
}

/// Connects to each address: `HOST:PORT`, or the path of a Unix socket.
pub(super) fn connect(words: &[String]) -> Told {
    let mut told = Told::default();
    for word in words {
        match word.parse::<SocketAddr>() {
            Ok(address) => told.tried(
                format!("connect to {word}"),
                TcpStream::connect_timeout(&address, Duration::from_secs(2)),
            ),
            Err(_) => told.tried(format!("connect to {word}"), UnixStream::connect(word)),
        }
    }
    told
}
