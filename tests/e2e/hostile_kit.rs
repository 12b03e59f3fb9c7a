//! The hostile kit holds on this machine, and would say so if it did not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assize::hostile::{Attack, Family, Ground, Report, Room, attacks};
use assize::sandbox::Allocation;
use assize_tests::dice::Dice;
use assize_tests::room;

use crate::commands::keeper;

/// A room of its own, with the folder it stands in.
fn open(test: &str, allocation: Allocation) -> (Room, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a folder");
    let seed = Dice::of(test).roll();
    let room =
        Room::open(&room::sandbox(allocation), &keeper(), &dir.path().join("scratch"), seed).expect("the guests load");
    (room, dir)
}

/// Makes every attack of a family, in one sandbox with a pool, as people run it.
fn holds(family: Family) {
    holds_with(family, Allocation::Pooling);
}

#[expect(
    clippy::print_stdout,
    reason = "who reads of a failure wants to see what went before"
)]
fn holds_with(family: Family, allocation: Allocation) {
    let (room, dir) = open(family.heading(), allocation);
    let mut through = Vec::new();
    for attack in attacks().filter(|attack| attack.family == family) {
        let started = std::time::Instant::now();
        let report = room.make(attack);
        println!(
            "{:>5} ms  {}: {}",
            started.elapsed().as_millis(),
            report.id,
            report.answer
        );
        if !report.held {
            through.push(format!("{}: {}", report.id, report.answer));
        }
    }
    assert!(through.is_empty(), "{}", through.join("\n"));
    let left = fs::read_dir(dir.path().join("scratch"))
        .expect("the scratch folder")
        .count();
    assert_eq!(left, 0, "an attack left something behind");
}

#[test]
fn paths_lead_nowhere_else() {
    holds(Family::Paths);
}

#[test]
fn links_devices_and_changes_behind_the_back_lead_nowhere_else() {
    holds(Family::Surroundings);
}

#[test]
fn no_spelling_opens_git_or_the_rules() {
    holds(Family::Guarded);
}

#[test]
fn what_uses_the_machine_up_ends() {
    holds(Family::Exhaustion);
}

/// On a machine with little address space.
#[test]
fn what_uses_the_machine_up_ends_without_a_pool() {
    holds_with(Family::Exhaustion, Allocation::OnDemand);
    holds_with(Family::Boundary, Allocation::OnDemand);
}

#[test]
fn commands_that_nobody_granted_do_not_start() {
    holds(Family::Commands);
}

#[test]
fn commands_that_turn_on_their_host_reach_nothing() {
    holds(Family::Confinement);
}

#[test]
fn requests_lead_nowhere_else() {
    holds(Family::Network);
}

#[test]
fn secrets_stay_with_the_host_and_their_server() {
    holds(Family::Secrets);
}

#[test]
fn floods_of_host_calls_end() {
    holds(Family::Floods);
}

#[test]
fn impossible_values_end_the_call() {
    holds(Family::Boundary);
}

#[test]
fn the_doors_of_wasi_are_shut() {
    holds(Family::Wasi);
}

#[test]
fn lies_of_a_component_gain_nothing() {
    holds(Family::Metadata);
}

#[test]
fn broken_components_are_refused() {
    holds(Family::Components);
}

#[test]
fn no_rule_gives_more_than_it_says() {
    holds(Family::Rules);
}

#[test]
fn the_hosts_own_files_hold() {
    holds(Family::Host);
}

#[test]
fn the_list_is_long_and_each_attack_has_a_name_of_its_own() {
    let ids: BTreeSet<&str> = attacks().map(|attack| attack.id).collect();
    assert_eq!(ids.len(), attacks().count(), "two attacks have one name");
    assert!(ids.len() >= 60, "only {} attacks", ids.len());
    for attack in attacks() {
        let is_name = attack
            .id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(is_name, "{}", attack.id);
        for sentence in [attack.tries, attack.stopped_by] {
            assert!(
                sentence.ends_with('.') && !sentence.contains('|'),
                "{}: {sentence}",
                attack.id
            );
        }
    }
    for family in Family::ALL {
        assert!(
            attacks().any(|attack| attack.family == family),
            "{family:?} has no attack"
        );
    }
}

