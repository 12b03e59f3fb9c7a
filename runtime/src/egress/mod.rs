//! The only way out: every request that Assize or a guest sends goes through here.
//!
//! ```text
//! Request ─▶ Prepared::check (target, rules, headers, secrets) ─▶ addresses, each checked ─▶ connection ─▶ Reply, bounded, masked
//! ```
//!
//! The first step is pure and done before anything is recorded; the rest acts outside. A redirection is an answer like others:
//! following it starts again at the first step, also for Assize itself ([`Egress::fetch`]). No proxy of the environment is used, and
//! no connection is shared or kept.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

pub mod address;
mod body;
mod client;
mod coding;
mod fetch;
mod fill;
mod refused;
mod request;
mod resolve;
mod rules;
pub mod target;
mod tls;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

pub use body::Body;
pub use client::Reply;
pub use fetch::{Fetched, REDIRECTIONS_MAX};
pub use refused::{Bound, Refused};
pub use request::{HEADER_BYTES_MAX, HEADERS_MAX, Prepared, Request, is_hosts_header};
pub use resolve::{Answer, Resolve, System};
pub use rules::{Bounds, Rules};
pub use tls::Trust;

use crate::outcome::RequestUse;
use tls::Tls;
use worker::{Lost, Worker};

/// How long a caller waits longer than the request may take, for the answer to be handed over.
const HANDING_OVER: Duration = Duration::from_secs(5);

/// What sends requests for one principal. Cheap to clone; principals share none.
#[derive(Debug, Clone)]
pub struct Egress {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    resolver: Arc<dyn Resolve>,
    patience: Patience,
    tls: Tls,
    worker: Worker,
}

/// How long the steps of a request may take, besides the time of all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Finding the addresses of a name.
    pub resolve: Duration,
    /// Reaching one of them, and then encrypting.
    pub connect: Duration,
    /// Sending the request and waiting for the head of the answer.
    pub head: Duration,
    /// Waiting for more of the body.
    pub idle: Duration,
}

impl Patience {
    /// The shorter time of each step.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self {
            resolve: self.resolve.min(other.resolve),
            connect: self.connect.min(other.connect),
            head: self.head.min(other.head),
            idle: self.idle.min(other.idle),
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(10),
            connect: Duration::from_secs(10),
            // Some servers think long before they say anything; the time of the whole request bounds them too.
            head: Duration::from_secs(300),
            idle: Duration::from_secs(60),
        }
    }
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, secrets masked.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, decoded, secrets masked.
    pub body: Vec<u8>,
}

impl Default for Egress {
    fn default() -> Self {
        Self::new(Arc::new(System), Trust::System, Patience::default())
    }
}

impl Egress {
    /// A client that finds names so, trusts these certificates and has this patience.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolve>, trust: Trust, patience: Patience) -> Self {
        Self {
            inner: Arc::new(Inner {
                resolver,
                patience,
                tls: Tls::new(trust),
                worker: Worker::default(),
            }),
        }
    }

    /// Sends a request and waits for the head of the answer; the body is read from the reply. `done` tells what came of it so far.
    /// Needs a runtime with input and output.
    ///
    /// # Errors
    ///
    /// [`Refused`] where an address is closed, a bound is reached, or the exchange fails.
    pub async fn open(&self, prepared: Prepared, time: Duration, done: &mut RequestUse) -> Result<Reply, Refused> {
        let Inner { resolver, tls, .. } = &*self.inner;
        let patience = &match prepared.patience {
            Some(patience) => self.inner.patience.min(patience),
            None => self.inner.patience,
        };
        let masker = prepared.masker.clone();
        let time = time.min(prepared.bounds.time);
        let now = Instant::now();
        let deadline = now.checked_add(time).unwrap_or(now);
        let opened = async {
            let addresses = resolve::open_addresses(resolver, &prepared, patience.resolve).await?;
            let stream = client::connect(&prepared, &addresses, patience).await?;
            client::exchange(stream, prepared, tls, patience, deadline, &mut *done).await
        };
        let opened = match timeout_at(deadline, opened).await {
            Ok(opened) => opened,
            Err(_) => Err(body::late()),
        };
        let opened = opened.map_err(|refused| refused.masked(&masker));
        done.outcome = match &opened {
            Ok(_) => "answered".to_owned(),
            Err(refused) => refused.outcome(),
        };
        opened
    }

    /// Sends a request and waits for the whole answer. Needs a runtime with input and output.
    pub async fn send(&self, prepared: Prepared, time: Duration) -> (Result<Response, Refused>, RequestUse) {
        let mut done = prepared.as_use();
        let mut reply = match self.open(prepared, time, &mut done).await {
            Ok(reply) => reply,
            Err(refused) => return (Err(refused), done),
        };
        let body = reply.body.whole().await;
        done.received_bytes = reply.body.received_bytes();
        let response = body.map(|body| Response {
            status: reply.status,
            headers: reply.headers,
            body,
        });
        if let Err(refused) = &response {
            done.outcome = refused.outcome();
        }
        (response, done)
    }

    /// Like [`Egress::send`], for a caller that waits, on whatever thread it stands.
    pub fn send_waiting(&self, prepared: Prepared, time: Duration) -> (Result<Response, Refused>, RequestUse) {
        let mut done = prepared.as_use();
        let longest = time.min(prepared.bounds.time);
        let egress = self.clone();
        let sending = async move { egress.send(prepared, time).await };
        self.wait(sending, longest).unwrap_or_else(|refused| {
            done.outcome = refused.outcome();
            (Err(refused), done)
        })
    }

    /// Does some work on the thread of this client, and waits for it.
    fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        time: Duration,
    ) -> Result<T, Refused> {
        let time = time.saturating_add(HANDING_OVER);
        self.inner.worker.run(work, time).map_err(|lost| match lost {
            Lost::Late => body::late(),
            lost => Refused::Unavailable(lost.to_string()),
        })
    }
}
