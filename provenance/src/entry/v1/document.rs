//! The stored form of a whole opinion, as it lies on the evidence ref: a line with its [`Salt`], then one canonical JSON
//! object.

use serde::{Deserialize, Serialize};

use super::FormError;
use super::text::{Bounded, Text, Word};
use crate::canonical;
use crate::digest::Digest;
use crate::entry::{Salt, TEXT_BYTES_MAX};
use crate::opinion::{Finding, Location, Opinion, Severity, Side, Vote};

/// How many bytes a whole opinion may have: 10,000 findings with long paths, messages and suggestions fit.
pub const DOCUMENT_BYTES_MAX: usize = 96 << 20;

/// How many findings an opinion may have.
pub const FINDINGS_MAX: usize = 10_000;

/// An opinion with the case and the judge it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpinionDocument {
    /// The digest of the case.
    pub case: Digest,
    /// The judge's name on the council.
    pub judge: String,
    /// SHA-256 of the component that said it.
    pub component: Digest,
    /// What it said.
    pub opinion: Opinion,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpinionDocumentV1 {
    case: Text<Digest>,
    component: Text<Digest>,
    findings: Vec<FindingV1>,
    judge: Bounded<TEXT_BYTES_MAX>,
    kind: String,
    rationale: String,
    v: u8,
    vote: Word<Vote>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<LocationV1>,
    message: String,
    rule: Bounded<TEXT_BYTES_MAX>,
    severity: Word<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LocationV1 {
    end_line: u32,
    path: String,
    side: Word<Side>,
    start_line: u32,
}

impl OpinionDocument {
    /// Writes the document. The same opinion gives the same bytes.
    ///
    /// # Errors
    ///
    /// [`FormError`] where the judge or a rule has no proper name, or there are too many findings or bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FormError> {
        if self.opinion.findings.len() > FINDINGS_MAX {
            return Err(FormError::Field(format!("more than {FINDINGS_MAX} findings")));
        }
        let document = OpinionDocumentV1 {
            case: Text(self.case),
            component: Text(self.component),
            findings: self.opinion.findings.iter().map(FindingV1::from).collect(),
            judge: Bounded(self.judge.clone()),
            kind: "opinion".to_owned(),
            rationale: self.opinion.rationale.clone(),
            v: 1,
            vote: Word(self.opinion.vote),
        };
        let mut bytes = Vec::new();
        canonical::write_typed(&document, &mut bytes)?;
        match bytes.len() {
            0..=DOCUMENT_BYTES_MAX => Ok(bytes),
            more => Err(FormError::Field(format!(
                "{more} bytes, more than {DOCUMENT_BYTES_MAX}"
            ))),
        }
    }

    /// Writes the document behind its salt, as it is stored.
    ///
    /// # Errors
    ///
    /// As [`Self::to_bytes`].
    pub fn to_salted(&self, salt: &Salt) -> Result<Vec<u8>, FormError> {
        Ok(salt.before(&self.to_bytes()?))
    }

    /// Reads a stored document and its salt.
    ///
    /// # Errors
    ///
    /// Every [`FormError`].
    pub fn parse_salted(stored: &[u8]) -> Result<(Salt, Self), FormError> {
        let split = Salt::split(stored);
        let (salt, bytes) = split.ok_or_else(|| FormError::Field("no salt stands before the document".to_owned()))?;
        Ok((salt, Self::parse(bytes)?))
    }

    /// Reads a document, and only if writing it again gives the same bytes.
    ///
    /// # Errors
    ///
    /// Every [`FormError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        canonical::check_length(bytes, DOCUMENT_BYTES_MAX)?;
        let parsed: OpinionDocumentV1 = canonical::read_typed(bytes)?;
        let document = Self {
            case: parsed.case.0,
            judge: parsed.judge.0,
            component: parsed.component.0,
            opinion: Opinion {
                vote: parsed.vote.0,
                findings: parsed.findings.into_iter().map(Finding::from).collect(),
                rationale: parsed.rationale,
            },
        };
        if document.to_bytes()? == bytes {
            Ok(document)
        } else {
            Err(FormError::Canonical(canonical::CanonicalError::NotCanonical))
        }
    }
}

impl From<&Finding> for FindingV1 {
    fn from(finding: &Finding) -> Self {
        Self {
            location: finding.location.as_ref().map(|at| LocationV1 {
                end_line: at.end_line,
                path: at.path.clone(),
                side: Word(at.side),
                start_line: at.start_line,
            }),
            message: finding.message.clone(),
            rule: Bounded(finding.rule.clone()),
            severity: Word(finding.severity),
            suggestion: finding.suggestion.clone(),
        }
    }
}

impl From<FindingV1> for Finding {
    fn from(finding: FindingV1) -> Self {
        let location = finding.location.map(|at| Location {
            side: at.side.0,
            path: at.path,
            start_line: at.start_line,
            end_line: at.end_line,
        });
        Self {
            rule: finding.rule.0,
            severity: finding.severity.0,
            message: finding.message,
            location,
            suggestion: finding.suggestion,
        }
    }
}