#[test]
fn a_report_is_one_line_that_a_terminal_can_show() {
    let (room, _dir) = open("reports", Allocation::OnDemand);
    let report = room.make(&Attack {
        id: "speaks-to-the-terminal",
        family: Family::Host,
        tries: "Speaks to the terminal.",
        stopped_by: "Escapes.",
        act: |_| Err(format!("\u{1b}[2J\u{202e}{}\n", "long ".repeat(1_000))),
    });
    assert!(report.answer.len() <= 512, "{} bytes", report.answer.len());
    assert!(
        !report.answer.contains(['\u{1b}', '\u{202e}', '\n']),
        "{}",
        report.answer
    );
}

/// Every guest together must stay small, for they are part of the binary.
#[test]
fn the_guests_are_small() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/dist");
    let bytes: u64 = ["hostile.wasm", "hostile-wasi.wasm", "liar.wasm"]
        .iter()
        .map(|name| fs::metadata(dist.join(name)).expect(name).len())
        .sum();
    assert!(bytes <= 400 << 10, "{bytes} bytes");
}

/// Attacks that get through, one for each thing that is looked at. None is part of the list.
#[test]
fn what_gets_through_is_reported() {
    let (room, _dir) = open("what gets through", Allocation::OnDemand);
    let through = |id: &'static str, act: fn(&Ground) -> Result<String, String>| -> Report {
        room.make(&Attack {
            id,
            family: Family::Host,
            tries: "Gets through.",
            stopped_by: "Nothing.",
            act,
        })
    };
    let reports = [
        (
            through("changes-a-file", |ground| written(ground, "secret.txt")),
            "was changed",
        ),
        (
            through("makes-a-file", |ground| written(ground, "outside/new.txt")),
            "was made",
        ),
        (
            through("changes-a-hook", |ground| written(ground, "work/.git/hooks/pre-commit")),
            "was changed",
        ),
        (
            through("changes-a-read-only-file", |ground| {
                written(ground, "work/docs/guide.md")
            }),
            "was changed",
        ),
        (
            through("removes-a-file", |ground| {
                fs::remove_file(ground.path("outside/notes.txt")).map_err(|error| error.to_string())?;
                Ok("fine".into())
            }),
            "is gone",
        ),
        (
            through("changes-a-mode", |ground| {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = fs::Permissions::from_mode(0o777);
                fs::set_permissions(ground.path("secret.txt"), mode).map_err(|error| error.to_string())?;
                Ok("fine".into())
            }),
            "was changed",
        ),
        (
            through("breaks-the-workspace", |ground| {
                fs::remove_dir_all(ground.path("work/src")).map_err(|error| error.to_string())?;
                fs::write(ground.path("work/src"), "no folder").map_err(|error| error.to_string())?;
                Ok("fine".into())
            }),
            "was changed",
        ),
        (
            through("breaks-the-next-call", |ground| {
                fs::write(ground.path("work/src/friend"), "no folder").map_err(|error| error.to_string())?;
                Ok("fine".into())
            }),
            "the next call did not work",
        ),
        (through("panics", |_| panic!("the host panics")), "the host panicked"),
        (
            through("is-answered-wrongly", |_| Err("the secret was read".into())),
            "the secret was read",
        ),
    ];
    for (report, says) in reports {
        assert!(!report.held, "{} counts as held", report.id);
        assert!(report.answer.contains(says), "{}: {}", report.id, report.answer);
    }
    let honest = through("does-nothing", |_| Ok("fine".into()));
    assert!(honest.held, "{}", honest.answer);
}

fn written(ground: &Ground, path: &str) -> Result<String, String> {
    fs::write(ground.path(path), "changed").map_err(|error| error.to_string())?;
    Ok("fine".into())
}
