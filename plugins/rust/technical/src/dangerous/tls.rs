//! Checks of certificates and host names that are switched off: whoever stands between the two ends reads and changes
//! everything.

use assize_judge::Severity;
use assize_judge::language::Language;
use assize_judge::source::Source;
use assize_judge::words::{contains_word, find_ignoring_case, has_phrase};

use super::Danger;

/// How many lines of code above a switch may say that somebody asked for it.
const CONDITION_LINES: u32 = 6;

/// What speaks of somebody who asked for a connection without checks, in lower case.
const ASKED_FOR: [&str; 12] = [
    "insecure",
    "skip",
    "unverified",
    "no_verify",
    "noverify",
    "allow_invalid",
    "self_signed",
    "selfsigned",
    "self-signed",
    "trust_all",
    "debug",
    "localhost",
];

const OFF: Danger = Danger {
    severity: Severity::Error,
    message: "The check of the other end's certificate is switched off.",
    suggestion: "Leave the check on; for an own authority, hand over its certificate instead.",
};

const OFF_IN_SCRIPT: Danger = Danger {
    severity: Severity::Warning,
    ..OFF
};

/// The danger on a line, if there is one. Where somebody has to ask for it, as a tool's `--insecure` does, it is a warning.
pub(super) fn danger(source: &Source, line: u32) -> Option<Danger> {
    if source.language == Language::Shell {
        return in_script(source, line);
    }
    let certainty = switched_off(source, line)?;
    let severity = if certainty == Severity::Error && is_asked_for(source, line) {
        Severity::Warning
    } else {
        certainty
    };
    Some(Danger { severity, ..OFF })
}

/// How sure it is that a line switches a check off.
fn switched_off(source: &Source, line: u32) -> Option<Severity> {
    use Severity::{Error, Warning};
    let code = source.code_line(line);
    let text = source.line(line);
    let squeezed: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let has = |wanted: &str| squeezed.contains(wanted);
    let with_texts: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let is_code = !squeezed.is_empty();
    let found = match source.language {
        Language::Python if has("ssl._create_unverified_context(") => Error,
        Language::Python if has("verify=False") && contains_word(code, "verify") => of_python_request(source, line),
        Language::Python if has("=ssl.CERT_NONE") || has("check_hostname=False") || has("cert_reqs=ssl.CERT_NONE") => {
            Warning
        }
        Language::JavaScript | Language::TypeScript => {
            let is_environment = is_code
                && with_texts.contains("NODE_TLS_REJECT_UNAUTHORIZED=")
                && (with_texts.contains("='0'") || with_texts.contains("=\"0\"") || with_texts.contains("=0"));
            (has("rejectUnauthorized:false")
                || has("rejectUnauthorized=false")
                || has("strictSSL:false")
                || is_environment)
                .then_some(Error)?
        }
        Language::Go if has("InsecureSkipVerify:true") || has("InsecureSkipVerify=true") => Error,
        Language::Rust if has("danger_accept_invalid_certs(true)") || has("danger_accept_invalid_hostnames(true)") => {
            Error
        }
        Language::Rust if has("SslVerifyMode::NONE") => Warning,
        Language::C | Language::Cpp | Language::Php if is_curl_option_off(&squeezed) => Error,
        Language::Php
            if is_code
                && (with_texts.contains("verify_peer'=>false") || with_texts.contains("verify_peer\"=>false")) =>
        {
            Error
        }
        Language::Ruby if has("VERIFY_NONE") && !has("==") => Error,
        Language::Perl if has("SSL_verify_mode=>0") || has("SSL_VERIFY_NONE") || has("verify_hostname=>0") => Error,
        Language::CSharp if has("DangerousAcceptAnyServerCertificateValidator") => Error,
        Language::CSharp if is_callback(&squeezed) && has("=>true") => Error,
        Language::CSharp if is_callback(&squeezed) && has("{returntrue;}") => Error,
        Language::Java | Language::Kotlin | Language::Scala
            if has("ALLOW_ALL_HOSTNAME_VERIFIER") || has("NoopHostnameVerifier") || has("TrustAllStrategy") =>
        {
            if code.trim_start().starts_with("import") {
                return None;
            } else {
                Error
            }
        }
        Language::Java | Language::Kotlin if has("ostnameVerifier") && (has("->true")) => Error,
        Language::Dart if has("badCertificateCallback=") && has("=>true") => Error,
        _ => return None,
    };
    Some(found)
}

