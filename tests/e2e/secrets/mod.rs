//! Secrets: kept, listed, sent where a grant says, and found nowhere else.

mod echo;
mod everywhere;
mod keeping;
pub(crate) mod keyring;
mod masking;

use std::io::Write;
use std::process::{Command, Stdio};

use assize::secret::{Masker, Value};
use assize_tests::bed::{Bed, Run, ran};

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A bus that nobody listens on, so that no keyring of whoever runs the tests is touched.
const NO_BUS: &str = "unix:path=/nowhere/bus";

/// A command in the world of a bed, away from every keyring.
fn command(bed: &Bed, arguments: &[&str]) -> Command {
    let mut command = bed.command(arguments);
    command.env("DBUS_SESSION_BUS_ADDRESS", NO_BUS);
    command
}

fn assize(bed: &Bed, arguments: &[&str]) -> Run {
    ran(&command(bed, arguments).output().expect("the binary under test starts"))
}

/// Runs a command that reads `input`.
fn fed(mut command: Command, input: &[u8]) -> Run {
    let mut running = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // What refuses its arguments reads nothing.
    drop(running.stdin.take().expect("an input").write_all(input));
    ran(&running.wait_with_output().expect("it ends"))
}

/// Keeps a secret in the encrypted file.
fn set(bed: &Bed, name: &str, value: &str) -> Run {
    fed(command(bed, &["secret", "set", name, "--in", "file"]), value.as_bytes())
}

/// What is searched for: the value and what it is made into by those who repeat it, worked out here and by the masker.
struct Sought {
    value: String,
    forms: Vec<Vec<u8>>,
    masker: Masker,
}

impl Sought {
    fn new(value: &str) -> Self {
        use base64::Engine as _;
        use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
        let bytes = value.as_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = bytes
            .iter()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(*byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect();
        let json = serde_json::to_string(value).expect("JSON");
        let mut forms = vec![
            bytes.to_vec(),
            hex.to_ascii_uppercase().into_bytes(),
            hex.into_bytes(),
            percent.replace("%20", "+").into_bytes(),
            percent.into_bytes(),
            json.trim_matches('"').as_bytes().to_vec(),
        ];
        for before in 0..3 {
            // Whole groups behind the first, so that nothing around the value matters.
            let shifted = [&b"xxx"[..before], bytes].concat();
            for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
                let whole = &encoded[4..shifted.len() / 3 * 4];
                forms.push(whole.as_bytes().to_vec());
            }
        }
        let as_value = Value::new(value.to_owned());
        Self {
            value: value.to_owned(),
            forms,
            masker: Masker::of([("sought", &as_value)].into_iter()),
        }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.place_in(bytes).is_some()
    }

    /// What stands around the first place where the value is.
    fn place_in(&self, bytes: &[u8]) -> Option<String> {
        let starts = self
            .forms
            .iter()
            .filter_map(|form| bytes.windows(form.len()).position(|window| window == form.as_slice()));
        let start = starts.min().or_else(|| {
            // The masker does not say where: it is where the shortest beginning ends that holds the value.
            let holds = |end: usize| self.masker.finds(&bytes[..end]);
            self.masker.finds(bytes).then(|| first(bytes.len(), holds))
        })?;
        let around = &bytes[start.saturating_sub(200)..bytes.len().min(start + 200)];
        Some(String::from_utf8_lossy(around).into_owned())
    }
}

/// The smallest number up to `max` for which `holds` does; it does for every larger one.
fn first(max: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, max);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
