//! Workflow files that are right and wrong, and the exact words that are said of the wrong ones.
//!
//! A file may say in its first lines what it is given: `#: NAME=VALUE`. Others may contain the workflows of
//! `tests/corpus/workflows/library`, and all are checked against its `policy.toml`. `ASSIZE_BLESS=1` writes the words that are
//! said now into the corpus.

use assize::cli::render::{self, Style};
use assize::plan::code::Code;
use assize::plan::shipped::SHIPPED;
use assize::plan::value::Type;
use assize::plan::{BYTES_MAX, Library, Plan, Refused, Setting, Workflow, form};
use assize::policy::Policy;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A terminal of 80 columns without colour.
const PLAIN: Style = Style {
    columns: 80,
    colour: false,
};

/// The corpus shows what is said of this file, and the file itself is built here: nobody wants to read 256 KiB.
const TOO_LARGE: &str = "W001-too-large";

/// One file of the corpus.
struct Sample {
    name: String,
    bytes: Vec<u8>,
}

/// What the files of the corpus are checked in.
struct Surroundings {
    library: Library,
    policy: Policy,
}

impl Surroundings {
    fn new() -> Self {
        let mut library = Library::default();
        for sample in samples(&folder("library")) {
            let workflow = Workflow::parse_bytes(&sample.name, &format!("library/{}.toml", sample.name), &sample.bytes);
            library.add(workflow.unwrap_or_else(|refused| panic!("{}", draw(&refused))));
        }
        let policy = fs::read_to_string(folder("policy.toml")).expect("the policy is there");
        Self {
            library,
            policy: Policy::parse("policy.toml", &policy).expect("the policy is right"),
        }
    }

    /// Goes all the way from bytes to a plan.
    fn plan(&self, name: &str, bytes: &[u8]) -> Result<Plan, Refused> {
        let workflow = Workflow::parse_bytes(name, &format!("{name}.toml"), bytes)?;
        workflow.check_links(&self.library, Some(&self.policy))?;
        let typed: Vec<(String, String)> = workflow
            .text()
            .lines()
            .map_while(|line| line.strip_prefix("#: "))
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let given = workflow.read_inputs(&typed)?;
        workflow.bind(
            &given,
            &Setting {
                default_council: self.policy.default_council(),
                mode: None,
                library: &self.library,
            },
        )
    }

    fn problems(&self, name: &str, bytes: &[u8]) -> Option<Refused> {
        self.plan(name, bytes).err()
    }

    /// The codes of everything that is wrong with a file.
    fn codes(&self, bytes: &[u8]) -> BTreeSet<&'static str> {
        let refused = self.problems("workflow", bytes);
        refused
            .iter()
            .flat_map(|refused| &refused.problems)
            .map(|problem| problem.code)
            .collect()
    }
}

#[test]
fn bad_files_are_refused_in_the_words_of_the_corpus() {
    let surroundings = Surroundings::new();
    let mut differences = Vec::new();
    for sample in bad() {
        let Some(refused) = surroundings.problems(&sample.name, &sample.bytes) else {
            panic!("{} is accepted", sample.name);
        };
        let drawn = draw(&refused);
        let golden = folder("bad").join(format!("{}.err", sample.name));
        if blesses() {
            fs::write(&golden, &drawn).expect("the corpus can be written");
        } else if fs::read_to_string(&golden).ok().as_ref() != Some(&drawn) {
            differences.push(format!("{}:\n{drawn}", golden.display()));
        }
    }
    assert!(
        differences.is_empty(),
        "other words than in the corpus:\n{}",
        differences.join("\n")
    );
}

#[test]
fn every_golden_text_has_its_file() {
    let names: BTreeSet<_> = bad().into_iter().map(|sample| sample.name).collect();
    let texts: BTreeSet<_> = named(&folder("bad"), "err").into_iter().map(|(name, _)| name).collect();
    assert_eq!(texts, names);
}

#[test]
fn bad_files_break_the_rule_they_are_named_after_and_no_other() {
    let surroundings = Surroundings::new();
    for sample in bad().into_iter().filter(|sample| !sample.name.starts_with("mixed-")) {
        let named = sample.name.split('-').next().unwrap_or_default();
        assert_eq!(
            surroundings.codes(&sample.bytes),
            BTreeSet::from([named]),
            "{}",
            sample.name
        );
    }
}

