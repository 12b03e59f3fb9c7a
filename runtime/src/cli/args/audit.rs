//! What may be typed of the chain and of the record.

use std::path::PathBuf;

use assize_provenance::report::Claim;
use clap::{Args, Subcommand, ValueEnum};

use super::durability::DurabilityArgs;
use super::{EntryFormat, Format};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// List what agents used and what they were refused, newest first.
    Access {
        /// Only what was refused.
        #[arg(long)]
        denied: bool,
        /// Only what happened within this time: a number and `s`, `m`, `h` or `d`.
        #[arg(long, value_name = "TIME", value_parser = duration)]
        since: Option<std::time::Duration>,
        /// Only what this agent did.
        #[arg(long, value_name = "AGENT")]
        agent: Option<String>,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        max: u32,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// List the entries of every log in this repository, as they are, unchecked.
    Log {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Print one entry.
    Show {
        /// The entry: the start of its id, or LOG:INDEX with the start of a log id and a position from 0.
        #[arg(value_name = "ENTRY")]
        entry: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = EntryFormat::Human)]
        format: EntryFormat,
    },
    /// Check every log of this repository: proved, refuted or not checkable, claim by claim.
    Verify(VerifyArgs),
    /// Run the judges of recorded verdicts again, and compare what they say with what is recorded, byte for byte.
    Replay {
        /// An entry of the case: the start of its id, or LOG:INDEX. Without one, every verdict.
        #[arg(value_name = "ENTRY")]
        entry: Option<String>,
        #[command(flatten)]
        supplied: SuppliedArgs,
        /// How to print the result.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Appeal against a verdict: sign that with your own key, and let the council hear the case again. What it says then supersedes
    /// what it said, and both stay in the log.
    Appeal(AppealArgs),
    /// List the verdicts that depended on something now known to be bad.
    Affected(AffectedArgs),
    /// Write the chain in a form that other programs read, line by line, to standard output.
    Export(ExportArgs),
    /// Elect the remote that the chain of this clone travels to and from, or print the one that is.
    Remote {
        /// Where: https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH or an absolute path. The repository's own configuration
        /// is not asked.
        #[arg(value_name = "URL")]
        url: Option<String>,
    },
    /// Fetch the logs of others from the elected remote. What is refuted, or does not continue what is here, is refused.
    Fetch {
        /// Fetch the documents beside the logs, too.
        #[arg(long)]
        evidence: bool,
        /// Fetch what the tasks of runs made, too, landed or not, with the history that it stands on.
        #[arg(long)]
        work: bool,
        #[command(flatten)]
        trust: TrustArgs,
        /// How to print what was done.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Push the logs of this clone to the elected remote. Nothing is forced.
    Push {
        /// Push the documents beside the logs, too: whole opinions, lists of changes, transcripts.
        #[arg(long)]
        evidence: bool,
        /// Push what the tasks of runs made, too, landed or not, with the history that it stands on.
        #[arg(long)]
        work: bool,
        #[command(flatten)]
        trust: TrustArgs,
        /// How to print what was done.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Erase the whole opinion of an entry, or the list of what changed of a case, from the evidence that is kept here. The
    /// entries and every proof stay.
    Erase {
        /// The entry: the start of its id, or LOG:INDEX.
        #[arg(value_name = "ENTRY")]
        entry: String,
    },
    /// Write one entry with the proof that it is in its log, as a file that anybody can check who has nothing else.
    Proof {
        /// The entry: the start of its id, or LOG:INDEX.
        #[arg(value_name = "ENTRY")]
        entry: String,
        /// Where to write it; standard output otherwise.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Only with the cosignatures of this witness. Several may be given; those that are kept otherwise.
        #[arg(long, value_name = "KEY")]
        witness: Vec<String>,
    },
    /// Check such a file, or the proof of a fork, without any repository.
    CheckProof {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        trust: TrustArgs,
        /// How to print the answer.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Hold a checkpoint that somebody else was shown against the log here. Where they contradict each other, that is a proof
    /// against whoever signed both.
    Fork {
        /// The checkpoint, as a file.
        #[arg(value_name = "FILE")]
        checkpoint: PathBuf,
        /// Where to write the proof.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        trust: TrustArgs,
        /// How to print the answer.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Have the newest checkpoints of the logs here cosigned by a witness, and keep what it signs; or elect the witnesses that are
    /// asked after every seal.
    Witness(SubmitArgs),
    /// Answer whether a change is approved, from the chain alone.
    Check {
        /// The change, as `review` takes it.
        #[arg(value_name = "REV", default_value = "HEAD")]
        revision: String,
        /// The council whose verdict is asked for; the policy's default otherwise.
        #[arg(long, value_name = "NAME")]
        council: Option<String>,
        #[command(flatten)]
        trust: TrustArgs,
        /// How to print the answer.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Exit 0 only if this claim is proved as well; may be given several times.
    #[arg(long, value_name = "CLAIM", value_parser = claim)]
    pub(crate) require: Vec<Claim>,
    /// Ask that so many of the trusted witnesses cosigned a log, and that it continues what they saw: exit 0 only then.
    #[arg(long, value_name = "K")]
    pub(crate) quorum: Option<usize>,
    /// Check only what came after this entry, or after so many entries, where the rest was proved here before: of that
    /// no signature is checked again. `last` is where it was proved last, for the same keys and by this version. A log that
    /// was not is checked whole.
    #[arg(long, value_name = "ENTRY|SIZE|last")]
    pub(crate) since: Option<String>,
    /// Run the judges of every verdict again and compare what they say with what is recorded.
    #[arg(long)]
    pub(crate) replay: bool,
    #[command(flatten)]
    pub(crate) supplied: SuppliedArgs,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct AppealArgs {
    /// The verdict: the start of its entry's id, or LOG:INDEX.
    #[arg(value_name = "VERDICT")]
    pub(crate) verdict: String,
    /// Why; it stays in the chain.
    #[arg(long = "reason", short = 'm', value_name = "TEXT")]
    pub(crate) reason: String,
    /// Whose key signs, where several people have one here: a holder of the root of trust, or a key's id or fingerprint.
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) person: Option<String>,
    /// A document that was given to the review. Each file is taken by its digest.
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Vec<PathBuf>,
    /// The policy that was given to the review.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) durability: DurabilityArgs,
    /// How to print the new verdict.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("culprit").required(true))]
pub(crate) struct AffectedArgs {
    /// A judge's component: its SHA-256, or 8 or more of its first digits.
    #[arg(long, value_name = "SHA256", group = "culprit")]
    pub(crate) component: Option<String>,
    /// A policy: its SHA-256, or 8 or more of its first digits.
    #[arg(long, value_name = "SHA256", group = "culprit")]
    pub(crate) policy: Option<String>,
    /// A version of Assize.
    #[arg(long, value_name = "VERSION", group = "culprit")]
    pub(crate) runtime: Option<String>,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The form.
    #[arg(long, value_enum)]
    pub(crate) format: ExportForm,
    /// Only the log whose id starts so.
    #[arg(long, value_name = "LOG")]
    pub(crate) log: Option<String>,
    /// With `vsa`: what whoever reads the summaries knows the commits by; otherwise `git:commit:ID`.
    #[arg(long, value_name = "URI")]
    pub(crate) resource: Option<String>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

/// What the repository does not hold, for running judges again. Each file is taken by its digest.
#[derive(Debug, Args)]
pub(crate) struct SuppliedArgs {
    /// A judge's component that came with another version of Assize.
    #[arg(long, value_name = "FILE")]
    pub(crate) component: Vec<PathBuf>,

    /// A document that was given to a review.
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Vec<PathBuf>,

    /// A policy that was given to a review, or that came with another version of Assize.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
}

/// The forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// Every entry as a compact JWS (RFC 7515).
    Jws,
    /// Every verdict and override as a DSSE envelope, for in-toto tools.
    Dsse,
    /// Every verdict as a verification summary of SLSA, in a DSSE envelope that your council key signs.
    Vsa,
    /// Every entry with its place, as canonical JSON (RFC 8785).
    Json,
    /// Every entry as a row of a table (RFC 4180).
    Csv,
    /// The newest checkpoint of each log, a signed note of C2SP.
    Note,
    /// For ssh-keygen and git: the keys that the pinned root of trust lets sign, else the trusted keys that signed what is here.
    AllowedSigners,
}

/// Reads the name of a claim.
fn claim(text: &str) -> Result<Claim, String> {
    let names: Vec<&str> = Claim::ALL.iter().map(|claim| claim.name()).collect();
    let found = Claim::ALL.into_iter().find(|claim| claim.name() == text);
    found.ok_or_else(|| format!("the claims are {}", names.join(", ")))
}

#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Trust the public keys in this file besides your own (`key list` prints such files in every format).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,

    /// Trust the keys in this file, in ssh-keygen's ALLOWED SIGNERS format.
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Vec<PathBuf>,

    /// Go by the root of trust whose version 1 has this SHA-256 digest; DIGEST@VERSION takes no older version. Without it
    /// `ASSIZE_PIN` counts, else what `root pin` remembered for this clone.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) pin: Option<String>,
    /// Trust this witness: its key as it prints it. What it cosigned, the log must still hold.
    #[arg(long, value_name = "KEY")]
    pub(crate) witness: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ElectVerb {
    /// List the witnesses that are elected for this clone, and how many of them must vouch.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Elect a witness: it is asked after every seal, and trusted by `audit verify` here.
    Add {
        /// Where it is reached: `https://` and what stands before `/add-checkpoint`.
        #[arg(value_name = "URL")]
        url: String,
        /// Its key, as it prints it.
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Elect a witness no more. What it cosigned stays.
    Remove {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Say how many of the witnesses must vouch before an entry counts as witnessed; all of them otherwise.
    Quorum {
        /// How many.
        #[arg(value_name = "K")]
        needed: usize,
    },
    /// Ask every elected witness now.
    Ask {
        /// Only about this log: the start of its id.
        #[arg(long, value_name = "LOG")]
        log: Option<String>,
        /// How to print what came of it.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SubmitArgs {
    #[command(subcommand)]
    pub(crate) verb: Option<ElectVerb>,

    /// Where the witness is reached: `https://` and what stands before `/add-checkpoint`. Without it, prints the keys of the logs
    /// here, for the witness's list.
    #[arg(value_name = "URL", requires = "witness")]
    pub(crate) url: Option<String>,

    /// The witness's key, as it prints it.
    #[arg(long, value_name = "KEY", requires = "url")]
    pub(crate) witness: Option<String>,

    /// Only this log: the start of its id.
    #[arg(long, value_name = "LOG")]
    pub(crate) log: Option<String>,

    /// How to print what came of it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessArgs {
    /// The file with the keys of the logs that are witnessed, one `NAME+HASH+BASE64` on each line.
    #[arg(long, value_name = "FILE")]
    pub(crate) logs: PathBuf,

    /// The address and port to listen on. TLS is for a server in front of it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7380")]
    pub(crate) listen: std::net::SocketAddr,

    /// The witness's own folder: its key, and what it cosigned. `witness` in your home of Assize otherwise.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,

    /// The witness's name, unique in the world, such as `witness.example/w1`. Needed once.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Reads a time such as `60m`.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let seconds_of = |unit| match unit {
        's' => Some(1_u64),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    let parsed = text.chars().next_back().and_then(|unit| {
        let number: u64 = text.get(..text.len() - unit.len_utf8())?.parse().ok()?;
        number.checked_mul(seconds_of(unit)?)
    });
    let seconds = parsed.filter(|seconds| (1..=3_155_760_000).contains(seconds));
    seconds
        .map(std::time::Duration::from_secs)
        .ok_or_else(|| "write a number and `s`, `m`, `h` or `d`, such as 60m; at most 100 years".to_owned())
}
