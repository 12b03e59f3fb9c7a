//! What is asked for: the input, read and checked before any file is looked at.

use assize_agent::PathSet;
use assize_agent::field::{Complaint, Field};
use assize_agent::path::is_path;
use serde_json::Value;

/// How many patterns one list has at most.
const PATTERNS_MAX: usize = 256;
/// The file that is written unless the input names another.
const FILE: &str = "DEPENDENCIES.md";

/// Everything that is asked for.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// The file to write.
    pub(crate) file: &'a str,
    /// Nothing is written.
    pub(crate) is_dry_run: bool,
    /// What is not looked at.
    pub(crate) except: PathSet<'a>,
}

impl<'a> Job<'a> {
    /// Reads the input.
    pub(crate) fn parse(input: &'a Value) -> Result<Self, Complaint> {
        let job = Field::root(input).object(&["file", "dry_run", "except"])?;
        let file = match job.member("file") {
            Some(field) => {
                let text = field.text()?;
                if !is_path(text) {
                    return Err(
                        field.complain("must be the path of a file in the workspace, such as `DEPENDENCIES.md`")
                    );
                }
                text
            }
            None => FILE,
        };
        let mut except = PathSet::default();
        if let Some(list) = job.member("except") {
            for item in list.items(PATTERNS_MAX)? {
                let text = item.text()?;
                if !except.add(text) {
                    return Err(item.complain(&format!(
                        "`{text}` is no path pattern; they are written as in a policy: `*` within a part, `**` for any number of parts"
                    )));
                }
            }
        }
        Ok(Self {
            file,
            is_dry_run: job.flag("dry_run")?,
            except,
        })
    }
}
