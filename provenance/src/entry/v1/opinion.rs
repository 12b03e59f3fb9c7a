//! An opinion's own fields.

use serde::{Deserialize, Serialize};

use super::FormError;
use super::case::StoredV1;
use super::statement::{ActorV1, CommonV1, Predicate};
use super::text::{Bounded, Text, Word};
use crate::digest::Digest;
use crate::entry::{
    Amount, Amounts, Answer, Content, DETAIL_BYTES_MAX, EntryId, LISTED_MAX, Listed, OpinionRecord, PATH_BYTES_MAX,
    Place, Spoken, TEXT_BYTES_MAX, Transcript,
};
use crate::log_id::LogId;
use crate::opinion::{Absence, Location, Severity, Side, Vote};
use crate::time::Time;
use crate::verdict::Excuse;

type Short = Bounded<TEXT_BYTES_MAX>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpinionV1 {
    actor: ActorV1,
    component: Text<Digest>,
    engine_profile: Short,
    fuel: u64,
    judge: Short,
    log: Text<LogId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    no_opinion: Option<NoOpinionV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opinion: Option<SpokenV1>,
    prev: Text<EntryId>,
    time: Text<Time>,
    transcript: TranscriptV1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOpinionV1 {
    detail: Bounded<DETAIL_BYTES_MAX>,
    reason: Word<Absence>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TranscriptV1 {
    host_calls: u64,
    sha256: Text<Digest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpokenV1 {
    amounts: AmountsV1,
    document: StoredV1,
    findings: Vec<ListedV1>,
    vote: Word<Vote>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountsV1 {
    critical: AmountV1,
    error: AmountV1,
    note: AmountV1,
    warning: AmountV1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountV1 {
    all: u64,
    excused: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    excuse: Option<ExcuseV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    message: Text<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<Bounded<PATH_BYTES_MAX>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_sha256: Option<Text<Digest>>,
    rule: Short,
    severity: Word<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    side: Option<Word<Side>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum ExcuseV1 {
    Off,
    Warn,
    Waived(Short),
}

impl OpinionV1 {
    pub(super) fn of(common: CommonV1, record: &OpinionRecord) -> Self {
        let (opinion, no_opinion) = match &record.answer {
            Answer::Spoken(spoken) => (Some(SpokenV1::from(&**spoken)), None),
            Answer::NoOpinion { reason, detail } => (
                None,
                Some(NoOpinionV1 {
                    detail: Bounded(detail.clone()),
                    reason: Word(*reason),
                }),
            ),
        };
        Self {
            actor: common.actor,
            component: Text(record.component),
            engine_profile: Bounded(record.engine_profile.clone()),
            fuel: record.fuel,
            judge: Bounded(record.judge.clone()),
            log: common.log,
            no_opinion,
            opinion,
            prev: Text(record.previous),
            time: common.time,
            transcript: TranscriptV1 {
                host_calls: record.transcript.host_calls,
                sha256: Text(record.transcript.digest),
            },
        }
    }
}

impl Predicate for OpinionV1 {
    fn into_domain(self) -> Result<(CommonV1, Content), FormError> {
        let common = CommonV1 {
            actor: self.actor,
            log: self.log,
            time: self.time,
        };
        let answer = match (self.opinion, self.no_opinion) {
            (Some(spoken), None) => Answer::Spoken(Box::new(spoken.try_into()?)),
            (None, Some(none)) => Answer::NoOpinion {
                reason: none.reason.0,
                detail: none.detail.0,
            },
            _ => {
                return Err(FormError::Field(
                    "an opinion holds either `opinion` or `no_opinion`".to_owned(),
                ));
            }
        };
        let record = OpinionRecord {
            previous: self.prev.0,
            judge: self.judge.0,
            component: self.component.0,
            engine_profile: self.engine_profile.0,
            answer,
            transcript: Transcript {
                digest: self.transcript.sha256.0,
                host_calls: self.transcript.host_calls,
            },
            fuel: self.fuel,
        };
        Ok((common, Content::Opinion(Box::new(record))))
    }
}

impl From<&Spoken> for SpokenV1 {
    fn from(spoken: &Spoken) -> Self {
        let amount = |amount: Amount| AmountV1 {
            all: amount.all,
            excused: amount.excused,
        };
        Self {
            amounts: AmountsV1 {
                critical: amount(spoken.amounts.critical),
                error: amount(spoken.amounts.error),
                note: amount(spoken.amounts.note),
                warning: amount(spoken.amounts.warning),
            },
            document: spoken.document.into(),
            findings: spoken.listed.iter().map(ListedV1::from).collect(),
            vote: Word(spoken.vote),
        }
    }
}

impl TryFrom<SpokenV1> for Spoken {
    type Error = FormError;

    fn try_from(spoken: SpokenV1) -> Result<Self, FormError> {
        if spoken.findings.len() > LISTED_MAX {
            return Err(FormError::Field(format!("more than {LISTED_MAX} findings are listed")));
        }
        let amount = |amount: AmountV1| Amount {
            all: amount.all,
            excused: amount.excused,
        };
        Ok(Self {
            vote: spoken.vote.0,
            amounts: Amounts {
                note: amount(spoken.amounts.note),
                warning: amount(spoken.amounts.warning),
                error: amount(spoken.amounts.error),
                critical: amount(spoken.amounts.critical),
            },
            listed: spoken
                .findings
                .into_iter()
                .map(Listed::try_from)
                .collect::<Result<_, _>>()?,
            document: spoken.document.into(),
        })
    }
}

impl From<&Listed> for ListedV1 {
    fn from(listed: &Listed) -> Self {
        let (path, path_sha256, side, lines) = match &listed.place {
            None => (None, None, None, None),
            Some(Place::Path(at)) => (
                Some(Bounded(at.path.clone())),
                None,
                Some(at.side),
                Some((at.start_line, at.end_line)),
            ),
            Some(Place::PathDigest { side, path }) => (None, Some(Text(*path)), Some(*side), None),
        };
        Self {
            end_line: lines.map(|(_, end)| end),
            excuse: listed.excuse.as_ref().map(|excuse| match excuse {
                Excuse::Waived(id) => ExcuseV1::Waived(Bounded(id.clone())),
                Excuse::Warn => ExcuseV1::Warn,
                Excuse::Off => ExcuseV1::Off,
            }),
            line: lines.map(|(start, _)| start),
            message: Text(listed.message),
            path,
            path_sha256,
            rule: Bounded(listed.rule.clone()),
            severity: Word(listed.severity),
            side: side.map(Word),
        }
    }
}

impl TryFrom<ListedV1> for Listed {
    type Error = FormError;

    fn try_from(listed: ListedV1) -> Result<Self, FormError> {
        if !listed.severity.0.is_blocking() {
            return Err(FormError::Field(
                "only findings of severity error and critical are listed".to_owned(),
            ));
        }
        let place = match (
            listed.path,
            listed.path_sha256,
            listed.side,
            listed.line,
            listed.end_line,
        ) {
            (None, None, None, None, None) => None,
            (Some(Bounded(path)), None, Some(Word(side)), Some(start_line), Some(end_line)) => {
                Some(Place::Path(Location {
                    side,
                    path,
                    start_line,
                    end_line,
                }))
            }
            (None, Some(Text(path)), Some(Word(side)), None, None) => Some(Place::PathDigest { side, path }),
            _ => return Err(FormError::Field("a place is half there".to_owned())),
        };
        Ok(Self {
            rule: listed.rule.0,
            severity: listed.severity.0,
            place,
            excuse: listed.excuse.map(|excuse| match excuse {
                ExcuseV1::Waived(id) => Excuse::Waived(id.0),
                ExcuseV1::Warn => Excuse::Warn,
                ExcuseV1::Off => Excuse::Off,
            }),
            message: listed.message.0,
        })
    }
}
