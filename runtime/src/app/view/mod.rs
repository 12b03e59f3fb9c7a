//! What every surface shows: plain values, ready to print or to serialise. The JSON form is a promise to scripts; each
//! object names its `schema`, and a change that breaks a reader is a new name.

pub mod agents;
pub mod audit;
pub mod decided;
pub mod durability;
pub mod hooks;
pub mod policies;
pub mod proofs;
pub mod review;
pub mod roots;
pub mod rules;
pub mod runs;
pub mod secrets;
mod source_lines;
pub mod verified;
pub mod waivers;
pub mod workflows;

use serde::Serialize;

/// What came of a review.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewView {
    /// `assize.review/1`.
    pub schema: &'static str,
    /// `approved`, `rejected` or `undecided`.
    pub verdict: &'static str,
    /// Why, as a sentence.
    pub because: String,
    /// What was judged.
    pub case: CaseView,
    /// Where the verdict stands in the chain; absent with `--no-record`.
    pub entry: Option<EntryView>,
    /// Who decided, and how.
    pub council: CouncilView,
    /// One for each seat, in the policy's order.
    pub opinions: Vec<OpinionView>,
    /// The appeal that this hearing answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal: Option<decided::AppealView>,
}

/// What was judged.
#[derive(Debug, Clone, Serialize)]
pub struct CaseView {
    /// SHA-256 of everything the verdict depends on, in hex.
    pub digest: String,
    /// The base commit; absent for a root commit.
    pub base: Option<String>,
    /// The head commit.
    pub head: String,
    /// The head commit's first line, masked: keys are committed in messages too.
    pub title: String,
    /// How many files changed.
    pub files: u64,
    /// How many lines were added.
    pub added_lines: u64,
    /// How many lines were removed.
    pub removed_lines: u64,
    /// The policy that was applied.
    pub policy: PolicyView,
}

/// The policy that was applied.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyView {
    /// `base`, `file` or `default`.
    pub source: &'static str,
    /// Its path in the base or on disk.
    pub path: Option<String>,
    /// SHA-256 of its text, in hex.
    pub digest: String,
    /// The risk tier.
    pub tier: u8,
}

/// Where a verdict stands.
#[derive(Debug, Clone, Serialize)]
pub struct EntryView {
    /// The entry's id: its RFC 6962 leaf hash, in hex.
    pub id: String,
    /// The log.
    pub log: String,
    /// Its position in the log, from 0.
    pub index: u64,
    /// How many entries the log has with it.
    pub size: u64,
    /// The ref that holds the log.
    pub r#ref: String,
    /// The commit it is sealed in; none while it waits for the next seal.
    pub commit: Option<String>,
    /// The council key that signed it.
    pub key: String,
    /// How safe it is.
    pub durability: durability::DurabilityView,
}

/// Who decided, and how.
#[derive(Debug, Clone, Serialize)]
pub struct CouncilView {
    /// Its name.
    pub name: String,
    /// `unanimous`, `majority` or `weighted`.
    pub rule: &'static str,
    /// How many must be heard.
    pub quorum: u32,
    /// How many were heard.
    pub heard: u32,
}

/// What one judge said.
#[derive(Debug, Clone, Serialize)]
pub struct OpinionView {
    /// The judge's name on the council.
    pub judge: String,
    /// SHA-256 of its component, in hex.
    pub component: String,
    /// `approve`, `reject` or `abstain`; absent where there is no opinion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vote: Option<&'static str>,
    /// Why there is no opinion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_opinion: Option<AbsenceView>,
    /// How the vote counted: `approve`, `reject`, `abstain` or `none`.
    pub effective: &'static str,
    /// The judge's own words.
    pub rationale: String,
    /// What it saw.
    pub findings: Vec<FindingView>,
    /// Units of fuel it used.
    pub fuel: u64,
    /// Lines it logged; shown with `-v`.
    #[serde(skip)]
    pub log: Vec<String>,
}

/// Why a judge has no opinion.
#[derive(Debug, Clone, Serialize)]
pub struct AbsenceView {
    /// A stable word, such as `trapped` or `fuel-exhausted`.
    pub reason: &'static str,
    /// What happened, for the person who debugs the judge.
    pub detail: String,
}

