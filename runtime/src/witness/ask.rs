//! Asking a witness to cosign the newest checkpoint of a log.

use std::time::Duration;

use assize_provenance::checkpoint::{AnyCheckpoint, CheckpointError};
use assize_provenance::key::vkey::NoteKey;
use assize_provenance::log_reader::{LogReadError, LogReader};
use assize_provenance::witness::{AddCheckpoint, SIZE_TYPE};

use super::server::ADD_PATH;
use crate::egress::target::Target;
use crate::egress::{Bounds, Egress, Prepared, Refused, Request, Response, Rules};
use crate::policy::http::HttpGrant;
use crate::policy::place::Place;
use crate::secret::Secrets;

/// What one request may take.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(30),
    request_bytes: 128 << 10,
    response_bytes: 64 << 10,
};

/// A witness, as the one who asks knows it.
#[derive(Debug)]
pub struct Witness {
    /// Its key.
    pub key: NoteKey,
    url: String,
    rules: Rules,
}

/// Why a checkpoint was not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The log here cannot be read.
    #[error(transparent)]
    Log(#[from] LogReadError),
    /// The checkpoint here is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The witness cannot be reached, or does not speak as one.
    #[error("the witness {0} gave no proper answer: {1}")]
    Unreachable(String, String),
    /// The witness does not cosign it.
    #[error("the witness {0} does not cosign it (status {1}): {2}")]
    Refused(String, u16, String),
    /// The witness has cosigned more than is here.
    #[error(
        "the witness {witness} has cosigned {seen} entries, and the log has {size} here: it was cut, or not fetched"
    )]
    Ahead {
        /// The witness.
        witness: String,
        /// How many entries it has seen.
        seen: u64,
        /// How many there are here.
        size: u64,
    },
}

impl Witness {
    /// A witness at an address, under which `/add-checkpoint` lies.
    ///
    /// # Errors
    ///
    /// The address is none, as a sentence.
    pub fn new(key: NoteKey, prefix: &str) -> Result<Self, String> {
        let url = format!("{}{ADD_PATH}", prefix.trim_end_matches('/'));
        let target = Target::parse(&url).map_err(|error| error.to_string())?;
        let grant = HttpGrant {
            origin: target.origin().to_owned(),
            methods: vec!["POST"],
            path_prefix: target.path().to_owned(),
            networks: Vec::new(),
            place: Place {
                role: "assize".into(),
                item: "audit witness".into(),
                line: 1,
            },
        };
        let rules = Rules::own(vec![grant], Vec::new());
        Ok(Self { key, url, rules })
    }

    /// Has the newest checkpoint of a log cosigned. `known` is the size that this witness cosigned last, as far as that is known
    /// here; where it is another one, the witness says so and is asked once more.
    ///
    /// # Errors
    ///
    /// Every [`Unanswered`].
    pub fn ask(&self, egress: &Egress, log: &mut LogReader<'_>, known: u64) -> Result<AnyCheckpoint, Unanswered> {
        let checkpoint = AnyCheckpoint::parse(&log.checkpoint()?)?;
        let first = self.send(egress, log, &checkpoint, known.min(checkpoint.size()))?;
        let response = match seen_size(&first) {
            Some(seen) if seen > checkpoint.size() => {
                return Err(Unanswered::Ahead {
                    witness: self.key.name().to_owned(),
                    seen,
                    size: checkpoint.size(),
                });
            }
            Some(seen) => self.send(egress, log, &checkpoint, seen)?,
            None => first,
        };
        let body = String::from_utf8_lossy(&response.body);
        if response.status != 200 {
            let said: String = body.chars().take(300).map(plain).collect();
            let name = self.key.name().to_owned();
            return Err(Unanswered::Refused(name, response.status, said.trim().to_owned()));
        }
        let cosigned = checkpoint.with_answer(&body, &self.key);
        cosigned.map_err(|error| self.unreachable(&format!("what it answers is no cosignature of its key ({error})")))
    }

    fn send(
        &self,
        egress: &Egress,
        log: &mut LogReader<'_>,
        checkpoint: &AnyCheckpoint,
        old_size: u64,
    ) -> Result<Response, Unanswered> {
        let hashes = match old_size {
            0 => Vec::new(),
            _ => log.consistency_proof(old_size, checkpoint.size())?,
        };
        let request = AddCheckpoint {
            old_size,
            hashes,
            checkpoint: checkpoint.clone(),
        };
        let request = Request {
            method: "POST".into(),
            url: self.url.clone(),
            headers: vec![("content-type".into(), b"text/plain; charset=utf-8".to_vec())],
            body: request.to_string().into_bytes(),
        };
        let secrets = Secrets::default();
        let prepared =
            Prepared::check(&self.rules, BOUNDS, &secrets, request).map_err(|refused| self.lost(&refused))?;
        let (response, _) = egress.send_waiting(prepared, BOUNDS.time);
        response.map_err(|refused| self.lost(&refused))
    }

    fn lost(&self, refused: &Refused) -> Unanswered {
        self.unreachable(&refused.to_string())
    }

    fn unreachable(&self, why: &str) -> Unanswered {
        Unanswered::Unreachable(self.key.name().to_owned(), why.to_owned())
    }
}

/// The size that the witness has cosigned, where it says that it is another one than it was told.
fn seen_size(response: &Response) -> Option<u64> {
    let is_size = |(name, value): &(String, Vec<u8>)| name == "content-type" && value == SIZE_TYPE.as_bytes();
    if response.status != 409 || !response.headers.iter().any(is_size) {
        return None;
    }
    let text = str::from_utf8(&response.body).ok()?.strip_suffix('\n')?;
    text.parse().ok()
}

/// What a stranger says is shown without anything that a terminal would obey.
fn plain(sign: char) -> char {
    if sign.is_control() { ' ' } else { sign }
}
