//! The lines of source that findings are about, masked.

use assize_provenance::digest::Digest;
use assize_provenance::opinion::{Finding, Location, Side};

use crate::case::evidence::Evidence;
use crate::secret::{Suspicion, mask_line};

/// How much of a file is read to find a line of it, in bytes.
const SOURCE_BYTES_MAX: u32 = 1 << 20;
/// How much is read for the findings of one judge, in bytes. A judge may name thousands of places in large files.
const READ_BYTES_MAX: usize = 64 << 20;

/// Looks lines up in the case. The file that was read last is kept: findings mostly stand in the order of files.
pub(super) struct SourceLines<'a> {
    evidence: &'a Evidence,
    open: Option<OpenFile>,
    bytes_left: usize,
}

struct OpenFile {
    side: Side,
    path: String,
    lines: Vec<Vec<u8>>,
}

impl<'a> SourceLines<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        Self {
            evidence,
            open: None,
            bytes_left: READ_BYTES_MAX,
        }
    }

    /// The line a finding is about, masked. Nothing is shown of a line that cannot be read.
    pub(super) fn line(&mut self, finding: &Finding) -> Option<String> {
        let place = finding.location.as_ref().filter(|place| place.start_line > 0)?;
        let number = usize::try_from(place.start_line.checked_sub(1)?).ok()?;
        let line = self.file(place)?.lines.get(number)?;
        let text = String::from_utf8_lossy(line);
        let suspicion = if finding.rule.contains("secret") {
            Suspicion::Secret
        } else {
            Suspicion::Ordinary
        };
        Some(mask_line(text.trim_end().replace('\t', "    ").as_str(), suspicion))
    }

    fn file(&mut self, place: &Location) -> Option<&OpenFile> {
        let is_open = |open: &OpenFile| open.side == place.side && open.path == place.path;
        if !self.open.as_ref().is_some_and(is_open) {
            if self.bytes_left == 0 {
                return None;
            }
            let bytes = self.evidence.read(place.side, &place.path, 0, SOURCE_BYTES_MAX).ok()?;
            self.bytes_left = self.bytes_left.saturating_sub(bytes.len());
            self.open = Some(OpenFile {
                side: place.side,
                path: place.path.clone(),
                lines: bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect(),
            });
        }
        self.open.as_ref()
    }
}

/// What stays the same of a finding when lines above it come and go: a digest of its rule, its path and its masked line, or
/// its message where it has no path. The line counts without the blanks around it, so that indenting it changes nothing.
pub(super) fn fingerprint(finding: &Finding, line: Option<&str>) -> String {
    let path = finding.location.as_ref().map(|place| place.path.as_str());
    let rest = match path {
        Some(_) => line.unwrap_or_default().trim(),
        None => &finding.message,
    };
    // No part holds a line end: rules and paths cannot, and lines and messages come last.
    Digest::of(format!("{}\n{}\n{rest}", finding.rule, path.unwrap_or_default()).as_bytes()).to_string()
}