/// One thing a judge saw.
#[derive(Debug, Clone, Serialize)]
pub struct FindingView {
    /// The rule's id.
    pub rule: String,
    /// `note`, `warning`, `error` or `critical`.
    pub severity: &'static str,
    /// What was seen.
    pub message: String,
    /// The file, in the contract's escaped form.
    pub path: Option<String>,
    /// The first line, counted from 1; absent for a whole file.
    pub line: Option<u32>,
    /// The last line, where there is a first.
    #[serde(skip)]
    pub end_line: Option<u32>,
    /// Whether `path` and `line` mean the base instead of the head.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_base: bool,
    /// The waiver that excuses it.
    pub waived: Option<String>,
    /// The entry in which that was proposed, where people signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver_entry: Option<String>,
    /// The setting that excuses it: `warn` or `off`.
    pub setting: Option<&'static str>,
    /// What to do about it.
    pub suggestion: Option<String>,
    /// The line of source, masked; for people only.
    #[serde(skip)]
    pub source: Option<String>,
    /// What stays the same when lines above come and go: a digest of the rule, the path and the masked line, in hex.
    #[serde(skip)]
    pub fingerprint: String,
}

/// What `init` did.
#[derive(Debug, Clone, Serialize)]
pub struct InitView {
    /// `assize.init/1`.
    pub schema: &'static str,
    /// The policy file's path in the work tree.
    pub policy: &'static str,
    /// Whether it was written just now; otherwise it was there.
    pub policy_written: bool,
    /// Whether keys were made just now.
    pub keys_made: bool,
    /// Where keys and memory lie.
    pub home: String,
    /// The keys that sign from now on.
    pub keys: Vec<KeyView>,
}

/// The user's public keys.
#[derive(Debug, Clone, Serialize)]
pub struct KeysView {
    /// `assize.keys/1`.
    pub schema: &'static str,
    /// The keys, oldest first.
    pub keys: Vec<KeyView>,
}

/// One public key.
#[derive(Debug, Clone, Serialize)]
pub struct KeyView {
    /// `council`, `log` or `person`.
    pub role: &'static str,
    /// Its RFC 7638 thumbprint, as entries name it.
    pub id: String,
    /// Its fingerprint, as ssh-keygen prints it.
    pub fingerprint: String,
    /// When it was made, as RFC 3339.
    pub created: String,
    /// Whether it signs from now on.
    pub current: bool,
    /// Who keeps the private half: `file`, `passphrase`, `keyring`, `ssh-agent` or `signer`.
    pub kept: &'static str,
    /// It on one line, as OpenSSH writes it.
    pub openssh: String,
    /// Its line in an ALLOWED SIGNERS file.
    pub allowed_signers: String,
    /// It as a JWK.
    pub jwk: serde_json::Value,
}

/// The plugins that come with this binary.
#[derive(Debug, Clone, Serialize)]
pub struct PluginsView {
    /// `assize.plugins/1`.
    pub schema: &'static str,
    /// The plugins, by name.
    pub plugins: Vec<PluginView>,
}

/// One component.
#[derive(Debug, Clone, Serialize)]
pub struct PluginView {
    /// `assize.plugin/1`.
    pub schema: &'static str,
    /// The name it gives itself.
    pub name: String,
    /// The name under which the work tree pins it, where it does.
    pub pinned_as: Option<String>,
    /// The version it gives itself.
    pub version: String,
    /// What it says it does.
    pub summary: String,
    /// The world it fits.
    pub world: &'static str,
    /// SHA-256 of its bytes, in hex.
    pub component: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The host functions it imports, as permissions.
    pub imports: Vec<String>,
    /// Permissions without which it does not work.
    pub requires: Vec<String>,
    /// Permissions it uses where they are granted.
    pub wants: Vec<String>,
}

/// Judges held against labelled cases.
#[derive(Debug, Clone, Serialize)]
pub struct JudgeTestView {
    /// `assize.judge-test/1`.
    pub schema: &'static str,
    /// How many cases were heard.
    pub cases: u64,
    /// The sums, rule by rule.
    pub rules: Vec<RuleTallyView>,
    /// The cases that went otherwise than expected.
    pub wrong: Vec<WrongView>,
}

/// The sums of one rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleTallyView {
    /// The rule.
    pub rule: String,
    /// Expected findings that came.
    pub hits: u64,
    /// Expected findings that did not.
    pub misses: u64,
    /// Findings that nobody expected.
    pub false_alarms: u64,
}

