//! The JSON schema of workflow files, against the corpus, by a validator that knows nothing of Assize.

use std::path::{Path, PathBuf};
use std::process::Command;

use assize_tests::bed::ran;
use assize_tests::tools;

/// The rules of which the schema knows enough to refuse every file of the corpus that breaks them.
const STRUCTURE: &str = "W004 W005 W006 W007 W008 W009 W010 W011 W012 W013 W101 W105";

const PROGRAM: &str = "
import glob, json, os, sys, tomllib, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
checker = jsonschema.Draft7Validator(schema)
faults = []
def read(path):
    return tomllib.loads(open(path, 'rb').read().decode('utf-8'))
shipped, corpus, structure = sys.argv[2], sys.argv[3], sys.argv[4].split()
good = [path for folder in (shipped, corpus + '/good', corpus + '/library') for path in glob.glob(folder + '/*.toml')]
for path in good:
    faults += [path + ': ' + error.message for error in checker.iter_errors(read(path))]
bad = [path for path in glob.glob(corpus + '/bad/*.toml') if os.path.basename(path)[:4] in structure]
for path in bad:
    if not list(checker.iter_errors(read(path))):
        faults.append(path + ' is accepted')
assert len(good) > 15 and len(bad) > 35, (len(good), len(bad))
sys.exit('\\n'.join(faults) or 0)
";

#[test]
fn the_schema_takes_every_good_workflow_and_refuses_what_has_another_structure() {
    let Some(python) = tools::python("jsonschema", "workflows against their schema") else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let places: [PathBuf; 3] = [
        "policies/workflow.schema.json",
        "policies/workflows",
        "tests/corpus/workflows",
    ]
    .map(|path| root.join(path));
    let output = Command::new(python)
        .args(["-c", PROGRAM])
        .args(places)
        .arg(STRUCTURE)
        .output()
        .expect("the program starts");
    let _ = ran(&output).expect(0);
}
