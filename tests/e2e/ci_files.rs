//! `policies/ci`: the ready files are what their platforms read, and what they run works.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::tools;

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/ci").join(name)
}

#[test]
fn they_fit_the_schemas_of_their_platforms() {
    let Some(python) = tools::python("check_jsonschema", "the files for CI against their schemas") else {
        return;
    };
    let bed = Bed::new(ASSIZE);
    for (schema, name) in [
        ("github-workflows", "github-actions.yml"),
        ("gitlab-ci", "gitlab-ci.yml"),
    ] {
        let path = file(name).to_string_lossy().into_owned();
        let schema = format!("vendor.{schema}");
        let _ = bed
            .tool(&python, &["-m", "check_jsonschema", "--builtin-schema", &schema, &path])
            .expect(0);
    }
}

/// A repository `change` with a sound commit and one with a placeholder behind it, as a runner fetches it.
fn fetched() -> (Bed, String, String, String) {
    let bed = Bed::new(ASSIZE).with_repository("change");
    let path = bed.repository();
    git2::Repository::init_opts(&path, git2::RepositoryInitOptions::new().initial_head("main")).expect("a repository");
    let begun = bed.commit("Begin", &[Edit::Write("README.md", b"Hello\n")]);
    let sound = bed.commit(
        "Add one",
        &[Edit::Write("src/one.rs", b"pub fn one() -> u32 {\n    1\n}\n")],
    );
    let stub = bed.commit(
        "Add two",
        &[Edit::Write("src/two.rs", b"pub fn two() -> u32 {\n    todo!()\n}\n")],
    );
    (bed, begun.to_string(), sound.to_string(), stub.to_string())
}

/// Runs a script as a runner does, `assize` on the path.
fn runs(bed: &Bed, folder: &Path, bash: &Path, script: &str, variables: &[(&str, &str)]) -> Run {
    let bin = bed.beside("bin");
    if !bin.exists() {
        fs::create_dir(&bin).expect("a folder");
        symlink(ASSIZE, bin.join("assize")).expect("a link to the binary");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(bin).chain(std::env::split_paths(&path));
    let mut shell = Command::new(bash);
    shell
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(folder)
        .env_clear();
    shell.env("PATH", std::env::join_paths(dirs).expect("a path"));
    shell.env("HOME", bed.beside("nobody")).env("ASSIZE_HOME", bed.home());
    shell.envs(variables.iter().copied());
    ran(&shell.output().expect("bash starts"))
}

/// The step of the workflow that reviews, as it stands in the file.
#[test]
fn the_workflow_reviews() {
    let (Some(python), Some(bash)) = (
        tools::python("ruamel.yaml", "the workflow's own script"),
        tools::program("bash", "the workflow's own script"),
    ) else {
        return;
    };
    let (bed, begun, sound, stub) = fetched();
    let program = "import sys; from ruamel.yaml import YAML\n\
                   steps = YAML(typ='safe').load(open(sys.argv[1]))['jobs']['review']['steps']\n\
                   print(next(step['run'] for step in steps if step.get('id') == 'review'), end='')\n";
    let path = file("github-actions.yml").to_string_lossy().into_owned();
    let script = bed.tool(&python, &["-c", program, &path]).expect(0).stdout;
    let folder = bed.beside("");
    let (output, summary) = (bed.beside("output"), bed.beside("summary"));
    let review = |range: &str| {
        let _ = fs::remove_file(&output);
        let _ = fs::remove_file(&summary);
        let variables = [
            ("RANGE", range),
            ("GITHUB_OUTPUT", output.to_str().expect("UTF-8")),
            ("GITHUB_STEP_SUMMARY", summary.to_str().expect("UTF-8")),
        ];
        runs(&bed, &folder, &bash, &script, &variables)
    };
    let approved = review(&format!("{begun}...{sound}")).expect(0);
    assert!(approved.stdout.contains("assize: approved"), "{approved:?}");
    let rejected = review(&format!("{begun}...{stub}")).expect(1);
    assert!(
        rejected.stdout.contains("::error file=src/two.rs,line=2"),
        "{rejected:?}"
    );
    let read = |path: &Path| fs::read_to_string(path).expect("it was written");
    assert!(read(&output).contains("written=yes") && read(&summary).contains("Assize: rejected"));
    assert!(read(&bed.beside("assize.sarif")).contains("technical/placeholder"));
    // Trouble is no answer: nothing is shown then.
    let _ = review("nothing...here").expect(2);
    assert!(!output.exists());
}

/// The lines of the job that call `assize`, as they stand in the file.
#[test]
fn the_job_reviews() {
    let (Some(python), Some(bash)) = (
        tools::python("ruamel.yaml", "the job's own script"),
        tools::program("bash", "the job's own script"),
    ) else {
        return;
    };
    let (bed, begun, sound, stub) = fetched();
    let program = "import sys; from ruamel.yaml import YAML\n\
                   script = YAML(typ='safe').load(open(sys.argv[1]))['assize']['script']\n\
                   print('\\n'.join(line for line in script if line.startswith(('range=', 'assize '))))\n";
    let path = file("gitlab-ci.yml").to_string_lossy().into_owned();
    let script = bed.tool(&python, &["-c", program, &path]).expect(0).stdout;
    assert_eq!(script.lines().count(), 4, "{script}");
    for (head, code) in [(&sound, 0), (&stub, 1)] {
        let variables = [
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", begun.as_str()),
            ("CI_COMMIT_SHA", head.as_str()),
        ];
        let _ = runs(&bed, &bed.repository(), &bash, &script, &variables).expect(code);
        let report = fs::read_to_string(bed.repository().join("assize.xml")).expect("a report");
        assert!(report.contains("<testsuites"), "{report}");
    }
}