#[test]
fn every_rule_has_a_file_that_breaks_it() {
    let surroundings = Surroundings::new();
    let broken: BTreeSet<_> = bad()
        .iter()
        .flat_map(|sample| surroundings.codes(&sample.bytes))
        .collect();
    let rules: BTreeSet<_> = Code::ALL.iter().map(|code| code.id()).collect();
    assert_eq!(broken, rules);
}

#[test]
fn every_rule_is_cited_where_it_is_checked() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plan");
    let folders = ["", "authored", "check", "bind"].map(|folder| source.join(folder));
    let texts: String = folders
        .iter()
        .flat_map(|folder| named(folder, "rs"))
        .filter(|(name, _)| name != "code")
        .map(|(_, path)| fs::read_to_string(path).expect("a source file"))
        .collect();
    let comments: Vec<&str> = texts
        .lines()
        .filter_map(|line| line.split_once("//"))
        .map(|(_, text)| text)
        .collect();
    for code in Code::ALL {
        assert!(
            comments.iter().any(|comment| comment.contains(code.id())),
            "no comment cites {}",
            code.id()
        );
    }
}

#[test]
fn drawn_problems_fit_the_terminal() {
    let surroundings = Surroundings::new();
    for sample in bad() {
        let refused = surroundings.problems("workflow", &sample.bytes).expect("it is refused");
        for line in draw(&refused).lines() {
            assert!(line.chars().count() <= PLAIN.columns, "{}: {line}", sample.name);
        }
    }
}

#[test]
fn good_files_are_laid_out() {
    let surroundings = Surroundings::new();
    let files = samples(&folder("good"));
    assert!(files.len() >= 7, "the corpus has too few good files");
    for sample in files {
        let plan = surroundings.plan(&sample.name, &sample.bytes);
        let plan = plan.unwrap_or_else(|refused| panic!("{}", draw(&refused)));
        let bytes = form::encode(&plan).expect("every plan has a stored form");
        assert_eq!(form::decode(&bytes), Ok(plan), "{}", sample.name);
    }
}

#[test]
fn the_workflows_that_come_with_assize_are_right_and_say_what_they_are_for() {
    for shipped in SHIPPED {
        let workflow = shipped.parse().unwrap_or_else(|refused| panic!("{}", draw(&refused)));
        assert!(workflow.summary().ends_with('.'), "{}", shipped.name);
        for parameter in workflow.parameters() {
            assert!(parameter.summary.ends_with('.'), "{}: {}", shipped.name, parameter.name);
        }
        for choice in choices(&workflow) {
            let given = workflow.read_inputs(&choice).expect("values");
            let plan = workflow.bind(
                &given,
                &Setting {
                    default_council: "default",
                    mode: None,
                    library: &Library::default(),
                },
            );
            let plan = plan.unwrap_or_else(|refused| panic!("{choice:?}: {}", draw(&refused)));
            assert!(
                plan.tasks.iter().all(|node| !node.summary.is_empty()),
                "{}",
                shipped.name
            );
        }
    }
}

/// Every way to choose the truth values among the parameters of a workflow; its texts without a default are something.
fn choices(workflow: &Workflow) -> Vec<Vec<(String, String)>> {
    let mut choices = vec![Vec::new()];
    for parameter in workflow.parameters() {
        let values: &[&str] = match (parameter.kind, &parameter.default) {
            (Type::Boolean, _) => &["true", "false"],
            (_, None) => &["something"],
            (_, Some(_)) => continue,
        };
        choices = values
            .iter()
            .flat_map(|value| {
                let with = |choice: &Vec<(String, String)>| {
                    let mut choice = choice.clone();
                    choice.push((parameter.name.clone(), (*value).to_owned()));
                    choice
                };
                choices.iter().map(with).collect::<Vec<_>>()
            })
            .collect();
    }
    choices
}

