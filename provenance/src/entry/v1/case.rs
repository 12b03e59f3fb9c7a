//! A case's own fields.

use serde::{Deserialize, Serialize};

use super::FormError;
use super::statement::{ActorV1, CommonV1, GitDigest, Predicate};
use super::text::{Bounded, Text, Word};
use crate::digest::Digest;
use crate::entry::{
    Budget, Case, Component, Content, Counts, Document, EntryId, HearingId, Policy, PolicySource, RangeKind, SeatTerms,
    SettingTerms, Stored, TEXT_BYTES_MAX,
};
use crate::log_id::LogId;
use crate::pattern::PathPattern;
use crate::time::Time;
use crate::verdict::{Mode, Rule, RuleSetting, Seat, Waiver};

type Short = Bounded<TEXT_BYTES_MAX>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseV1 {
    actor: ActorV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    appeal: Option<Text<EntryId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<GitDigest>,
    briefing: Text<Digest>,
    budget: BudgetV1,
    council: CouncilV1,
    counts: CountsV1,
    diff_profile: Short,
    documents: Vec<DocumentV1>,
    engine_profile: Short,
    hearing: Text<HearingId>,
    log: Text<LogId>,
    manifest: StoredV1,
    messages: Text<Digest>,
    policy: PolicyV1,
    range: Word<RangeKind>,
    runtime_version: Short,
    settings: Vec<SettingV1>,
    time: Text<Time>,
    waivers: Vec<WaiverV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BudgetV1 {
    files_max: u64,
    lines_max: u64,
    tier: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CountsV1 {
    added_lines: u64,
    files: u64,
    removed_lines: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredV1 {
    bytes: u64,
    sha256: Text<Digest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentV1 {
    bytes: u64,
    name: Short,
    sha256: Text<Digest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<Bounded<4096>>,
    sha256: Text<Digest>,
    source: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CouncilV1 {
    name: Short,
    quorum: u32,
    rule: String,
    seats: Vec<SeatV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold_percent: Option<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeatV1 {
    component: ComponentV1,
    judge: Short,
    veto: bool,
    weight: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComponentV1 {
    name: Short,
    sha256: Text<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<Short>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingV1 {
    mode: Word<Mode>,
    parameters: Vec<ParameterV1>,
    paths: Vec<Text<PathPattern>>,
    rule: Short,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterV1 {
    name: Short,
    value: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<Text<EntryId>>,
    id: Short,
    paths: Vec<Text<PathPattern>>,
    rule: Short,
}

impl From<Stored> for StoredV1 {
    fn from(stored: Stored) -> Self {
        Self {
            bytes: stored.bytes,
            sha256: Text(stored.digest),
        }
    }
}

impl From<StoredV1> for Stored {
    fn from(stored: StoredV1) -> Self {
        Self {
            digest: stored.sha256.0,
            bytes: stored.bytes,
        }
    }
}

impl CaseV1 {
    pub(super) fn of(common: CommonV1, case: &Case) -> Self {
        Self {
            actor: common.actor,
            appeal: case.appeal.map(Text),
            base: case.base.map(GitDigest::from),
            briefing: Text(case.briefing),
            budget: BudgetV1 {
                files_max: case.budget.files_max,
                lines_max: case.budget.lines_max,
                tier: case.budget.tier,
            },
            council: CouncilV1::from(case),
            counts: CountsV1 {
                added_lines: case.counts.added_lines,
                files: case.counts.files,
                removed_lines: case.counts.removed_lines,
            },
            diff_profile: Bounded(case.diff_profile.clone()),
            documents: case.documents.iter().map(DocumentV1::from).collect(),
            engine_profile: Bounded(case.engine_profile.clone()),
            hearing: Text(case.hearing),
            log: common.log,
            manifest: case.manifest.into(),
            messages: Text(case.messages),
            policy: PolicyV1::from(&case.policy),
            range: Word(case.range),
            runtime_version: Bounded(case.runtime_version.clone()),
            settings: case.settings.iter().map(SettingV1::from).collect(),
            time: common.time,
            waivers: case.waivers.iter().map(|waiver| WaiverV1::of(waiver, case)).collect(),
        }
    }
}

impl Predicate for CaseV1 {
    fn into_domain(self) -> Result<(CommonV1, Content), FormError> {
        let case = self;
        let common = CommonV1 {
            actor: case.actor,
            log: case.log,
            time: case.time,
        };
        let rule = match (case.council.rule.as_str(), case.council.threshold_percent) {
            ("unanimous", None) => Rule::Unanimous,
            ("majority", None) => Rule::Majority,
            ("weighted", Some(threshold_percent)) => Rule::Weighted { threshold_percent },
            _ => return Err(FormError::Field("an unknown council rule".to_owned())),
        };
        let case = Case {
            hearing: case.hearing.0,
            base: case.base.map(Into::into),
            range: case.range.0,
            manifest: case.manifest.into(),
            counts: Counts {
                files: case.counts.files,
                added_lines: case.counts.added_lines,
                removed_lines: case.counts.removed_lines,
            },
            policy: case.policy.try_into()?,
            budget: Budget {
                tier: case.budget.tier,
                files_max: case.budget.files_max,
                lines_max: case.budget.lines_max,
            },
            council: case.council.name.0,
            seats: case.council.seats.into_iter().map(Into::into).collect(),
            quorum: case.council.quorum,
            rule,
            settings: case.settings.into_iter().map(Into::into).collect(),
            given: case.waivers.iter().filter_map(WaiverV1::given).collect(),
            waivers: case.waivers.into_iter().map(Into::into).collect(),
            appeal: case.appeal.map(|appeal| appeal.0),
            briefing: case.briefing.0,
            documents: case.documents.into_iter().map(Into::into).collect(),
            diff_profile: case.diff_profile.0,
            messages: case.messages.0,
            runtime_version: case.runtime_version.0,
            engine_profile: case.engine_profile.0,
        };
        Ok((common, Content::Case(Box::new(case))))
    }
}

impl From<&Case> for CouncilV1 {
    fn from(case: &Case) -> Self {
        let (rule, threshold_percent) = match case.rule {
            Rule::Unanimous => ("unanimous", None),
            Rule::Majority => ("majority", None),
            Rule::Weighted { threshold_percent } => ("weighted", Some(threshold_percent)),
        };
        Self {
            name: Bounded(case.council.clone()),
            quorum: case.quorum,
            rule: rule.to_owned(),
            seats: case.seats.iter().map(SeatV1::from).collect(),
            threshold_percent,
        }
    }
}

impl From<&SeatTerms> for SeatV1 {
    fn from(SeatTerms { seat, component }: &SeatTerms) -> Self {
        let component = ComponentV1 {
            name: Bounded(component.name.clone()),
            sha256: Text(component.digest),
            version: component.version.clone().map(Bounded),
        };
        Self {
            component,
            judge: Bounded(seat.judge.clone()),
            veto: seat.veto,
            weight: seat.weight,
        }
    }
}

impl From<SeatV1> for SeatTerms {
    fn from(
        SeatV1 {
            component,
            judge,
            veto,
            weight,
        }: SeatV1,
    ) -> Self {
        let version = component.version.map(|version| version.0);
        Self {
            seat: Seat {
                judge: judge.0,
                weight,
                veto,
            },
            component: Component {
                digest: component.sha256.0,
                name: component.name.0,
                version,
            },
        }
    }
}

impl From<&Policy> for PolicyV1 {
    fn from(policy: &Policy) -> Self {
        let (source, path) = match &policy.source {
            PolicySource::Base { path } => ("base", Some(path)),
            PolicySource::File { path } => ("file", Some(path)),
            PolicySource::Default => ("default", None),
        };
        Self {
            path: path.cloned().map(Bounded),
            sha256: Text(policy.digest),
            source: source.to_owned(),
        }
    }
}

impl TryFrom<PolicyV1> for Policy {
    type Error = FormError;

    fn try_from(policy: PolicyV1) -> Result<Self, FormError> {
        let source = match (policy.source.as_str(), policy.path) {
            ("base", Some(path)) => PolicySource::Base { path: path.0 },
            ("file", Some(path)) => PolicySource::File { path: path.0 },
            ("default", None) => PolicySource::Default,
            _ => return Err(FormError::Field("an unknown policy source".to_owned())),
        };
        Ok(Self {
            source,
            digest: policy.sha256.0,
        })
    }
}

impl From<&Document> for DocumentV1 {
    fn from(document: &Document) -> Self {
        let Stored { digest, bytes } = document.stored;
        Self {
            bytes,
            name: Bounded(document.name.clone()),
            sha256: Text(digest),
        }
    }
}

impl From<DocumentV1> for Document {
    fn from(document: DocumentV1) -> Self {
        Self {
            name: document.name.0,
            stored: Stored {
                digest: document.sha256.0,
                bytes: document.bytes,
            },
        }
    }
}

impl From<&SettingTerms> for SettingV1 {
    fn from(SettingTerms { setting, parameters }: &SettingTerms) -> Self {
        let parameter = |(name, value): &(String, u64)| ParameterV1 {
            name: Bounded(name.clone()),
            value: *value,
        };
        Self {
            mode: Word(setting.mode),
            parameters: parameters.iter().map(parameter).collect(),
            paths: setting.paths.iter().cloned().map(Text).collect(),
            rule: Bounded(setting.rule.clone()),
        }
    }
}

impl From<SettingV1> for SettingTerms {
    fn from(setting: SettingV1) -> Self {
        Self {
            parameters: setting
                .parameters
                .into_iter()
                .map(|parameter| (parameter.name.0, parameter.value))
                .collect(),
            setting: RuleSetting {
                rule: setting.rule.0,
                mode: setting.mode.0,
                paths: setting.paths.into_iter().map(|path| path.0).collect(),
            },
        }
    }
}

impl WaiverV1 {
    /// The entry that proposed it, by its id.
    fn given(&self) -> Option<(String, EntryId)> {
        self.entry.map(|entry| (self.id.0.clone(), entry.0))
    }

    fn of(waiver: &Waiver, case: &Case) -> Self {
        Self {
            entry: case.given.get(&waiver.id).copied().map(Text),
            id: Bounded(waiver.id.clone()),
            paths: waiver.paths.iter().cloned().map(Text).collect(),
            rule: Bounded(waiver.rule.clone()),
        }
    }
}

impl From<WaiverV1> for Waiver {
    fn from(waiver: WaiverV1) -> Self {
        Self {
            id: waiver.id.0,
            rule: waiver.rule.0,
            paths: waiver.paths.into_iter().map(|path| path.0).collect(),
        }
    }
}
