//! `assize review --format sarif|junit|markdown|github` on a change with everything in it: what other programs read is held
//! against their schemas by validators that know nothing of Assize.

use std::fs;
use std::path::{Path, PathBuf};

use assize_provenance::opinion::{Finding, Location, Opinion, Severity, Side, Vote};
use assize_tests::bed::{Bed, Edit, Run};
use assize_tests::{guests, seats, tools};

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A text that would end or begin something in each of the formats.
const HOSTILE: &str = "<a href=\"x\">&amp;'\n::error::x %0A ]]> {0} [t](1) | ` @all";

/// A bed whose newest commit is judged by a judge that finds everything, one that crashes, and the shipped one for secrets.
fn bed() -> Bed {
    let finding = |severity, message: &str, path: Option<&str>, line| Finding {
        rule: "finder/rule".into(),
        severity,
        message: message.into(),
        location: path.map(|path| Location {
            side: Side::Head,
            path: path.into(),
            start_line: line,
            end_line: line,
        }),
        suggestion: Some(HOSTILE.into()),
    };
    let opinion = Opinion {
        vote: Vote::Reject,
        findings: vec![
            finding(Severity::Note, "A note.", Some("caf\\xe9 1.rs"), 0),
            finding(Severity::Warning, HOSTILE, Some("src/lib.rs"), 1),
            finding(Severity::Error, "An error.", Some("src/lib.rs"), 1),
            finding(Severity::Critical, "The whole change.", None, 0),
        ],
        rationale: HOSTILE.into(),
    };
    let bed = Bed::new(ASSIZE);
    let judges: [(&str, &[u8]); 2] = [
        ("finder", &guests::saying(&opinion)),
        ("broken", &guests::judge("unreachable")),
    ];
    bed.commit("Begin", &[Edit::Write("src/lib.rs", b"fn one() {}\n")]);
    seats::appoint(&bed, &judges);
    bed.commit("Go on", &[Edit::Write("src/lib.rs", b"fn two() {}\n")]);
    bed
}

fn schema(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name)
}

/// Prints the review in a format and lets a Python program look at it; the program gets the schema and the file.
fn check(bed: &Bed, python: &Path, program: &str, format: &str, schema: &Path) -> Run {
    let printed = bed.assize(&["review", "--no-record", "--format", format]).expect(1);
    let (script, file) = (bed.beside("check.py"), bed.beside("printed"));
    fs::write(&script, program).expect("a script");
    fs::write(&file, &printed.stdout).expect("a file");
    let arguments = [&script, schema, &file].map(|path: &Path| path.to_string_lossy().into_owned());
    bed.tool(python, &arguments.each_ref().map(String::as_str))
}

#[test]
fn sarif_fits_its_schema() {
    let Some(python) = tools::python("jsonschema", "SARIF against its schema") else {
        return;
    };
    let program = "import json, sys, jsonschema\n\
                   schema = json.load(open(sys.argv[1]))\n\
                   log = json.load(open(sys.argv[2]))\n\
                   checker = jsonschema.Draft7Validator(schema)\n\
                   faults = [f'{list(f.absolute_path)}: {f.message}' for f in checker.iter_errors(log)]\n\
                   print('\\n'.join(faults))\n\
                   results = log['runs'][0]['results']\n\
                   assert not faults and len(results) == 4, len(results)\n\
                   assert list(checker.iter_errors(dict(log, version='2.2'))), 'the schema takes anything'\n";
    let _ = check(&bed(), &python, program, "sarif", &schema("sarif-2.1.0.json")).expect(0);
}

#[test]
fn junit_fits_its_schema() {
    let Some(python) = tools::python("lxml", "JUnit XML against its schema") else {
        return;
    };
    let program = "import sys\n\
                   from lxml import etree\n\
                   schema = etree.XMLSchema(etree.parse(sys.argv[1]))\n\
                   document = etree.parse(sys.argv[2])\n\
                   if not schema.validate(document): sys.exit(str(schema.error_log))\n\
                   names = [case.get('name') for case in document.iter('testcase')]\n\
                   assert names == ['vote', 'finder/rule', 'vote'], names\n\
                   assert len(list(document.iter('failure'))) == 2 and len(list(document.iter('error'))) == 1\n\
                   document.getroot().set('made-up', 'x')\n\
                   assert not schema.validate(document), 'the schema takes anything'\n";
    let _ = check(&bed(), &python, program, "junit", &schema("junit-10.xsd")).expect(0);
}

