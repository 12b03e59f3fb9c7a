//! The passphrase that protects private keys, and what is encrypted with it: an age file for one passphrase (scrypt).

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use age::scrypt;
use age::secrecy::SecretString;
use zeroize::Zeroizing;

use super::fault::KeyFault;
use crate::settings::{self, ASSIZE_KEYS_PASSPHRASE_FD};
use crate::vault::{memory, terminal};

/// The shortest passphrase that protects keys from now on, in bytes. Guessing is costly, and not impossible.
pub const PASSPHRASE_BYTES_MIN: usize = 8;
/// The longest one that is read, in bytes.
const PASSPHRASE_BYTES_MAX: u64 = 4 << 10;
/// How costly each guess is: 2 to the power of this, which takes 128 MiB and some tenths of a second.
const WORK_FACTOR: u8 = 17;
/// How costly a file may be that is opened: 1 GiB and a few seconds.
const WORK_FACTOR_MAX: u8 = 20;

/// What was typed or came from a descriptor in this process, where it was right: neither is asked twice.
static ANSWERED: Mutex<Option<Zeroizing<String>>> = Mutex::new(None);

/// Where a passphrase comes from.
#[derive(Clone, Default)]
pub(super) enum Source {
    /// A file descriptor or the environment, else whoever sits at the terminal.
    #[default]
    Asked,
    /// The caller.
    Given(Zeroizing<String>),
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Asked => "Asked",
            Self::Given(_) => "Given",
        })
    }
}

impl Source {
    /// The passphrase of keys that are protected already.
    pub(super) fn known(&self) -> Result<Zeroizing<String>, KeyFault> {
        match self {
            Self::Given(passphrase) => return Ok(passphrase.clone()),
            Self::Asked => {}
        }
        if let Some(answered) = ANSWERED.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(answered);
        }
        match set()? {
            Some(passphrase) => Ok(passphrase),
            None => ask("Passphrase of your keys: "),
        }
    }

    /// The passphrase that keys are to be protected with.
    pub(super) fn new_one(&self) -> Result<Zeroizing<String>, KeyFault> {
        let passphrase = match self {
            Self::Given(passphrase) => passphrase.clone(),
            Self::Asked => match set()? {
                Some(passphrase) => passphrase,
                None => {
                    let first = ask("A passphrase for your keys: ")?;
                    if first != ask("The same again: ")? {
                        return Err(KeyFault::UnfitPassphrase("the two that were typed differ".to_owned()));
                    }
                    first
                }
            },
        };
        if passphrase.len() < PASSPHRASE_BYTES_MIN {
            let reason = format!("it has less than {PASSPHRASE_BYTES_MIN} bytes");
            return Err(KeyFault::UnfitPassphrase(reason));
        }
        Ok(passphrase)
    }
}

/// What a descriptor or the environment holds.
fn set() -> Result<Option<Zeroizing<String>>, KeyFault> {
    match settings::keys_passphrase_fd() {
        Some(number) => from_descriptor(&number).map(Some),
        None => Ok(settings::keys_passphrase().map(Zeroizing::new)),
    }
}

/// Reads a descriptor to its end. What was read is kept for this process: a pipe gives it only once.
fn from_descriptor(number: &str) -> Result<Zeroizing<String>, KeyFault> {
    let wrong = |reason: &str| KeyFault::Unasked(format!("{ASSIZE_KEYS_PASSPHRASE_FD}={number} {reason}"));
    let number: u32 = number.parse().map_err(|_| wrong("is no number of a descriptor"))?;
    let mut answered = ANSWERED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answered) = answered.as_ref() {
        return Ok(answered.clone());
    }
    let file = File::open(PathBuf::from(format!("/dev/fd/{number}"))).map_err(|error| wrong(&error.to_string()))?;
    // Room for all of it at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(8 << 10));
    file.take(PASSPHRASE_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(&error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("does not hold UTF-8 text"))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let passphrase = Zeroizing::new(line.strip_suffix('\r').unwrap_or(line).to_owned());
    *answered = Some(passphrase.clone());
    Ok(passphrase)
}

fn ask(question: &str) -> Result<Zeroizing<String>, KeyFault> {
    if !terminal::is_there() {
        return Err(KeyFault::Unasked("nobody can be asked".to_owned()));
    }
    let answer = terminal::ask(question).map_err(|error| KeyFault::Unasked(error.to_string()))?;
    Ok(Zeroizing::new(answer))
}

/// Encrypts a seed with a passphrase, as age does, in text.
pub(super) fn seal(seed: &[u8; 32], passphrase: &str) -> Result<String, String> {
    let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(WORK_FACTOR);
    age::encrypt_and_armor(&recipient, seed).map_err(|error| error.to_string())
}

/// Opens what [`seal`] made, or what `age -p -a` made of 32 bytes.
pub(super) fn open(sealed: &str, source: &Source, path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFault> {
    memory::withhold().map_err(KeyFault::of_vault)?;
    let passphrase = source.known()?;
    let unreadable = |reason: String| KeyFault::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let mut opener = scrypt::Identity::new(SecretString::from(passphrase.as_str().to_owned()));
    opener.set_max_work_factor(WORK_FACTOR_MAX);
    let plain = match age::decrypt(&opener, sealed.as_bytes()) {
        Ok(plain) => Zeroizing::new(plain),
        Err(age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed) => {
            return Err(KeyFault::WrongPassphrase { path: path.to_owned() });
        }
        Err(error) => {
            let said = error.to_string();
            return Err(unreadable(said.lines().next().unwrap_or_default().to_owned()));
        }
    };
    let seed: [u8; 32] = plain
        .as_slice()
        .try_into()
        .map_err(|_| unreadable("what is encrypted in it is not 32 bytes".to_owned()))?;
    if matches!(source, Source::Asked) {
        *ANSWERED.lock().unwrap_or_else(PoisonError::into_inner) = Some(passphrase);
    }
    Ok(Zeroizing::new(seed))
}
