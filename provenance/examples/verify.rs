//! An auditor's own program: verifies every log of a repository with nothing of Assize but this crate.
//!
//! ```console
//! $ cargo run -p assize-provenance --features git --example verify -- REPOSITORY/.git ALLOWED_SIGNERS
//! ```

#![expect(clippy::print_stdout, reason = "a report is printed")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use assize_provenance::git::GitObjects;
use assize_provenance::key::allowed_signers;
use assize_provenance::report::Standing;
use assize_provenance::verify::{Remembered, verify};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(git_dir), Some(signers)) = (arguments.next(), arguments.next()) else {
        return Err("give the repository's .git folder and a file of allowed signers".into());
    };
    let keys = allowed_signers::parse(&std::fs::read_to_string(signers)?)?;
    let objects = GitObjects::open(&git_dir)?;
    let report = verify(&objects, &keys, &Remembered::nothing())?;
    for log in &report.logs {
        println!("{}: {} entries, root {}", log.ref_name, log.size, log.root);
        for (claim, standing) in &log.claims {
            println!("  {:<14} {}", claim.name(), standing.word());
            match standing {
                Standing::Refuted(faults) => faults
                    .iter()
                    .for_each(|fault| println!("    {}: {}", fault.code, fault.sentence)),
                Standing::NotCheckable(reason) => println!("    {reason}"),
                Standing::Proved => {}
            }
        }
    }
    for (log, decided) in report.decided() {
        println!(
            "{log} {}: {:?} by {}",
            decided.subject.head.commit,
            decided.answer(),
            decided.council
        );
    }
    println!("{:?}", report.overall());
    Ok(ExitCode::from(report.overall().exit_code()))
}