/// The same line keeps its fingerprint when others come before it; another line, or another rule, has another.
#[test]
fn fingerprints_follow_their_line() {
    let judge = |line| {
        let place = Location {
            side: Side::Head,
            path: "src/lib.rs".into(),
            start_line: line,
            end_line: line,
        };
        guests::saying(&Opinion {
            vote: Vote::Approve,
            findings: vec![Finding {
                rule: "finder/rule".into(),
                severity: Severity::Note,
                message: format!("See line {line}."),
                location: Some(place),
                suggestion: None,
            }],
            rationale: "Read.".into(),
        })
    };
    let fingerprint = |text: &str, line| {
        let bed = Bed::new(ASSIZE);
        seats::appoint(&bed, &[("finder", &judge(line))]);
        bed.commit("Go on", &[Edit::Write("src/lib.rs", text.as_bytes())]);
        let log = bed
            .assize(&["review", "--no-record", "--format", "sarif"])
            .expect(0)
            .json();
        let prints = log["runs"][0]["results"][0]["partialFingerprints"].clone();
        assert_eq!(prints.as_object().map(serde_json::Map::len), Some(1), "{prints}");
        prints.to_string()
    };
    let first = fingerprint("fn one() {}\n", 1);
    assert_eq!(first, fingerprint("// above\n\n    fn one() {}\n", 3));
    assert_ne!(first, fingerprint("fn two() {}\n", 1));
}

/// No line of source, and so no secret in one, is printed in a format that travels; nor the secret itself anywhere.
#[test]
fn no_report_repeats_a_secret() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("README.md", b"Hello\n")]);
    // Put together here, so that this file holds no key.
    let key = format!("{}_{}", "ghp", "q7Zk2XwT9bLmV4nRc8YpJ5sHd3Fg6AeU1oCi");
    let code = format!("pub const TOKEN: &str = \"{key}\";\n");
    bed.commit("Add the token", &[Edit::Write("src/token.rs", code.as_bytes())]);
    for format in ["human", "json", "sarif", "junit", "markdown", "github"] {
        let run = bed.assize(&["review", "--no-record", "--format", format]).expect(1);
        assert!(
            run.stdout.contains("technical/secret") || run.stdout.contains("technical\\/secret"),
            "{format}:\n{}",
            run.stdout
        );
        assert!(
            !run.stdout.contains(&key) && !run.stdout.contains(&key[10..30]),
            "{format} shows the key"
        );
        assert!(
            format == "human" || !run.stdout.contains("pub const TOKEN"),
            "{format} shows the line"
        );
    }
}

#[test]
fn rules_are_explained() {
    let bed = Bed::new(ASSIZE);
    let all = bed.assize(&["review", "--explain"]).expect(0).stdout;
    for rule in assize::policy::rules::RULES {
        assert!(
            all.lines().any(|line| line.starts_with(rule.id)),
            "{} is not listed:\n{all}",
            rule.id
        );
        let page = bed.assize(&["review", "--explain", rule.id]).expect(0).stdout;
        assert!(page.starts_with(rule.id) && page.contains("**Find"), "{page}");
    }
    assert!(all.lines().all(|line| line.chars().count() <= 80), "{all}");
    let json = bed
        .assize(&["review", "--explain", "technical/secret", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(
        (&json["schema"], &json["rules"][0]["id"]),
        (&"assize.rules/1".into(), &"technical/secret".into())
    );

    let unknown = bed.assize(&["review", "--explain", "technical/placehoder"]).expect(2);
    assert!(
        unknown.stdout.is_empty() && unknown.stderr.contains("did you mean `technical/placeholder`"),
        "{unknown:?}"
    );
    let _ = bed.assize(&["review", "--explain", "--format", "sarif"]).expect(2);
    let _ = bed.assize(&["review", "--explain", "--no-record"]).expect(2);
}
