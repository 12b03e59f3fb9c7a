//! What may be typed of workflows.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowVerb {
    /// Check workflows; all of the work tree's `.assize/workflows/` if none is named.
    Check {
        /// Names of workflows, or files.
        #[arg(value_name = "NAME|FILE")]
        names: Vec<String>,
        /// Look agents and councils up in this policy file instead of the committed one.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// How to print what they are.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Lay out the plan of a workflow: its tasks, the critical path, the slack of each task.
    Plan {
        /// The workflow: a name, or a file.
        #[arg(value_name = "NAME|FILE")]
        name: String,
        /// The value of a parameter; texts as they stand, everything else as JSON.
        #[arg(long = "input", value_name = "NAME=VALUE", value_parser = input)]
        inputs: Vec<(String, String)>,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Draw the plan of a workflow.
    Graph {
        /// The workflow: a name, or a file.
        #[arg(value_name = "NAME|FILE")]
        name: String,
        /// The value of a parameter; texts as they stand, everything else as JSON.
        #[arg(long = "input", value_name = "NAME=VALUE", value_parser = input)]
        inputs: Vec<(String, String)>,
        /// What to draw it as.
        #[arg(long = "as", value_name = "FORM", value_enum, default_value_t = DrawingArg::Text)]
        drawing: DrawingArg,
        /// How to print it; the drawing itself, or inside of a JSON object.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// List the workflows of the work tree and those that come with Assize.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

/// What a plan is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DrawingArg {
    /// Layer by layer, one line for each task.
    Text,
    /// SVG, for browsers.
    Svg,
}

/// Takes `NAME=VALUE` apart.
pub(crate) fn input(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write the name of a parameter, `=`, and its value".to_owned()),
    }
}
