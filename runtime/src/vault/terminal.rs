//! Asking the person at the terminal for what must not be seen.

use std::io::{self, IsTerminal};

/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Whether somebody types on standard input.
#[must_use]
pub fn is_there() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a line that is not shown while it is typed.
///
/// # Errors
///
/// When there is no terminal to ask on, or nobody answers.
pub fn ask(question: &str) -> io::Result<String> {
    let answer = rpassword::prompt_password(question)?;
    if answer.len() > ANSWER_BYTES_MAX {
        return Err(io::Error::other("the answer is too long"));
    }
    Ok(answer)
}