fn is_callback(squeezed: &str) -> bool {
    squeezed.contains("CertificateValidationCallback") || squeezed.contains("CertificateCustomValidationCallback")
}

/// `verify=False` belongs to a request where the names of the libraries that have it stand near; elsewhere it may be a
/// signature or a form that is not checked.
fn of_python_request(source: &Source, line: u32) -> Severity {
    let first = line.saturating_sub(CONDITION_LINES).max(1);
    let is_request = (first..=line).any(|near| {
        let code = source.code_line(near);
        has_phrase(
            code,
            &[
                "requests.",
                "httpx.",
                "session.",
                "http.get",
                "http.post",
                "asyncclient(",
            ],
        )
    });
    if is_request { Severity::Error } else { Severity::Note }
}

/// `CURLOPT_SSL_VERIFYPEER, 0` in C and PHP, or `=> false` in PHP's arrays.
fn is_curl_option_off(squeezed: &str) -> bool {
    ["CURLOPT_SSL_VERIFYPEER", "CURLOPT_SSL_VERIFYHOST"]
        .iter()
        .any(|option| {
            let after = squeezed.split_once(option).map_or("", |(_, after)| after);
            let value = after
                .strip_prefix(',')
                .or_else(|| after.strip_prefix("=>"))
                .unwrap_or_default();
            let ends = |rest: &str| !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
            ["0L", "0l", "0", "false", "FALSE", "False"]
                .iter()
                .any(|off| value.strip_prefix(off).is_some_and(ends))
        })
}

/// Tells whether the switch depends on something that people ask for: a condition or a name near it says so.
fn is_asked_for(source: &Source, line: u32) -> bool {
    let first = line.saturating_sub(CONDITION_LINES).max(1);
    (first..=line).any(|near| {
        let code = source.code_line(near);
        let is_switch = near == line;
        let opens = ["if", "elif", "when", "unless", "case", "switch", "match"]
            .iter()
            .any(|word| contains_word(code, word));
        let names = ASKED_FOR.iter().any(|phrase| {
            let at = find_ignoring_case(code, phrase);
            // The switch's own name speaks of it too.
            at.is_some() && !(is_switch && *phrase != "localhost")
        });
        opens
            || names
            || (is_switch && (code.contains('?') || has_phrase(source.line(line), &["localhost", "127.0.0.1"])))
    })
}

/// Downloads without checks in a shell script.
fn in_script(source: &Source, line: u32) -> Option<Danger> {
    let code = source.code_line(line);
    let text = source.line(line);
    let is_local = has_phrase(text, &["localhost", "127.0.0.1", "[::1]"]);
    let arguments = |tool: &str| -> Option<Vec<&str>> {
        contains_word(code, tool).then(|| code.split_whitespace().skip_while(|word| *word != tool).collect())
    };
    let is_short_k = |word: &&str| word.starts_with('-') && !word.starts_with("--") && word.contains('k');
    let by_curl =
        arguments("curl").is_some_and(|words| words.iter().any(|word| is_short_k(word) || *word == "--insecure"));
    let by_wget = arguments("wget").is_some_and(|words| words.contains(&"--no-check-certificate"));
    let by_git = code.contains("http.sslVerify=false") || code.contains("GIT_SSL_NO_VERIFY=");
    ((by_curl || by_wget || by_git) && !is_local).then_some(OFF_IN_SCRIPT)
}