/// A case that went otherwise than expected.
#[derive(Debug, Clone, Serialize)]
pub struct WrongView {
    /// Its file or folder.
    pub case: String,
    /// What it shows.
    pub summary: String,
    /// What is wrong with the vote.
    pub vote: Option<String>,
    /// Expected findings that did not come.
    pub misses: Vec<SightingView>,
    /// Findings that nobody expected.
    pub false_alarms: Vec<SightingView>,
}

/// A finding, as far as cases speak of it.
#[derive(Debug, Clone, Serialize)]
pub struct SightingView {
    /// The rule.
    pub rule: String,
    /// How much it weighs.
    pub severity: String,
    /// The file.
    pub path: Option<String>,
    /// The line; 0 for the whole file.
    pub line: u32,
}

/// Two judges before the same cases.
#[derive(Debug, Clone, Serialize)]
pub struct JudgeCompareView {
    /// `assize.judge-compare/1`.
    pub schema: &'static str,
    /// The first.
    pub one: TriedView,
    /// The second.
    pub other: TriedView,
    /// How many cases both heard.
    pub cases: u64,
    /// The cases where they differ.
    pub flips: Vec<FlipView>,
}

/// A judge on trial.
#[derive(Debug, Clone, Serialize)]
pub struct TriedView {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its component, in hex.
    pub component: String,
}

/// A case on which two judges differ.
#[derive(Debug, Clone, Serialize)]
pub struct FlipView {
    /// Its file or folder.
    pub case: String,
    /// What it shows.
    pub summary: String,
    /// The first's vote and the second's.
    pub votes: (String, String),
    /// Findings of the first only.
    pub gone: Vec<SightingView>,
    /// Findings of the second only.
    pub new: Vec<SightingView>,
}

/// The waivers of a work tree.
#[derive(Debug, Clone, Serialize)]
pub struct WaiversView {
    /// `assize.waivers/1`.
    pub schema: &'static str,
    /// Those in files, each by its file; then those that people signed, in the order of the log.
    pub waivers: Vec<WaiverView>,
}

/// One waiver.
#[derive(Debug, Clone, Serialize)]
pub struct WaiverView {
    /// `file`, or `entry` where people signed it.
    pub kind: &'static str,
    /// Its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its id.
    pub id: String,
    /// The rule it excuses.
    pub rule: String,
    /// The path patterns it is limited to.
    pub paths: Vec<String>,
    /// The last moment it excuses anything.
    pub expires: Option<String>,
    /// `in-force`, `proposed`, `expired`, `revoked` or `invalid`, now and for a change by somebody else than its approvers.
    pub worth: &'static str,
    /// What people signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<waivers::SignedView>,
    /// What is wrong with it: lines and sentences.
    pub problems: Vec<(u32, String)>,
}

/// A policy file without mistakes.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyCheckView {
    /// `assize.policy-check/1`.
    pub schema: &'static str,
    /// The file.
    pub file: String,
    /// SHA-256 of its text, in hex.
    pub digest: String,
    /// What it means, for people.
    pub summary: String,
}

/// Every entry of every log.
#[derive(Debug, Clone, Serialize)]
pub struct LogListView {
    /// `assize.log/1`.
    pub schema: &'static str,
    /// The entries, newest first within a log.
    pub entries: Vec<LogEntryView>,
}

/// One entry, in words. Nothing of it was checked.
#[derive(Debug, Clone, Serialize)]
pub struct LogEntryView {
    /// Its id: its RFC 6962 leaf hash, in hex.
    pub id: String,
    /// The log.
    pub log: String,
    /// Its position in the log, from 0.
    pub index: u64,
    /// `case`, `opinion`, `verdict` or `override`.
    pub kind: &'static str,
    /// When it was made, as RFC 3339.
    pub time: String,
    /// Who asked.
    pub actor: String,
    /// The case's digest, in hex.
    pub case: String,
    /// The head commit.
    pub head: String,
    /// The judge, for an opinion.
    pub judge: Option<String>,
    /// What it says, in a few words.
    pub about: String,
    /// The entry of the same case before it.
    pub previous: Option<String>,
    /// The key that signed it.
    pub key: String,
    /// How safe it is here: `durable` while it waits to be sealed, `sealed`, or `witnessed` where enough of the elected witnesses
    /// vouch for it.
    pub durability: &'static str,
}
