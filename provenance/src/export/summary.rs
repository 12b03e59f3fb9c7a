//! Verification summaries: what was decided about a commit, for tools that gate releases.
//!
//! The form is SLSA's verification summary (`https://slsa.dev/verification_summary/v1`) in an in-toto Statement, in a DSSE
//! envelope. The subject is the commit that was judged, the policy is the one it was judged under, the input attestations are
//! all entries that the verdict rests on, by the SHA-256 of their stored lines. Approved is `PASSED`, rejected is `FAILED`; a
//! council that came to no verdict gives no summary. A consumer believes a summary for its signer and its verifier's id
//! together, so the id names log and council.

use serde_json::{Value, json};

use crate::canonical;
use crate::cases::{HeardCase, Placed};
use crate::digest::Digest;
use crate::entry::OverrideRecord;
use crate::entry::v1::FormError;
use crate::key::{PublicKey, SignatureMismatch};
use crate::log_id::LogId;
use crate::signature::ToSign;
use crate::signature::dsse::{self, Dsse};
use crate::verdict::Outcome;

/// The predicate's type.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/verification_summary/v1";

/// A summary that waits for its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedSummary {
    payload: Vec<u8>,
}

impl UnsignedSummary {
    /// Sums up a verdict, or a person's override of it; `None` where nothing was decided. `resource` says what the consumer
    /// knows the commit by; without one it is the commit's own id.
    ///
    /// # Errors
    ///
    /// [`FormError`] for numbers that canonical JSON cannot hold.
    pub fn of(
        log: LogId,
        heard: &HeardCase,
        overridden: Option<&Placed>,
        resource: Option<&str>,
    ) -> Result<Option<Self>, FormError> {
        let (Some(case), Some(verdict)) = (heard.case(), heard.verdict()) else {
            return Ok(None);
        };
        let outcome = overridden.map_or(verdict.outcome, |_| OverrideRecord::OUTCOME);
        let (result, level) = match (outcome, overridden) {
            (Outcome::Approved, None) => ("PASSED", "ASSIZE_COUNCIL_APPROVED"),
            (Outcome::Approved, Some(_)) => ("PASSED", "ASSIZE_PERSON_APPROVED"),
            (Outcome::Rejected, _) => ("FAILED", "FAILED"),
            (Outcome::Undecided, _) => return Ok(None),
        };
        let decided = overridden.unwrap_or(heard.verdict_entry());
        let head = decided.entry.entry().subject.head;
        let rests_on = [heard.case_entry()]
            .into_iter()
            .chain(heard.opinion_entries())
            .chain([heard.verdict_entry()])
            .chain(overridden);
        let inputs: Vec<Value> = rests_on.map(|placed| input(log, placed)).collect();
        let commit = format!("git:commit:{}", head.commit);
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "predicate": {
                "inputAttestations": inputs,
                "policy": {
                    "digest": {"sha256": case.policy.digest.to_string()},
                    "uri": format!("urn:x-assize:v1:policy:{}", case.policy.digest),
                },
                "resourceUri": resource.unwrap_or(&commit),
                "timeVerified": decided.entry.entry().time.to_string(),
                "verificationResult": result,
                "verifiedLevels": [level],
                "verifier": {"id": verifier_id(log, &case.council), "version": {"assize": case.runtime_version}},
            },
            "predicateType": PREDICATE_TYPE,
            "subject": [{
                "digest": {"gitCommit": head.commit.to_string(), "gitTree": head.tree.to_string()},
                "name": "head",
            }],
        });
        let payload = canonical::to_bytes(&statement)?;
        Ok(Some(Self { payload }))
    }

    /// Returns the Statement, as canonical JSON.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns what a council key signs.
    #[must_use]
    pub fn dsse_input(&self) -> ToSign<Dsse> {
        dsse::to_sign(&self.payload)
    }

    /// Writes the envelope with its signature, once that is checked.
    ///
    /// # Errors
    ///
    /// [`SignatureMismatch`]: the signature is another one's.
    pub fn seal(&self, key: &PublicKey, signature: &[u8; 64]) -> Result<String, SignatureMismatch> {
        key.verify(self.dsse_input().as_bytes(), signature)?;
        Ok(dsse::envelope(key, &self.payload, signature))
    }
}

