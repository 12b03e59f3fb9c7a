//! The last line: an agent that somehow holds a value puts it on every way out, and it comes out on none.

use std::collections::BTreeMap;
use std::fs;

use assize::outcome::Outcome;
use assize::sandbox::{Account, Done, Outside, StoreDesk, Surroundings, Task};
use assize::secret::{Secrets, Value};
use assize::workspace::Workspace;
use assize_provenance::opinion::Absence;
use assize_tests::guests;
use assize_tests::workshop::{AGENT, NOW, RUN, Workshop};

use super::Sought;

const VALUE: &str = "held by a guest /+= 4711";

const ROLE: &str = "allow = [\"*\"]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"**\"]\n";

/// The value with every bit that counts turned over, so that no file of the guest's code holds it, and how it is turned back.
fn hidden() -> String {
    let turned: String = VALUE.bytes().map(|byte| format!("\\{:02x}", byte ^ 0x5a)).collect();
    format!("(data (i32.const 6144) \"{turned}\")")
}

fn revealed() -> String {
    let length = VALUE.len();
    format!(
        "(local $at i32) (local.set $at (i32.const 6144))
         (loop $on
           (i32.store8 (local.get $at) (i32.xor (i32.load8_u (local.get $at)) (i32.const 0x5a)))
           (local.set $at (i32.add (local.get $at) (i32.const 1)))
           (br_if $on (i32.lt_u (local.get $at) (i32.const {}))))
         (i32.store8 (i32.const {}) (i32.const 34)) (i32.store8 (i32.const 6143) (i32.const 34))",
        6144 + length,
        6144 + length
    )
}

fn run(workshop: &Workshop, body: &str) -> Account<Done> {
    let fields = format!(
        "{} (data (i32.const 6400) \"text/plain\") (data (i32.const 6416) \"plain.txt\")",
        hidden()
    );
    let agent = workshop.load(&guests::agent_with(&fields, &format!("{} {body}", revealed())));
    let grants = workshop.grants(ROLE, &agent);
    let secrets = BTreeMap::from([("the-token".to_owned(), Value::new(VALUE.to_owned()))]);
    let workspace = Workspace::open(&workshop.folder()).expect("the folder opens");
    let desk = StoreDesk::new(std::sync::Arc::clone(&workshop.store), NOW, RUN, AGENT, grants.role());
    let surroundings = Surroundings {
        workspace: Some(&workspace),
        desk: Some(Box::new(desk)),
        outside: Outside {
            secrets: Secrets::new(secrets),
            ..Outside::default()
        },
        ..Surroundings::default()
    };
    let task = Task::new(AGENT, "null").expect("a task");
    workshop
        .sandbox
        .run(&agent, &task, grants, surroundings)
        .expect("the host holds")
}

/// Nothing of the account, of the store and of the folder holds the value.
fn is_nowhere(workshop: &Workshop, account: &Account<Done>) {
    let sought = Sought::new(VALUE);
    let mut waiting = vec![workshop.around()];
    while let Some(path) = waiting.pop() {
        assert!(!sought.is_in(path.as_os_str().as_encoded_bytes()), "{}", path.display());
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("reads");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.is_file() {
            assert!(!sought.is_in(&fs::read(&path).expect("reads")), "{}", path.display());
        }
    }
    let told = format!("{account:?}");
    assert!(!sought.is_in(told.as_bytes()), "{told}");
}

#[test]
fn what_a_guest_logs_remembers_and_stores_shows_the_name_of_a_secret() {
    let workshop = Workshop::open();
    let n = VALUE.len();
    let account = run(
        &workshop,
        &format!(
            "(call $log (i32.const 1) (i32.const 6144) (i32.const {n}))
             (call $set (i32.const 6144) (i32.const {n}) (i32.const 1) (i32.const 6144) (i32.const {n})
                (i32.const 0) (i64.const 0) (i32.const 4096))
             (call $store (i32.const 6144) (i32.const {n}) (i32.const 6400) (i32.const 10) (i32.const 6144) (i32.const {n})
                (i32.const 4096))
             (call $read (i32.const 6144) (i32.const {n}) (i64.const 0) (i32.const 100) (i32.const 4096))
             (call $get (i32.const 6144) (i32.const {n}) (i32.const 4096))
             ;; What it remembers comes back under the same name, and holds the name of the secret.
             (if (i32.ne (i32.load8_u (i32.const 4096)) (i32.const 0)) (then unreachable))
             (i32.store (i32.const 2052) (i32.const 6144)) (i32.store (i32.const 2056) (i32.const {n}))
             (i32.store (i32.const 2060) (i32.const 6143)) (i32.store (i32.const 2064) (i32.const {}))
             (i32.const 2048)",
            n + 2
        ),
    );
    is_nowhere(&workshop, &account);
    let Outcome::Finished(done) = &account.outcome else {
        panic!("{account:?}");
    };
    assert_eq!(done.summary, "{{secret:the-token}}");
    assert_eq!(done.output, "\"{{secret:the-token}}\"");
    assert_eq!(account.log[0].message, "{{secret:the-token}}");
    let resources: Vec<&str> = account.accesses.iter().map(|access| access.resource.as_str()).collect();
    assert!(
        resources
            .iter()
            .filter(|resource| **resource == "{{secret:the-token}}")
            .count()
            >= 4,
        "{resources:?}"
    );
}

#[test]
fn a_secret_is_not_written_into_the_folder_and_the_guest_is_told() {
    let workshop = Workshop::open();
    workshop.put("plain.txt", "as it was");
    let n = VALUE.len();
    let account = run(
        &workshop,
        &format!(
            "(call $write (i32.const 6416) (i32.const 9) (i32.const 6144) (i32.const {n}) (i32.const 1) (i32.const 4096))
             ;; err(invalid)
             (if (i32.ne (i32.load8_u (i32.const 4096)) (i32.const 1)) (then unreachable))
             (if (i32.ne (i32.load8_u (i32.const 4100)) (i32.const 2)) (then unreachable))
             (call $write (i32.const 6144) (i32.const {n}) (i32.const 6416) (i32.const 9) (i32.const 1) (i32.const 4096))
             (if (i32.ne (i32.load8_u (i32.const 4096)) (i32.const 1)) (then unreachable))
             (call $rename (i32.const 6416) (i32.const 9) (i32.const 6144) (i32.const {n}) (i32.const 4096))
             (if (i32.ne (i32.load8_u (i32.const 4096)) (i32.const 1)) (then unreachable))
             (i32.const 2048)"
        ),
    );
    assert!(matches!(account.outcome, Outcome::Finished(_)), "{account:?}");
    is_nowhere(&workshop, &account);
    let text = fs::read_to_string(workshop.folder().join("plain.txt")).expect("it is there");
    assert_eq!(text, "as it was");
    let refused = account
        .accesses
        .iter()
        .filter(|access| access.reason.contains("would write a secret"));
    assert_eq!(refused.count(), 3, "{:?}", account.accesses);
}

#[test]
fn the_words_of_a_failure_and_an_output_that_is_no_text_are_masked_too() {
    let workshop = Workshop::open();
    let n = VALUE.len();
    let account = run(
        &workshop,
        &format!(
            "(i32.store8 (i32.const 2048) (i32.const 1))
             (i32.store (i32.const 2052) (i32.const 6144)) (i32.store (i32.const 2056) (i32.const {n}))
             (i32.const 2048)"
        ),
    );
    is_nowhere(&workshop, &account);
    assert_eq!(
        account.outcome,
        Outcome::Ended(Absence::Faulted, "{{secret:the-token}}".to_owned())
    );
}
