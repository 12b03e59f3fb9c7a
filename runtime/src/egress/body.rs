//! The body of an answer: decoded, bounded, masked, piece by piece.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::coding::{Decoder, too_long};
use super::refused::Refused;
use crate::secret::MaskStream;

/// How many bytes a coded body may have more than it decodes to.
const CODING_BYTES_MAX: u64 = 64 << 10;

/// The body of an answer that is still coming. Dropping it ends the connection.
pub struct Body {
    incoming: Incoming,
    decoder: Decoder,
    mask: Option<MaskStream>,
    /// How many bytes may still come, before they are decoded.
    coded_bytes_left: u64,
    bytes_max: u64,
    received_bytes: u64,
    idle: Duration,
    deadline: Instant,
    is_over: bool,
    _connection: Connection,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body")
            .field("received_bytes", &self.received_bytes)
            .finish_non_exhaustive()
    }
}

/// The work on a connection, which ends with whoever needs it.
pub(super) struct Connection(pub(super) JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How a body is read.
pub(super) struct Reading {
    pub(super) decoder: Decoder,
    pub(super) mask: Option<MaskStream>,
    pub(super) bytes_max: u64,
    pub(super) idle: Duration,
    pub(super) deadline: Instant,
}

impl Body {
    pub(super) fn new(incoming: Incoming, reading: Reading, connection: Connection) -> Self {
        Self {
            incoming,
            coded_bytes_left: reading.bytes_max.saturating_add(CODING_BYTES_MAX),
            bytes_max: reading.bytes_max,
            decoder: reading.decoder,
            mask: reading.mask,
            received_bytes: 0,
            idle: reading.idle,
            deadline: reading.deadline,
            is_over: false,
            _connection: connection,
        }
    }

    /// How many bytes came so far, as they came.
    #[must_use]
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// Waits for the next piece. Nothing at the end, and after a refusal.
    pub async fn piece(&mut self) -> Option<Result<Bytes, Refused>> {
        while !self.is_over {
            match self.next().await {
                Ok(piece) if piece.is_empty() => {}
                Ok(piece) => return Some(Ok(piece.into())),
                Err(refused) => {
                    self.is_over = true;
                    return Some(Err(refused));
                }
            }
        }
        None
    }

    /// Waits for the whole body.
    ///
    /// # Errors
    ///
    /// [`Refused`] where it does not come to its end within its bounds.
    pub async fn whole(&mut self) -> Result<Vec<u8>, Refused> {
        let mut whole = Vec::new();
        while let Some(piece) = self.piece().await {
            whole.extend_from_slice(&piece?);
        }
        Ok(whole)
    }

    /// The next piece, which may be empty.
    async fn next(&mut self) -> Result<Vec<u8>, Refused> {
        let idle = Instant::now().checked_add(self.idle).unwrap_or(self.deadline);
        let Ok(frame) = timeout_at(idle.min(self.deadline), self.incoming.frame()).await else {
            return Err(if self.deadline <= Instant::now() {
                late()
            } else {
                Refused::Unavailable(format!(
                    "nothing of the answer's body came for {} seconds",
                    self.idle.as_secs_f64()
                ))
            });
        };
        let piece = match frame {
            None => {
                self.is_over = true;
                let rest = self.decoder.finish()?;
                return Ok(match self.mask.take() {
                    Some(mut mask) => {
                        let mut masked = mask.push(&rest);
                        masked.extend(mask.finish());
                        masked
                    }
                    None => rest,
                });
            }
            Some(Err(error)) => {
                return Err(Refused::Unavailable(format!("the answer broke off: {error}")));
            }
            // What stands behind a body is not passed on.
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        let bytes = piece.len() as u64;
        self.received_bytes = self.received_bytes.saturating_add(bytes);
        match self.coded_bytes_left.checked_sub(bytes) {
            Some(left) => self.coded_bytes_left = left,
            None => return Err(too_long(self.bytes_max)),
        }
        let decoded = self.decoder.push(&piece)?;
        Ok(match &mut self.mask {
            Some(mask) => mask.push(&decoded),
            None => decoded,
        })
    }
}

/// What is said of a request whose time is over.
pub(super) fn late() -> Refused {
    Refused::Limit("the request took longer than the role's `request_seconds`, or than what the call had left".into())
}