fn input(log: LogId, placed: &Placed) -> Value {
    json!({
        "digest": {"sha256": Digest::of(placed.entry.line()).to_string()},
        "uri": format!("urn:x-assize:v1:entry:{log}:{}", placed.index),
    })
}

/// Names the verifier: a council of a log. Whatever is no letter, digit or hyphen of a council's name is written as `%XX`.
fn verifier_id(log: LogId, council: &str) -> String {
    let mut name = String::new();
    for byte in council.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("urn:x-assize:v1:council:{log}:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Cases;
    use crate::entry::SignedEntry;
    use crate::opinion::{Absence, Opinion, Vote};
    use crate::testing::{SigningPair, TestLog, sample_case};
    use crate::verdict::Heard;

    fn says(vote: Vote) -> Heard {
        Ok(Opinion {
            vote,
            findings: vec![],
            rationale: String::new(),
        })
    }

    /// A heard case with the entry of its override, whether that counts or not.
    fn heard(vote: &Heard) -> (LogId, HeardCase, Placed) {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let heard = [
            says(Vote::Approve),
            vote.clone(),
            says(Vote::Approve),
            says(Vote::Approve),
        ];
        let entries = log.hear(1, &sample_case(), &heard);
        let overruled = Placed {
            index: 6,
            entry: log.overrule(&entries[5]),
        };
        let mut cases = Cases::new();
        let take = |(index, entry): (u64, SignedEntry)| cases.take(index, entry);
        let heard = (0..).zip(entries).find_map(take).unwrap();
        (log.state.log(), heard, overruled)
    }

    fn statement(vote: &Heard, overridden: bool) -> Option<Value> {
        let (log, heard, overruled) = heard(vote);
        let overruled = overridden.then_some(&overruled);
        let summary = UnsignedSummary::of(log, &heard, overruled, None).unwrap()?;
        assert_eq!(
            Ok(Some(summary.clone())),
            UnsignedSummary::of(log, &heard, overruled, None)
        );
        Some(serde_json::from_slice(summary.payload()).unwrap())
    }

    #[test]
    fn a_summary_says_what_was_decided_and_on_what() {
        let approved = statement(&says(Vote::Approve), false).unwrap();
        let said = &approved["predicate"];
        assert_eq!(approved["predicateType"], PREDICATE_TYPE);
        assert_eq!(said["verificationResult"], "PASSED");
        assert_eq!(said["inputAttestations"].as_array().unwrap().len(), 6);
        assert_eq!(said["resourceUri"], format!("git:commit:{}", "01".repeat(20)));
        assert!(said["verifier"]["id"].as_str().unwrap().ends_with(":default"));
        let rejected = statement(&says(Vote::Reject), false).unwrap();
        assert_eq!(rejected["predicate"]["verificationResult"], "FAILED");
        let overridden = statement(&says(Vote::Reject), true).unwrap();
        assert_eq!(overridden["predicate"]["verificationResult"], "PASSED");
        assert_eq!(overridden["predicate"]["verifiedLevels"][0], "ASSIZE_PERSON_APPROVED");
        assert_eq!(
            overridden["predicate"]["inputAttestations"].as_array().unwrap().len(),
            7
        );
        assert_eq!(statement(&Err(Absence::Trapped), false), None, "no quorum, no verdict");
    }

    #[test]
    fn only_the_signature_of_the_key_is_sealed() {
        let (log, heard, _) = heard(&says(Vote::Approve));
        let summary = UnsignedSummary::of(log, &heard, None, Some("https://example.org/x"));
        let summary = summary.unwrap().unwrap();
        let (pair, other) = (SigningPair::from_seed(1), SigningPair::from_seed(2));
        let signature = pair.sign(summary.dsse_input().as_bytes());
        assert!(summary.seal(&pair.public(), &signature).is_ok());
        assert!(summary.seal(&other.public(), &signature).is_err());
    }

    #[test]
    fn a_councils_name_cannot_reach_into_the_rest() {
        let log = TestLog::start(1, 2, 3, &[]).state.log();
        assert!(verifier_id(log, "a:b é").ends_with(":a%3Ab%20%C3%A9"));
    }
}
