//! The doors, and what is tried at each.

use serde_json::{Value, json};

use hostile_bindings::generated::wasi::cli::{environment, exit, stderr, stdin, stdout};
use hostile_bindings::generated::wasi::clocks::monotonic_clock;
use hostile_bindings::generated::wasi::filesystem::preopens;
use hostile_bindings::generated::wasi::io::poll;
use hostile_bindings::generated::wasi::io::streams::{OutputStream, StreamError};
use hostile_bindings::generated::wasi::random::random;
use hostile_bindings::generated::wasi::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use hostile_bindings::generated::wasi::sockets::{
    instance_network, ip_name_lookup, tcp_create_socket, udp_create_socket,
};

/// Tries one door; nothing where there is none of that name.
pub(crate) fn open(door: &str) -> Option<Value> {
    Some(match door {
        "sleep" => sleep(),
        "many-sleeps" => many_sleeps(),
        "handles" => handles(),
        "random" => json!(random::get_random_bytes(u64::MAX).len()),
        "random-often" => random_often(),
        "stdout" => flood(&stdout::get_stdout()),
        "stderr" => flood(&stderr::get_stderr()),
        "zeroes" => zeroes(),
        "unasked" => unasked(),
        "stdin" => input(),
        "environment" => surroundings(),
        "folders" => json!({ "folders": preopens::get_directories().len() }),
        "exit" => {
            exit::exit(Ok(()));
            Value::Null
        }
        "connect" => connect(),
        "bind" => bind(),
        "names" => names(),
        _ => return None,
    })
}

/// Sleeps for centuries.
fn sleep() -> Value {
    monotonic_clock::subscribe_duration(u64::MAX).block();
    Value::Null
}

/// Waits for very many clocks at once, again and again.
fn many_sleeps() -> Value {
    let all: Vec<_> = (0..400).map(|_| monotonic_clock::subscribe_duration(0)).collect();
    let all: Vec<_> = all.iter().collect();
    loop {
        poll::poll(&all);
    }
}

/// Takes handles and gives none back.
fn handles() -> Value {
    let mut all = Vec::new();
    loop {
        all.push(monotonic_clock::subscribe_duration(u64::MAX));
    }
}

fn random_often() -> Value {
    loop {
        std::hint::black_box(random::get_random_bytes(64 << 10));
    }
}

/// Writes until it is stopped; what is refused is tried again.
fn flood(stream: &OutputStream) -> Value {
    let page = [b'x'; 4096];
    let (mut written, mut refused) = (0_u64, 0_u64);
    for _ in 0..4_096 {
        match stream.blocking_write_and_flush(&page) {
            Ok(()) => written = written.saturating_add(4096),
            Err(_) => refused = refused.saturating_add(1),
        }
    }
    json!({ "written": written, "refused": refused })
}

/// Asks for more zeroes than there are bytes in the world.
fn zeroes() -> Value {
    said(stdout::get_stdout().write_zeroes(u64::MAX))
}

/// Writes without asking how much may be written, which the rules of WASI answer with a trap.
fn unasked() -> Value {
    let stream = stdout::get_stdout();
    let room = stream.check_write().unwrap_or_default();
    let much = vec![b'x'; usize::try_from(room).unwrap_or_default().saturating_add(1).min(4 << 20)];
    said(stream.write(&much))
}

fn input() -> Value {
    match stdin::get_stdin().blocking_read(u64::MAX) {
        Ok(read) => json!({ "bytes": read.len() }),
        Err(error) => json!({ "refused": why(&error) }),
    }
}

fn surroundings() -> Value {
    json!({
        "variables": environment::get_environment(),
        "arguments": environment::get_arguments(),
        "folder": environment::initial_cwd(),
    })
}

fn connect() -> Value {
    let network = instance_network::instance_network();
    match tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4) {
        Ok(socket) => match socket.start_connect(&network, address()) {
            Ok(()) => json!({ "ok": "connecting" }),
            Err(code) => json!({ "refused": format!("{code:?}") }),
        },
        Err(code) => json!({ "refused": format!("{code:?}") }),
    }
}

fn bind() -> Value {
    let network = instance_network::instance_network();
    match udp_create_socket::create_udp_socket(IpAddressFamily::Ipv4) {
        Ok(socket) => match socket.start_bind(&network, address()) {
            Ok(()) => json!({ "ok": "bound" }),
            Err(code) => json!({ "refused": format!("{code:?}") }),
        },
        Err(code) => json!({ "refused": format!("{code:?}") }),
    }
}

/// Asks for the address of a name; the answer, where one comes, comes later.
fn names() -> Value {
    let network = instance_network::instance_network();
    let stream = match ip_name_lookup::resolve_addresses(&network, "localhost") {
        Ok(stream) => stream,
        Err(code) => return json!({ "refused": format!("{code:?}") }),
    };
    stream.subscribe().block();
    match stream.resolve_next_address() {
        Ok(address) => json!({ "ok": address.is_some() }),
        Err(code) => json!({ "refused": format!("{code:?}") }),
    }
}

/// Loopback: even a host that lets it through sends nothing anywhere.
fn address() -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 9,
        address: (127, 0, 0, 1),
    })
}

fn said(written: Result<(), StreamError>) -> Value {
    match written {
        Ok(()) => json!({ "ok": null }),
        Err(error) => json!({ "refused": why(&error) }),
    }
}

fn why(error: &StreamError) -> &'static str {
    match error {
        StreamError::LastOperationFailed(_) => "failed",
        StreamError::Closed => "closed",
    }
}
