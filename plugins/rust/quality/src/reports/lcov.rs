//! lcov's tracefiles, as geninfo(1) describes them: `SF:` begins a file, `DA:` is a line with its count, `LF:`/`LH:` and
//! `BRF:`/`BRH:` are sums over lines and branches, `end_of_record` ends the file.

use crate::coverage::Coverage;

/// Tells whether a text is a tracefile, by the first line that says something.
pub(crate) fn is_one(text: &str) -> bool {
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("TN:") || line.starts_with("SF:"))
}

/// Reads a tracefile into `coverage`.
pub(crate) fn parse(text: &str, coverage: &mut Coverage) -> Result<(), String> {
    let mut is_in_record = false;
    let mut lines = Sum::default();
    let mut branches = Sum::default();
    for (number, line) in (1_u64..).zip(text.lines()) {
        let line = line.trim();
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let wrong = || format!("line {number} is no line of a tracefile");
        match key {
            "SF" => {
                is_in_record = true;
                coverage.begin(value);
            }
            "DA" => {
                let mut parts = value.split(',');
                let at: u32 = parts.next().and_then(|part| part.parse().ok()).ok_or_else(wrong)?;
                // Compilers are known to write counts below zero.
                let hits: i64 = parts.next().and_then(|part| part.parse().ok()).ok_or_else(wrong)?;
                coverage.line(at, hits > 0);
                lines.count(hits > 0);
            }
            "LF" => lines.said_found = Some(value.parse().map_err(|_| wrong())?),
            "LH" => lines.said_hit = Some(value.parse().map_err(|_| wrong())?),
            "BRF" => branches.said_found = Some(value.parse().map_err(|_| wrong())?),
            "BRH" => branches.said_hit = Some(value.parse().map_err(|_| wrong())?),
            "BRDA" => branches.count(!matches!(value.rsplit(',').next(), Some("-" | "0"))),
            "end_of_record" => {
                is_in_record = false;
                coverage.add_lines(lines.found(), lines.hit());
                coverage.add_branches(branches.found(), branches.hit());
                (lines, branches) = (Sum::default(), Sum::default());
            }
            _ => {}
        }
    }
    if is_in_record {
        return Err("it ends in the middle of a file's record".to_owned());
    }
    Ok(())
}

/// How many of something there are and how many ran: as counted, or as the record itself says.
#[derive(Default)]
struct Sum {
    counted: u64,
    counted_hit: u64,
    said_found: Option<u64>,
    said_hit: Option<u64>,
}

impl Sum {
    fn count(&mut self, is_hit: bool) {
        self.counted = self.counted.saturating_add(1);
        self.counted_hit = self.counted_hit.saturating_add(u64::from(is_hit));
    }

    fn found(&self) -> u64 {
        self.said_found.unwrap_or(self.counted)
    }

    fn hit(&self) -> u64 {
        self.said_hit.unwrap_or(self.counted_hit)
    }
}
