//! What a council is told besides the change: the spec, the waivers, the tier, the documents.

use std::collections::BTreeMap;

use assize_provenance::canonical::{self, CanonicalError};
use assize_provenance::digest::Digest;
use assize_provenance::entry::{Document, EntryId, Stored};
use assize_provenance::verdict;
use serde_json::{Value, json};

use crate::diagnostic::Problem;
use crate::policy::Policy;
use crate::policy::tier::Tier;
use crate::spec::WorkingSpec;
use crate::waiver::{Granted, Standing, Waiver, Worth};

/// What a council is told besides the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The working spec of the head, if the change belongs to one.
    pub spec: Option<WorkingSpec>,
    /// What is wrong with the working specs of the head.
    pub spec_problems: Vec<Problem>,
    /// The waivers in files of the base, and those that the change brings or alters. Of a file that a signed waiver stands for,
    /// nothing is told.
    pub waivers: Vec<Waiver>,
    /// The waivers that people signed and that are in force. Judges are not told of them: they only count when votes are counted.
    pub granted: Vec<Granted>,
    /// The risk tier that counts.
    pub tier: Tier,
    /// The documents given, in the order of their names.
    pub documents: Vec<Document>,
}

impl Told {
    /// Nothing but what the policy says of a change without a spec.
    #[must_use]
    pub fn nothing(policy: &Policy) -> Self {
        Self {
            spec: None,
            spec_problems: Vec::new(),
            waivers: Vec::new(),
            granted: Vec::new(),
            tier: policy.default_tier(),
            documents: Vec::new(),
        }
    }

    /// The waivers that excuse findings when the votes are counted.
    #[must_use]
    pub fn in_force(&self) -> Vec<verdict::Waiver> {
        let counts = |waiver: &&Waiver| waiver.standing == Standing::Base && waiver.worth == Worth::InForce;
        let waivers = self.waivers.iter().filter(counts);
        let of_files = waivers.map(|waiver| verdict::Waiver {
            id: waiver.id.clone(),
            rule: waiver.rule.clone(),
            paths: waiver.paths.clone(),
        });
        let granted = self.granted.iter().map(|waiver| verdict::Waiver {
            id: waiver.id.clone(),
            rule: waiver.rule.clone(),
            paths: waiver.paths.clone(),
        });
        of_files.chain(granted).collect()
    }

    /// The entries in which the signed waivers were proposed, by the ids of the waivers.
    #[must_use]
    pub fn given(&self) -> BTreeMap<String, EntryId> {
        let granted = self.granted.iter();
        granted.map(|waiver| (waiver.id.clone(), waiver.proposal)).collect()
    }

    /// Digests what the change itself does not fix: what waivers are worth now, who signed them, and the tier that counts. The spec follows
    /// from the head, and documents stand in the case by their own digests.
    ///
    /// # Errors
    ///
    /// [`CanonicalError`] for numbers above 2^53 - 1, which nothing here has.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        let waivers: Vec<Value> = self.waivers.iter().map(waiver).collect();
        let mut value = json!({"tier": self.tier.number(), "v": 1, "waivers": waivers});
        let given = self.given().into_iter();
        let given: BTreeMap<String, String> = given.map(|(id, entry)| (id, entry.to_string())).collect();
        if let (Some(members), false) = (value.as_object_mut(), given.is_empty()) {
            members.insert("given".to_owned(), json!(given));
        }
        Ok(Digest::of(&canonical::to_bytes(&value)?))
    }
}

/// Names a document and says what it is.
#[must_use]
pub fn document(name: &str, bytes: &[u8]) -> Document {
    Document {
        name: name.to_owned(),
        stored: Stored::of(bytes),
    }
}

fn waiver(waiver: &Waiver) -> Value {
    let problems = waiver
        .problems
        .iter()
        .map(|problem| json!({"line": problem.line, "message": problem.message}));
    json!({
        "expires": waiver.expires.map(|time| time.to_string()),
        "id": waiver.id,
        "path": waiver.path,
        "paths": waiver.paths.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "rule": waiver.rule,
        "side": match waiver.standing {
            Standing::Base => "base",
            Standing::Head => "head",
        },
        "worth": match waiver.worth {
            Worth::InForce => "in-force",
            Worth::Proposed => "proposed",
            Worth::Expired => "expired",
            Worth::Revoked => "revoked",
            Worth::Invalid => "invalid",
        },
    })
}
