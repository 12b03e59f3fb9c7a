//! Asking a witness to cosign the newest checkpoint of a log.

use std::time::{Duration, Instant};

use assize_provenance::checkpoint::{AnyCheckpoint, CheckpointError};
use assize_provenance::fork::Fork;
use assize_provenance::key::vkey::{NoteKey, NoteKind};
use assize_provenance::log_reader::{LogReadError, LogReader};
use assize_provenance::witness::{AddCheckpoint, SIZE_TYPE};

use super::server::ADD_PATH;
use crate::egress::target::Target;
use crate::egress::{Bounds, Egress, Prepared, Refused, Request, Response, Rules};
use crate::policy::http::HttpGrant;
use crate::policy::place::Place;
use crate::secret::Secrets;

/// How long a witness may take that somebody waits for by hand.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How large a request and its answer may be, in bytes.
const REQUEST_BYTES: u64 = 128 << 10;
const RESPONSE_BYTES: u64 = 64 << 10;

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
    /// The witness has cosigned another past of the log, and shows it.
    #[error("the witness {witness} has cosigned another past of the log, which the log's own key signed too")]
    Forked {
        /// The witness.
        witness: String,
        /// The proof, which needs no witness to be believed.
        proof: Box<Fork>,
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
    /// here; where it is another one, the witness says so and is asked once more. All of it takes at most `time`.
    ///
    /// # Errors
    ///
    /// Every [`Unanswered`].
    pub fn ask(
        &self,
        egress: &Egress,
        log: &mut LogReader<'_>,
        known: u64,
        time: Duration,
    ) -> Result<AnyCheckpoint, Unanswered> {
        let since = Instant::now();
        let checkpoint = AnyCheckpoint::parse(&log.checkpoint()?)?;
        let first = self.send(egress, log, &checkpoint, known.min(checkpoint.size()), time)?;
        let left = time.saturating_sub(since.elapsed());
        let response = match seen_size(&first) {
            Some(seen) if seen > checkpoint.size() => {
                return Err(Unanswered::Ahead {
                    witness: self.key.name().to_owned(),
                    seen,
                    size: checkpoint.size(),
                });
            }
            Some(seen) => self.send(egress, log, &checkpoint, seen, left)?,
            None => first,
        };
        let body = String::from_utf8_lossy(&response.body);
        if response.status != 200 {
            let witness = self.key.name().to_owned();
            if let Some(proof) = self.fork_in(&body, log, &checkpoint)? {
                return Err(Unanswered::Forked { witness, proof });
            }
            let said: String = body.chars().take(300).map(plain).collect();
            return Err(Unanswered::Refused(witness, response.status, said.trim().to_owned()));
        }
        let cosigned = checkpoint.with_answer(&body, &self.key);
        cosigned.map_err(|error| self.unreachable(&format!("what it answers is no cosignature of its key ({error})")))
    }

    /// The proof that the log here is forked, where a refusal shows what the witness cosigned instead. It has to be signed by the
    /// log's own key, so nobody can make one up.
    fn fork_in(
        &self,
        body: &str,
        log: &mut LogReader<'_>,
        checkpoint: &AnyCheckpoint,
    ) -> Result<Option<Box<Fork>>, Unanswered> {
        let shown = body.split_once("\n\n").map(|(_, note)| note.as_bytes());
        let Some(shown) = shown.and_then(|note| AnyCheckpoint::parse(note).ok()) else {
            return Ok(None);
        };
        let (_, commit) = log.tip();
        let own = NoteKey::new(checkpoint.origin(), NoteKind::Note, commit.key);
        let is_signed = own.is_ok_and(|own| matches!(shown.is_signed_by(&own), Ok(true)));
        let is_cosigned = matches!(shown.cosigned_by(&self.key), Ok(Some(_)));
        if !is_signed || !is_cosigned || shown.size() == 0 || shown.size() > checkpoint.size() {
            return Ok(None);
        }
        let root = log.root_at(shown.size())?;
        let hashes = log.consistency_proof(shown.size(), checkpoint.size())?;
        Ok(Fork::new(shown, checkpoint.clone(), root, hashes).ok().map(Box::new))
    }

    fn send(
        &self,
        egress: &Egress,
        log: &mut LogReader<'_>,
        checkpoint: &AnyCheckpoint,
        old_size: u64,
        time: Duration,
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
        let bounds = Bounds {
            time,
            request_bytes: REQUEST_BYTES,
            response_bytes: RESPONSE_BYTES,
        };
        let secrets = Secrets::default();
        let prepared =
            Prepared::check(&self.rules, bounds, &secrets, request).map_err(|refused| self.lost(&refused))?;
        let (response, _) = egress.send_waiting(prepared, time);
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
