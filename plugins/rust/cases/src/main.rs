//! Shows what the default judges say of the difference between two folders: `try-judges BASE HEAD`; or with `--slowest` which
//! rules they spend their time on.

use std::path::Path;
use std::process::ExitCode;

use assize_judge::evidence::Kind;
use assize_judge::{Case, Finding};
use cases::memory::{Entry, MemoryEvidence, Tree};
use cases::slowest::shares;

/// How often each judge is called to see what it spends its time on.
const CALLS: u32 = 101;
/// Rules with less are not named.
const SHARE_SHOWN_MIN: f64 = 0.01;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (show, base, head): (fn(&str, cases::Judge, &MemoryEvidence), _, _) = match arguments.as_slice() {
        [base, head] => (show, base, head),
        [flag, base, head] if flag == "--slowest" => (show_slowest, base, head),
        _ => {
            say("usage: try-judges [--slowest] BASE HEAD");
            return ExitCode::from(2);
        }
    };
    let trees = read_tree(Path::new(base)).and_then(|base| Ok((base, read_tree(Path::new(head))?)));
    match trees {
        Ok((base, head)) => {
            let evidence = MemoryEvidence::new(base, head);
            for (name, judge) in cases::JUDGES {
                show(name, judge, &evidence);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("cannot read the folders: {error}"));
            ExitCode::from(2)
        }
    }
}

fn show(name: &str, judge: cases::Judge, evidence: &MemoryEvidence) {
    let opinion = judge(&question(name), evidence);
    say(&format!("{name}: {:?}. {}", opinion.vote, opinion.rationale));
    for finding in &opinion.findings {
        say(&format!(
            "  {:?} {}{}: {}",
            finding.severity,
            finding.rule,
            place(finding),
            finding.message
        ));
    }
}

/// Names the rules that take more than a hundredth of a judge's own time.
fn show_slowest(name: &str, judge: cases::Judge, evidence: &MemoryEvidence) {
    let shares = shares(judge, &question(name), evidence, CALLS);
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let slow = shares.rules.iter().filter(|(_, share)| *share >= SHARE_SHOWN_MIN);
    let slow: Vec<String> = slow
        .map(|(rule, share)| format!("{rule} {}", percent(*share)))
        .collect();
    let (reading, rest) = (percent(shares.reading), percent(shares.rest));
    say(&format!(
        "  {name:<15} {}; reading {reading}, the rest {rest}",
        slow.join(", ")
    ));
}

fn question(judge: &str) -> Case {
    cases::format::Written::default().case(judge)
}

fn place(finding: &Finding) -> String {
    finding
        .location
        .as_ref()
        .map(|place| format!(" {}:{}", place.path, place.start_line))
        .unwrap_or_default()
}

fn read_tree(root: &Path) -> std::io::Result<Tree> {
    let mut tree = Tree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() && entry.file_name() != ".git" {
                folders.push(path);
            } else if kind.is_file() {
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                tree.insert(
                    name,
                    Entry {
                        kind: Kind::File,
                        bytes: std::fs::read(&path)?,
                    },
                );
            }
        }
    }
    Ok(tree)
}

#[expect(clippy::print_stdout, reason = "this program's answer")]
fn say(line: &str) {
    println!("{line}");
}
