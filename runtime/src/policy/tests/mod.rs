//! What a checked policy means. What is refused, and in which words, stands in `tests/corpus/policies`.

mod access;
mod questions;
mod worlds;

use super::Policy;
use super::grant::{GrantError, Grants, Request};
use super::limits::Limit;
use super::permission::Permission;
use super::role::Ruling;
use super::setting::Setting;
use super::summary::Summary;
use super::tier::Tier;
use assize_provenance::digest::Digest;
use assize_provenance::verdict::{Mode, Rule};

/// Everything a policy needs besides its roles.
const REST: &str = r#"
[judges.technical]
plugin = "technical"
role = "judge"

[councils.default]
judges = ["technical"]
"#;

fn parse(text: &str) -> Policy {
    Policy::parse("policy.toml", text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

fn with_roles(roles: &str) -> Policy {
    parse(&format!("version = 1\n{roles}\n{REST}"))
}

fn held(policy: &Policy, role: &str) -> Vec<&'static str> {
    policy
        .role(role)
        .expect("the role is there")
        .permissions()
        .map(Permission::name)
        .collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_no_list_names_is_not_held() {
    let policy = with_roles("[roles.judge]");
    assert_eq!(held(&policy, "judge"), ["log.write"]);
}

#[test]
fn patterns_cover_an_interface_or_everything() {
    let policy = with_roles("[roles.judge]\nallow = [\"evidence.*\"]\n[roles.all]\nallow = [\"*\"]");
    let all: Vec<_> = Permission::ALL.iter().copied().map(Permission::name).collect();
    let mut evidence = all.clone();
    evidence.retain(|name| name.starts_with("evidence.") || *name == "log.write");
    assert_eq!(held(&policy, "judge"), evidence);
    assert_eq!(held(&policy, "all"), all);
}

#[test]
fn deny_wins_wherever_it_stands() {
    let policy = with_roles(
        r#"
[roles.parent]
allow = ["evidence.read", "evidence.list"]
deny = ["evidence.search"]
[roles.judge]
inherits = ["parent"]
allow = ["evidence.*", "log.write"]
deny = ["evidence.read", "log.*"]
[roles.heir]
inherits = ["judge"]
allow = ["evidence.read", "evidence.search", "log.write"]
[roles.none]
allow = ["*"]
deny = ["*"]
"#,
    );
    let rest = [
        "evidence.changes",
        "evidence.hunks",
        "evidence.list",
        "evidence.document",
    ];
    assert_eq!(held(&policy, "judge"), rest);
    assert_eq!(held(&policy, "heir"), rest);
    assert!(held(&policy, "none").is_empty());
}

#[test]
fn a_role_remembers_which_line_decided() {
    let policy = with_roles("[roles.parent]\ndeny = [\n  \"evidence.*\"]\n[roles.judge]\ninherits = [\"parent\"]");
    let Some(Ruling::Denied(place)) = policy
        .role("judge")
        .and_then(|role| role.ruling(Permission::EvidenceRead))
    else {
        panic!("it is denied");
    };
    assert_eq!(
        (place.role.as_str(), place.item.as_str(), place.line),
        ("parent", "evidence.*", 4)
    );
}

#[test]
fn limits_are_the_own_then_the_strictest_inherited_then_the_default() {
    let policy = with_roles(
        r#"
[roles.wide.limits]
memory_mib = 1_024
wall_seconds = 60
[roles.narrow.limits]
memory_mib = 64
[roles.between]
inherits = ["wide", "narrow"]
[roles.judge]
inherits = ["between"]
[roles.judge.limits]
wall_seconds = 90
"#,
    );
    let limits = policy.role("judge").expect("it is there").limits;
    assert_eq!(limits.get(Limit::MemoryMib), 64);
    assert_eq!(limits.get(Limit::WallSeconds), 90);
    assert_eq!(limits.get(Limit::HostCalls), Limit::HostCalls.standard());
    assert_eq!(limits.memory_bytes(), 64 << 20);
    assert_eq!(limits.fuel(), 20_000_000_000);
}

#[test]
fn a_lattice_of_roles_is_worked_out_at_once() {
    let mut roles = "[roles.r0]\nallow = [\"*\"]\nfiles.read = [\"**\"]\n".to_owned();
    for number in 1..63 {
        let parents: Vec<_> = (0..number).map(|parent| format!("\"r{parent}\"")).collect();
        roles.push_str(&format!("[roles.r{number}]\ninherits = [{}]\n", parents.join(", ")));
    }
    let policy = with_roles(&format!("{roles}[roles.judge]\ninherits = [\"r62\"]"));
    assert_eq!(held(&policy, "judge").len(), Permission::ALL.len());
}

#[test]
fn a_plugin_gets_what_it_asks_for_as_far_as_its_role_allows() {
    let policy = with_roles("[roles.judge]\nallow = [\"evidence.changes\", \"evidence.hunks\", \"evidence.read\"]");
    let request = Request {
        plugin: "technical",
        requires: &names(&["evidence.changes"]),
        wants: &names(&["evidence.search", "weather.forecast"]),
        imports: &names(&["evidence.hunks", "evidence.changes"]),
    };
    let grants = Grants::resolve(&policy, "judge", request).expect("all that is required is held");
    let granted: Vec<_> = grants.permissions().map(Permission::name).collect();
    assert_eq!(granted, ["evidence.changes", "evidence.hunks", "log.write"]);
    assert_eq!(grants.ungranted(), ["evidence.search", "weather.forecast"]);
    assert_eq!(
        grants.needs(Permission::EvidenceSearch),
        "add \"evidence.search\" to `allow` of [roles.judge] (policy.toml:2)"
    );
    assert_eq!(
        grants.needs(Permission::EvidenceRead),
        "the description of the plugin `technical` must ask for `evidence.read`"
    );
}

#[test]
fn what_is_required_and_not_held_is_refused_with_the_line_that_would_allow_it() {
    let policy = with_roles("[roles.judge]\nallow = [\"*\"]\ndeny = [\"evidence.read\"]\n[roles.empty]");
    let requires = names(&["evidence.read"]);
    let request = Request {
        plugin: "mine",
        requires: &requires,
        wants: &[],
        imports: &[],
    };
    let said = |role| {
        Grants::resolve(&policy, role, request)
            .expect_err("it is not held")
            .to_string()
    };
    assert_eq!(
        said("judge"),
        "the plugin `mine` requires `evidence.read`, which its role `judge` does not hold; take \"evidence.read\" out of \
         `deny` of [roles.judge] (policy.toml:4), for `deny` wins over every `allow`"
    );
    assert_eq!(
        said("empty"),
        "the plugin `mine` requires `evidence.read`, which its role `empty` does not hold; add \"evidence.read\" to \
         `allow` of [roles.empty] (policy.toml:5)"
    );
    assert_eq!(said("nobody"), "the policy policy.toml has no role `nobody`");
    let requires = names(&["evidence.raed"]);
    let request = Request {
        plugin: "mine",
        requires: &requires,
        wants: &[],
        imports: &[],
    };
    let error = Grants::resolve(&policy, "judge", request).expect_err("it does not exist");
    assert!(matches!(error, GrantError::UnknownPermission { .. }));
    assert!(
        error
            .to_string()
            .ends_with("does not know; it may mean `evidence.read`"),
        "{error}"
    );
}

#[test]
fn settings_keep_their_order_and_know_all_parameters() {
    let policy = with_roles(
        r#"
[roles.judge]
[rules]
"technical/placeholder" = [{ mode = "off", paths = ["b/**", "a/*.rs"] }, "warn"]
"technical/large-file" = [{ mode = "warn", paths = ["assets/**"] }, { max_kib = 64 }]
"#,
    );
    let shown: Vec<_> = policy.settings().iter().map(line).collect();
    assert_eq!(
        shown,
        [
            "technical/god-file Block [] block_lines=2000,warn_lines=1750",
            "technical/large-file Warn [assets/**] max_kib=64",
            "technical/large-file Block [] max_kib=64",
            "technical/mass-deletion Block [] min_lines=1000",
            "technical/placeholder Off [b/**,a/*.rs] ",
            "technical/placeholder Warn [] ",
        ]
    );
    let terms = policy.terms("default", Vec::new()).expect("the council is there");
    assert_eq!(terms.settings.len(), 6);
    assert_eq!(terms.settings[4].mode, Mode::Off);
    assert!(policy.terms("release", Vec::new()).is_none());
}

fn line(setting: &Setting) -> String {
    let paths: Vec<_> = setting.paths.iter().map(ToString::to_string).collect();
    let parameters: Vec<_> = setting
        .parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{} {:?} [{}] {}",
        setting.rule,
        setting.mode,
        paths.join(","),
        parameters.join(",")
    )
}

#[test]
fn the_rules_of_a_judge_are_found_under_its_own_name_or_its_plugins() {
    let policy = parse(
        r#"
version = 1
[roles.judge]
[judges.first]
plugin = "technical"
role = "judge"
[judges.mine]
plugin = "./mine.wasm"
role = "judge"
[rules]
"technical/secret" = "warn"
"mine/anything" = { limit_count = 3 }
[councils.default]
judges = ["first", "mine"]
"#,
    );
    let rules = |judge| -> Vec<&str> {
        let judge = policy.judge(judge).expect("the judge is there");
        policy.settings_of(judge).map(|setting| setting.rule.as_str()).collect()
    };
    assert_eq!(
        rules("first"),
        [
            "technical/god-file",
            "technical/large-file",
            "technical/mass-deletion",
            "technical/secret"
        ]
    );
    assert_eq!(rules("mine"), ["mine/anything"]);
}

#[test]
fn councils_default_to_everybody_and_unanimity() {
    let policy = with_roles("[roles.judge]");
    let council = policy.council(policy.default_council()).expect("it is there");
    assert_eq!(council.terms.rule, Rule::Unanimous);
    assert_eq!(council.terms.quorum, 1);
    assert!(!council.show_author);
    assert_eq!(policy.default_tier(), Tier::Two);
    assert_eq!(policy.budget(Tier::One).lines_max, 250);
}

#[test]
fn councils_keep_seats_in_order_with_weight_and_veto() {
    let policy = parse(
        r#"
version = 1
default_council = "release"
[roles.judge]
[judges.a]
plugin = "a"
role = "judge"
[judges.b]
plugin = "b"
role = "judge"
[councils.release]
judges = ["b", "a"]
quorum = 1
rule = "weighted"
weights = { a = 2, b = 3 }
threshold_percent = 60
veto = ["a"]
show_author = true
"#,
    );
    let council = policy.council("release").expect("it is there");
    let seats: Vec<_> = council
        .terms
        .seats
        .iter()
        .map(|seat| (seat.judge.as_str(), seat.weight, seat.veto))
        .collect();
    assert_eq!(seats, [("b", 3, false), ("a", 2, true)]);
    assert_eq!(council.terms.rule, Rule::Weighted { threshold_percent: 60 });
    assert_eq!(council.terms.quorum, 1);
    assert!(council.show_author);
}

#[test]
fn the_digest_is_that_of_the_bytes() {
    let text = format!("version = 1\n[roles.judge]\n{REST}");
    assert_eq!(parse(&text).digest(), Digest::of(text.as_bytes()));
    assert_ne!(parse(&text).digest(), parse(&format!("{text}\n")).digest());
}

#[test]
fn a_policy_is_summed_up_at_a_glance() {
    let policy = with_roles(
        r#"
[roles.judge]
allow = ["evidence.*"]
deny = ["evidence.search"]
[roles.judge.limits]
memory_mib = 64
[roles.writer]
inherits = ["judge"]
allow = ["workspace.*"]
files.read = ["**"]
files.write = ["src/**", "docs/**"]
process.allow = [["cargo", "test", "**"]]
environment.set.LANG = "C"
[agents.scribe]
plugin = "codemod"
role = "writer"
[rules]
"technical/placeholder" = { mode = "warn", paths = ["docs/**"] }
"#,
    );
    let expected = "
roles
  judge   evidence.changes, evidence.hunks, evidence.read
          evidence.list, evidence.document, log.*
          memory_mib = 64
  writer  evidence.changes, evidence.hunks, evidence.read
          evidence.list, evidence.document, workspace.*, log.*
          read **
          write src/**, docs/**
          process cargo test **
          environment LANG = \"C\"
          memory_mib = 64

agents
  scribe  plugin codemod, role writer

judges
  technical  plugin technical, role judge

councils
  default  unanimous, quorum 1 of 1, the default
           technical

budgets
  tier 1       10 files         250 lines
  tier 2      100 files      10,000 lines  (without a spec)
  tier 3      500 files      40,000 lines

rules
  technical/god-file       block, block_lines = 2000, warn_lines = 1750
  technical/large-file     block, max_kib = 1024
  technical/mass-deletion  block, min_lines = 1000
  technical/placeholder    warn in docs/**
";
    assert_eq!(Summary(&policy).to_string(), expected);
}
