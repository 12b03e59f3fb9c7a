//! `technical/binary-file`: contents that nobody can review as text.
//!
//! Pictures, fonts and documents are ordinary; programs and archives are worth a second look, and a source file with NUL
//! bytes most of all.

use assize_judge::evidence::{Change, Form, Kind};
use assize_judge::findings::finding;
use assize_judge::language::Language;
use assize_judge::{Evidence, Findings, Severity, Side, path};

const RULE: &str = "technical/binary-file";

/// How many bytes tell what a file is.
const MAGIC_BYTES: u32 = 16;

/// What kind of binary a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    Program,
    Archive,
    Media,
    Unknown,
}

/// Looks at one file that came in as a binary, or became one.
pub(crate) fn check(change: &Change, evidence: &dyn Evidence, findings: &mut Findings) {
    let Some(head) = change
        .head
        .as_ref()
        .filter(|head| matches!(head.kind, Kind::File | Kind::Executable))
    else {
        return;
    };
    if change.form != Form::Binary || head.bytes == 0 {
        return;
    }
    if Language::of(&change.path).is_some() {
        let message = "The name says source code, but NUL bytes stand in the contents.";
        let found = finding(RULE, Severity::Warning, message).at(&change.path, 0);
        return findings.report(found.suggesting("Save it as UTF-8 text, or give it the name of what it is."));
    }
    if change.base.is_some() {
        return;
    }
    let magic = match evidence.read(Side::Head, &change.path, 0, MAGIC_BYTES) {
        Ok(magic) => magic,
        Err(refusal) => return findings.report_unseen(RULE, &change.path, &refusal),
    };
    let (severity, message, suggestion) = match matter(&magic, &change.path) {
        Matter::Program => (
            Severity::Warning,
            "A compiled program is added, which nobody can review.",
            "Add its source and build it, or fetch it by digest where it is needed.",
        ),
        Matter::Archive => (
            Severity::Warning,
            "An archive is added, whose contents no change will show.",
            "Add what is inside, or fetch it by digest where it is needed.",
        ),
        Matter::Media => return,
        Matter::Unknown => (
            Severity::Note,
            "A binary file of an unknown kind is added.",
            "Say in the change what it is and where it comes from.",
        ),
    };
    findings.report(
        finding(RULE, severity, message)
            .at(&change.path, 0)
            .suggesting(suggestion),
    );
}

fn matter(magic: &[u8], file: &str) -> Matter {
    const PROGRAMS: [&[u8]; 9] = [
        b"\x7fELF",
        b"MZ",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\0asm",
        b"!<arch>\n",
    ];
    const ARCHIVES: [&[u8]; 8] = [
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ\0",
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!",
        b"\x28\xb5\x2f\xfd",
        b"\x04\x22\x4d\x18",
    ];
    const MEDIA: [&[u8]; 16] = [
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"RIFF",
        b"%PDF",
        b"wOFF",
        b"wOF2",
        b"OTTO",
        b"\0\x01\0\0",
        b"OggS",
        b"ID3",
        b"\0\0\x01\0",
        b"fLaC",
        b"BM",
        b"\x1aE\xdf\xa3",
        b"II*\0",
    ];
    const DOCUMENTS: [&str; 12] = [
        "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "sketch", "fig", "mo", "ico", "icns",
    ];
    let starts = |kinds: &[&[u8]]| kinds.iter().any(|kind| magic.starts_with(kind));
    let extension = path::extension(file).to_ascii_lowercase();
    if starts(&PROGRAMS)
        || matches!(
            extension.as_str(),
            "exe" | "dll" | "so" | "dylib" | "pyc" | "class" | "o" | "jar" | "war"
        )
    {
        Matter::Program
    } else if starts(&MEDIA) || DOCUMENTS.contains(&extension.as_str()) || magic.get(4..8) == Some(b"ftyp") {
        Matter::Media
    } else if starts(&ARCHIVES) || matches!(extension.as_str(), "zip" | "tar" | "gz" | "tgz" | "rar" | "7z") {
        Matter::Archive
    } else {
        Matter::Unknown
    }
}
