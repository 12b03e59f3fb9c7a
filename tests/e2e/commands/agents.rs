//! Commands as agents ask for them: by grant, recorded before they run, answered by a typed refusal.

use assize::outcome::{Access, CommandUse, Outcome, Outing};
use assize::policy::permission::Permission;
use assize::process::Commands;
use assize::sandbox::{Account, Done, Outside};
use assize_tests::guests;
use assize_tests::workshop::Workshop;

use super::keeper;

const FILES: &str = "[roles.agent.files]\nread = [\"**\"]\nwrite = [\"src/**\"]\n";

fn workshop() -> Workshop {
    let mut workshop = Workshop::open();
    workshop.outside = Outside {
        commands: Some(Commands::new(keeper(), workshop.around().join("scratch"))),
        ..Outside::default()
    };
    workshop.put("src/a.txt", "a\n");
    workshop
}

/// An agent that runs one command; where the answer's byte at `at` is not `byte`, it fails.
fn agent(words: &[&str], dir: &str, at: u32, byte: u8) -> Vec<u8> {
    let mut fields = String::new();
    let mut list = String::new();
    let mut next = 8192_usize;
    for word in words {
        let bytes: String = word.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        fields += &format!("(data (i32.const {next}) \"{bytes}\")\n");
        for number in [next, word.len()] {
            let number = u32::try_from(number).expect("a small number").to_le_bytes();
            list += &number.map(|byte| format!("\\{byte:02x}")).concat();
        }
        next += word.len();
    }
    fields += &format!("(data (i32.const 6144) \"{list}\") (data (i32.const 7168) \"{dir}\")");
    let body = format!(
        "(call $command (i32.const 6144) (i32.const {}) (i32.const 7168) (i32.const {}) (i32.const 0) (i32.const 0)
           (i32.const 4096))
         (if (i32.ne (i32.load8_u (i32.const {at})) (i32.const {byte})) (then unreachable))
         (i32.const 2048)",
        words.len(),
        dir.len()
    );
    guests::agent_with(&fields, &body)
}

fn role(process: &str) -> String {
    format!("allow = [\"workspace.*\", \"process.run\"]\n{FILES}[roles.agent.process]\n{process}\n")
}

fn finished(account: &Account<Done>) {
    assert!(matches!(account.outcome, Outcome::Finished(_)), "{:?}", account.outcome);
}

fn commands(account: &Account<Done>) -> Vec<&CommandUse> {
    let command = |outing: &'_ Outing| matches!(outing, Outing::Command(_));
    let found = account.outings.iter().filter(|outing| command(outing));
    found
        .filter_map(|outing| match outing {
            Outing::Command(used) => Some(used),
            Outing::Request(_) => None,
        })
        .collect()
}

fn accesses(account: &Account<Done>) -> Vec<&Access> {
    let of_commands = account.accesses.iter();
    of_commands
        .filter(|access| access.permission == Permission::ProcessRun)
        .collect()
}

#[test]
fn a_granted_command_runs_confined_and_is_recorded_with_its_line() {
    let workshop = workshop();
    // The result's first byte is 0; the status stands at 4108, whether it was confined at 4144.
    let component = agent(
        &["sh", "-c", "echo hi > src/b.txt; cat ../outside; exit 3"],
        "",
        4108,
        3,
    );
    let account = workshop.run(&role("allow = [[\"sh\", \"-c\", \"*\"]]"), &component);
    finished(&account);
    let [used] = commands(&account)[..] else {
        panic!("{:?}", account.outings)
    };
    assert!(used.confined && used.outcome == "exited with status 3", "{used:?}");
    assert_eq!(used.command, "sh -c \"echo hi > src/b.txt; cat ../outside; exit 3\"");
    let [access] = accesses(&account)[..] else {
        panic!("{:?}", account.accesses)
    };
    assert!(
        access.granted && access.reason.contains("[roles.agent.process] sh -c *"),
        "{access:?}"
    );
    assert_eq!(
        std::fs::read_to_string(workshop.folder().join("src/b.txt")).expect("it was written"),
        "hi\n"
    );
    let account = workshop.run(&role("allow = [[\"true\"]]"), &agent(&["true"], "src", 4144, 1));
    finished(&account);
}

#[test]
fn a_command_that_no_line_opens_is_refused_with_the_line_that_would() {
    let workshop = workshop();
    for (words, process) in [
        (&["sh", "-c", "true"][..], "allow = [[\"sh\", \"-c\"]]"),
        (&["/bin/true"], "allow = [[\"true\"]]"),
        (&["true", "--", "-x"], "allow = [[\"true\", \"*\"]]"),
        (&["true"], "allow = []"),
        (&["-true"], "allow = [[\"true\"]]"),
    ] {
        // An error, and of the refusals the first: denied.
        let account = workshop.run(&role(process), &agent(words, "", 4104, 0));
        finished(&account);
        let [access] = accesses(&account)[..] else {
            panic!("{:?}", account.accesses)
        };
        assert!(
            !access.granted && access.reason.contains("`allow` of [roles.agent.process]"),
            "{access:?}"
        );
        assert!(account.outings.is_empty());
    }
    for (words, dir, refusal) in [
        (&[][..], "", 2),
        (&[""], "", 2),
        (&["true", "a\0b"], "", 2),
        (&["true"], "../x", 2),
        (&["true"], ".git", 0),
        (&["no-such-program"], "", 3),
    ] {
        let process = "allow = [[\"true\", \"**\"], [\"no-such-program\"]]";
        let account = workshop.run(&role(process), &agent(words, dir, 4104, refusal));
        finished(&account);
    }
}

#[test]
fn an_unconfined_command_says_so_in_every_record() {
    let workshop = workshop();
    let process = "allow = [{ run = [\"cat\", \"*\"], unconfined = true }]";
    let outside = workshop.around().join("outside.txt");
    std::fs::write(&outside, "x").expect("a file");
    let component = agent(&["cat", outside.to_str().expect("a path")], "", 4144, 0);
    let account = workshop.run(&role(process), &component);
    finished(&account);
    let [used] = commands(&account)[..] else {
        panic!("{:?}", account.outings)
    };
    assert!(!used.confined && used.outcome == "exited with status 0", "{used:?}");
    let [access] = accesses(&account)[..] else {
        panic!("{:?}", account.accesses)
    };
    assert!(access.reason.contains("(unconfined)"), "{access:?}");
}

#[test]
fn what_a_command_planted_is_recorded_as_refused() {
    let workshop = workshop();
    let component = agent(&["mkdir", "src/.git"], "", 4108, 0);
    let account = workshop.run(&role("allow = [[\"mkdir\", \"*\"]]"), &component);
    finished(&account);
    assert!(!workshop.folder().join("src/.git").exists());
    let refused: Vec<_> = accesses(&account)
        .into_iter()
        .filter(|access| !access.granted)
        .collect();
    assert!(refused.len() == 1 && refused[0].resource == "src/.git", "{refused:?}");
    assert!(
        commands(&account)[0].outcome.contains("src/.git"),
        "{:?}",
        account.outings
    );
}

#[test]
fn a_command_ends_with_the_time_of_its_call() {
    let workshop = workshop();
    let role = role("allow = [[\"sleep\", \"*\"]]") + "[roles.agent.limits]\nwall_seconds = 1\n";
    let account = workshop.run(&role, &agent(&["sleep", "60"], "", 4104, 2));
    assert!(
        commands(&account)[0].outcome.contains("command_seconds"),
        "{:?}",
        account.outings
    );
}