#[test]
fn large_hostile_files_cost_little() {
    let fill = |piece: &str| piece.repeat((BYTES_MAX - 100) / piece.len());
    let numbered = |pieces: usize, piece: &dyn Fn(usize) -> String| (0..pieces).map(piece).collect::<String>();
    let shapes = [
        fill("["),
        fill("{"),
        fill("a."),
        fill("= = =\n"),
        format!("version = 1\n{}", numbered(15_000, &|n| format!("[x{n}]\n"))),
        format!("version = 1\n[tasks]\n{}", numbered(15_000, &|n| format!("x{n} = 1\n"))),
        format!("version = 1\n{}", numbered(9_000, &|n| format!("[tasks.t{n}]\n"))),
        format!(
            "version = 1\n[tasks.t]\nagent = \"a\"\nneeds = [{}]",
            numbered(255, &|n| format!("\"{n:0>900}\", "))
        ),
        // Everybody needs everybody.
        format!(
            "version = 1\n{}",
            numbered(250, &|n| {
                let needs = numbered(100, &|other| format!("\"t{other}\","));
                format!("[tasks.t{n}]\nagent = \"a\"\nneeds = [{needs}]\n")
            })
        ),
        // One long circle.
        format!(
            "version = 1\n{}",
            numbered(2_000, &|n| format!(
                "[tasks.t{n}]\nagent = \"a\"\nneeds = [\"t{}\"]\n",
                (n + 1) % 2_000
            ))
        ),
        // Everything is repeated, and could be a copy of everything.
        format!(
            "version = 1\n{}",
            numbered(2_000, &|n| format!(
                "[tasks.t-{n}]\nagent = \"a\"\nrepeat = 9\nneeds = [\"t\"]\n"
            ))
        ),
        format!(
            "version = 1\n[tasks.t]\nagent = \"a\"\ninputs = {{ {} }}",
            numbered(9_000, &|n| format!("k{n} = {{ output = \"x\" }}, "))
        ),
        format!(
            "version = 1\n[tasks.t]\nagent = \"a\"\ninputs.x = [{}]",
            fill("0.5, ").get(..200_000).unwrap_or_default()
        ),
        format!(
            "version = 1\n{}",
            numbered(4_000, &|n| format!(
                "[parameters.p{n}]\ntype = \"text\"\nchoices = [\"x\"]\n"
            ))
        ),
    ];
    let surroundings = Surroundings::new();
    let started = Instant::now();
    for (number, text) in shapes.iter().enumerate() {
        assert!(text.len() <= BYTES_MAX, "shape {number}");
        let refused = surroundings
            .problems("workflow", text.as_bytes())
            .expect("nothing here is a workflow");
        check_drawn(&draw(&refused), number);
    }
    // Some fourteen files take well under a second; what is quadratic in one of them takes minutes.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// Draws what is wrong with a file that need not be text.
fn draw(refused: &Refused) -> String {
    render::diagnostics(&refused.problems, &refused.text, PLAIN)
}

/// Holds that nothing was drawn that a terminal obeys.
fn check_drawn(drawn: &str, round: usize) {
    assert!(
        drawn
            .chars()
            .all(|character| character == '\n' || !character.is_control()),
        "round {round}: {drawn:?}"
    );
}

/// Returns every file that must be refused.
fn bad() -> Vec<Sample> {
    let mut bytes = b"version = 1\n".to_vec();
    bytes.resize(BYTES_MAX + 1, b'#');
    let mut all = samples(&folder("bad"));
    all.push(Sample {
        name: TOO_LARGE.to_owned(),
        bytes,
    });
    all
}

/// Returns the workflow files of a folder.
fn samples(folder: &Path) -> Vec<Sample> {
    let read = |(name, path)| Sample {
        name,
        bytes: fs::read(path).expect("the file can be read"),
    };
    named(folder, "toml").into_iter().map(read).collect()
}

/// Returns the names and paths of the files of a folder that have an extension, sorted.
fn named(folder: &Path, extension: &str) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            (
                path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                path,
            )
        })
        .collect();
    files.sort();
    files
}

/// Returns a file or folder of the corpus.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/corpus/workflows")
        .join(name)
}

/// Tells whether the corpus is to be rewritten.
fn blesses() -> bool {
    std::env::var_os("ASSIZE_BLESS").is_some_and(|value| value == "1")
}
