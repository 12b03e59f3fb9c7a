//! A server on this machine that does what no server should, told by the path of the request.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use assize::hostile::server::{LONGEST, Stream, converse};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

mod certificates;

pub use certificates::{Certificates, Fault};

/// A server that runs until it is dropped.
pub struct BadServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl BadServer {
    /// Starts a server without encryption.
    ///
    /// # Panics
    ///
    /// When the machine refuses.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts a server that says with a certificate who it is.
    ///
    /// # Panics
    ///
    /// When the machine refuses.
    #[must_use]
    pub fn start_encrypted(settings: Arc<ServerConfig>) -> Self {
        Self::start_with(Some(settings))
    }

    fn start_with(settings: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (seen, is_over) = (Arc::clone(&requests), Arc::clone(&over));
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (seen, is_over, settings) = (Arc::clone(&seen), Arc::clone(&is_over), settings.clone());
                thread::spawn(move || serve(stream, settings, &seen, &is_over));
            }
        });
        Self {
            address,
            requests,
            over,
            accepting: Some(accepting),
        }
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The origin, by its address.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// Every request that came, as it came.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for BadServer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // The last connection wakes whoever waits for one.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn serve(stream: TcpStream, settings: Option<Arc<ServerConfig>>, seen: &Mutex<Vec<String>>, over: &AtomicBool) {
    let _ = stream.set_read_timeout(Some(LONGEST));
    let _ = stream.set_write_timeout(Some(LONGEST));
    let mut stream: Box<dyn Stream> = match settings {
        None => Box::new(stream),
        Some(settings) => match ServerConnection::new(settings) {
            Ok(connection) => Box::new(StreamOwned::new(connection, stream)),
            Err(_) => return,
        },
    };
    let mut keep = |request: &str| {
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.to_owned());
    };
    // A client that gives up is no fault of the server's.
    let _ = converse(stream.as_mut(), over, &mut keep);
}
