//! What one try of a hostile guest came to, and whether that is the host holding.

use assize_provenance::opinion::Absence;
use serde_json::Value;

use crate::outcome::{Access, Outcome, Outing};
use crate::sandbox::{Account, Done};

/// How much of an answer a report shows, in bytes.
const SHOWN_BYTES_MAX: usize = 200;

/// One try.
#[derive(Debug)]
pub(super) struct Tried {
    /// How the call ended.
    pub(super) outcome: Outcome<Done>,
    /// What the host answered to each step, where the guest lived to tell.
    pub(super) answers: Vec<Value>,
    /// The uses of powers that were recorded.
    pub(super) accesses: Vec<Access>,
    /// What was done outside, as it was recorded.
    pub(super) outings: Vec<String>,
    /// How many log lines were kept, and how many dropped.
    pub(super) log_lines: u64,
    pub(super) log_dropped: u64,
    /// How many bytes of output were dropped.
    pub(super) output_dropped: u64,
    /// How many host functions were called.
    pub(super) host_calls: u64,
    /// Bytes of all log lines that were kept.
    pub(super) log_bytes: u64,
}

impl Tried {
    pub(super) fn new(account: Account<Done>) -> Self {
        let answers = match &account.outcome {
            Outcome::Finished(done) => match serde_json::from_str(&done.output) {
                Ok(Value::Array(answers)) => answers,
                Ok(answer) => vec![answer],
                Err(_) => Vec::new(),
            },
            Outcome::Ended(..) => Vec::new(),
        };
        Self {
            outcome: account.outcome,
            answers,
            accesses: account.accesses,
            outings: account.outings.iter().map(described).collect(),
            log_lines: account.log.len() as u64,
            log_dropped: account.log_dropped,
            output_dropped: account.output_bytes_dropped,
            host_calls: account.host_calls,
            log_bytes: account.log.iter().map(|line| line.message.len() as u64).sum(),
        }
    }

    /// How the call ended, in a few words.
    pub(super) fn end(&self) -> String {
        match &self.outcome {
            Outcome::Finished(_) => format!("it finished: {}", shown(&self.answers)),
            Outcome::Ended(absence, detail) => format!("{}: {detail}", word(*absence)),
        }
    }

    /// What the command of this step printed, line by line.
    pub(super) fn lines(&self, step: usize) -> Result<Vec<String>, String> {
        let answer = self
            .told()?
            .get(step)
            .and_then(|answer| answer.pointer("/ok/stdout/text"));
        match answer.and_then(Value::as_str) {
            Some(text) => Ok(text.lines().map(ToOwned::to_owned).collect()),
            None => Err(self.end()),
        }
    }

    /// Fails where the first step ran no command: then nothing was attacked.
    pub(super) fn must_have_run(&self) -> Result<(), String> {
        let end = self.told()?.first().and_then(|answer| answer.pointer("/ok/end"));
        end.map(drop).ok_or_else(|| self.end())
    }

    /// The answers, where the guest lived to tell them.
    fn told(&self) -> Result<&[Value], String> {
        match &self.outcome {
            Outcome::Finished(_) if self.answers.is_empty() => Err("it told no answers".into()),
            Outcome::Finished(_) => Ok(&self.answers),
            Outcome::Ended(..) => Err(self.end()),
        }
    }

    /// Held when every step was refused, whatever the kind of refusal.
    pub(super) fn all_refused(&self) -> Result<String, String> {
        let answers = self.told()?;
        match answers.iter().find(|answer| kind(answer).is_none()) {
            Some(answer) => Err(format!("a step was not refused: {}", cut(&answer.to_string()))),
            None => Ok(format!("refused: {}", kinds(answers))),
        }
    }

    /// Held when every step was refused as one of these kinds.
    pub(super) fn all_refused_as(&self, allowed: &[&str]) -> Result<String, String> {
        let answers = self.told()?;
        let fits = |answer: &&Value| kind(answer).is_some_and(|kind| allowed.contains(&kind));
        match answers.iter().find(|answer| !fits(answer)) {
            Some(answer) => Err(format!("a step was answered otherwise: {}", cut(&answer.to_string()))),
            None => Ok(format!("refused: {}", kinds(answers))),
        }
    }

    /// Held when the last step ended in this kind of refusal, or the whole call in the host's limit of calls.
    pub(super) fn bounded_by(&self, wanted: &str) -> Result<String, String> {
        match &self.outcome {
            Outcome::Ended(Absence::HostLimit, _) => Ok(self.end()),
            Outcome::Ended(..) => Err(self.end()),
            Outcome::Finished(_) => match self.answers.last() {
                Some(answer) if kind(answer) == Some(wanted) => Ok(format!("refused: {}", says(answer))),
                answer => Err(format!("it was not stopped: {answer:?}")),
            },
        }
    }

    /// Held when the call ended for one of these reasons.
    pub(super) fn ended_as(&self, allowed: &[Absence]) -> Result<String, String> {
        match &self.outcome {
            Outcome::Ended(absence, _) if allowed.contains(absence) => Ok(self.end()),
            _ => Err(self.end()),
        }
    }

    /// Held whatever the answers are, as long as the guest lived to tell them.
    pub(super) fn answered(&self) -> Result<String, String> {
        self.told().map(|answers| match kinds(answers) {
            kinds if kinds.is_empty() => "answered".to_owned(),
            kinds => format!("answered: {kinds}"),
        })
    }
}

/// An outing, as its record says it.
fn described(outing: &Outing) -> String {
    match outing {
        Outing::Command(command) => format!("{} {} {}", command.dir, command.command, command.outcome),
        Outing::Request(request) => format!(
            "{} {}{} {} {}",
            request.method,
            request.origin,
            request.path,
            request.secrets.join(" "),
            request.outcome
        ),
    }
}

/// The kind of a refusal.
pub(super) fn kind(answer: &Value) -> Option<&str> {
    answer.get("refused").and_then(Value::as_str)
}

/// What a refusal says.
fn says(answer: &Value) -> String {
    let says = answer.get("says").or_else(|| answer.get("last")?.get("says"));
    cut(says.and_then(Value::as_str).unwrap_or_default())
}

/// The kinds of answers, each once, with the first refusal's words.
fn kinds(answers: &[Value]) -> String {
    let mut kinds: Vec<&str> = answers.iter().map(|answer| kind(answer).unwrap_or("ok")).collect();
    kinds.sort_unstable();
    kinds.dedup();
    match answers.iter().find(|answer| kind(answer).is_some()) {
        Some(answer) => format!("{} ({})", kinds.join(", "), says(answer)),
        None => kinds.join(", "),
    }
}

fn shown(answers: &[Value]) -> String {
    cut(&Value::from(answers.to_vec()).to_string())
}

/// A text that fits a report.
pub(super) fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(SHOWN_BYTES_MAX);
    let rest = if end < text.len() { "…" } else { "" };
    format!("{}{rest}", text.get(..end).unwrap_or_default())
}

fn word(absence: Absence) -> &'static str {
    match absence {
        Absence::Unusable => "unusable",
        Absence::Trapped => "trapped",
        Absence::FuelExhausted => "out of fuel",
        Absence::TimedOut => "timed out",
        Absence::MemoryExhausted => "out of memory",
        Absence::HostLimit => "at a host limit",
        Absence::Malformed => "malformed",
        Absence::Faulted => "faulted",
    }
}
