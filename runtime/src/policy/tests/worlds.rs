//! Small worlds: random small policies, and every access that they could decide, against the dullest model there is.

use super::parse;
use crate::policy::Policy;
use crate::policy::access::{self, Context, Resource};
use crate::policy::diff::{Effect, diff};
use crate::policy::grant::{Grants, Request};
use crate::policy::http::HttpGrant;
use crate::policy::limits::Limit;
use crate::policy::permission::Permission;
use crate::policy::place::Place;
use crate::policy::process::{Confinement, SystemGrant, deciding};
use crate::policy::role::Role;
use assize_provenance::opinion::{Absence, Opinion, Vote};
use assize_provenance::verdict::{Heard, Outcome, decide};
use std::collections::BTreeSet;

/// Numbers that look random and follow from a seed (splitmix64, Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("it is below a usize")
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    /// Up to `max` different words as the items of a list.
    fn some(&mut self, words: &[&str], max: usize) -> String {
        let chosen: BTreeSet<String> = (0..self.below(max + 1))
            .map(|_| format!("{:?}", self.of(words)))
            .collect();
        chosen.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// How many turns a whole small policy takes, or a few more.
const KNOBS: usize = 72;

/// One seed for each choice in a small policy, so that a single choice can be made anew.
#[derive(Clone)]
struct Knobs {
    seeds: Vec<u64>,
    turned: usize,
}

impl Knobs {
    fn new(dice: &mut Dice) -> Self {
        let seeds = (0..KNOBS).map(|_| dice.below(usize::MAX) as u64).collect();
        Self { seeds, turned: 0 }
    }

    /// The dice of the next choice.
    fn turn(&mut self) -> Dice {
        let seed = self.seeds[self.turned];
        self.turned += 1;
        Dice(seed)
    }

    /// The same choices but for one of the last `among`.
    fn but_one(&self, dice: &mut Dice, among: usize) -> Self {
        let mut other = self.clone();
        other.turned = 0;
        let among = among.min(self.turned);
        other.seeds[self.turned - among + dice.below(among)] = dice.below(usize::MAX) as u64;
        other
    }
}

const ROLES: [&str; 3] = ["a", "b", "c"];
const PERMISSIONS: [&str; 9] = [
    "*",
    "workspace.*",
    "workspace.read",
    "workspace.write",
    "process.run",
    "tasks.*",
    "tasks.claim",
    "tasks.assign",
    "log.*",
];
const PATTERNS: [&str; 14] = [
    "**", "src/**", "src/*", "*", "**/x", "src/x", "s?c/*", "*/x", ".git/**", ".git/x", "src/**/x", "x", ".*/**",
    "s*/x",
];
const PATHS: [&str; 12] = [
    "x",
    "y",
    "src",
    "src/x",
    "src/y",
    "src/a/x",
    "srk/x",
    ".git",
    ".git/x",
    ".git/a/x",
    ".assize/x",
    "src/.git/x",
];
const COMMANDS: [&str; 9] = [
    "[\"a\"]",
    "[\"a\", \"*\"]",
    "[\"a\", \"**\"]",
    "[\"a\", \"b\"]",
    "[\"a\", \"*\", \"b\"]",
    "[\"b\", \"**\"]",
    "{ run = [\"a\", \"b\"], unconfined = true }",
    "{ run = [\"a\", \"**\"], network = true }",
    "{ run = [\"b\"], network = true }",
];
const SYSTEM: [&str; 3] = ["/opt", "/opt/x", "~/tools"];
const CALLS: [&[&str]; 8] = [
    &["a"],
    &["a", "b"],
    &["a", "c"],
    &["a", "b", "b"],
    &["a", "c", "b"],
    &["a", "c", "c"],
    &["b"],
    &["b", "a", "a", "a"],
];
const PREFIXES: [&str; 5] = ["/", "/r", "/r/", "/r/x", "/rx"];
const ADDRESSES: [&str; 6] = ["/", "/r", "/r/", "/r/x", "/rx", "/r/x/y"];
const ORIGINS: [&str; 2] = ["https://a.example", "https://b.example"];
const NETWORKS: [&str; 4] = ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "fd00::/8"];
const HOSTS: [&str; 4] = ["10.1.0.1", "10.2.0.1", "10.3.0.1", "fd00::1"];
const TYPES: [&str; 3] = ["test", "code", "qa"];

/// Writes a small policy: three roles that may inherit those before them, two agents, up to three judges. Every choice turns
/// one knob, whatever the choices before it were.
fn policy(knobs: &mut Knobs) -> String {
    let mut text = "version = 1\n[roles.judge]\nallow = [\"evidence.*\"]\n".to_owned();
    for (number, role) in ROLES.iter().enumerate() {
        text += &role_text(number, role, knobs);
    }
    for agent in ["one", "two"] {
        let (plugin, role) = (knobs.turn().of(&["p", "q"]), knobs.turn().of(&ROLES));
        if knobs.turn().below(3) > 0 {
            text += &format!("[agents.{agent}]\nplugin = {plugin:?}\nrole = {role:?}\n");
        }
    }
    text + &judging(knobs)
}

fn role_text(number: usize, role: &str, knobs: &mut Knobs) -> String {
    let mut inherits = knobs.turn();
    let parents = if number == 0 {
        String::new()
    } else {
        inherits.some(&ROLES[..number], 2)
    };
    let mut text = format!("[roles.{role}]\ninherits = [{parents}]\n");
    text += &format!("allow = [{}]\n", knobs.turn().some(&PERMISSIONS, 3));
    text += &format!("deny = [{}]\n", knobs.turn().some(&PERMISSIONS[2..], 1));
    let write: Vec<&str> = PATTERNS
        .into_iter()
        .filter(|pattern| !pattern.contains(".git"))
        .collect();
    text += &format!("files.read = [{}]\n", knobs.turn().some(&PATTERNS, 3));
    text += &format!("files.write = [{}]\n", knobs.turn().some(&write, 2));
    let mut dice = knobs.turn();
    let commands: BTreeSet<&str> = (0..dice.below(3)).map(|_| dice.of(&COMMANDS)).collect();
    text += &format!(
        "process.allow = [{}]\n",
        commands.into_iter().collect::<Vec<_>>().join(", ")
    );
    text += &format!("process.system = [{}]\n", knobs.turn().some(&SYSTEM, 1));
    // Every role sets every variable, so that inherited ones never contradict each other.
    for name in ["ONE", "TWO"] {
        text += &format!(
            "environment.set.{name} = {:?}\n",
            knobs.turn().of(&["one", "two", "two"])
        );
    }
    let (mut types, mut reassign) = (knobs.turn(), knobs.turn());
    if types.below(2) == 0 {
        text += &format!("tasks.types = [\"qa\", {}]\n", types.some(&TYPES[..2], 2));
    }
    if reassign.below(2) == 0 {
        text += &format!("tasks.can_reassign = {}\n", reassign.below(2) == 0);
    }
    text += &format!("limits.claimed_tasks = {}\n", 1 + knobs.turn().below(3));
    let (mut http, mut prefix, mut secret) = (knobs.turn(), knobs.turn(), knobs.turn());
    let (origin, method) = (
        http.of(&ORIGINS),
        http.of(&["\"GET\"", "\"POST\"", "\"GET\", \"POST\""]),
    );
    text += &format!("[[roles.{role}.http]]\norigin = {origin:?}\nmethods = [{method}]\n");
    text += &format!("path_prefix = {:?}\n", prefix.of(&PREFIXES));
    text += &format!("networks = [{}]\n", knobs.turn().some(&NETWORKS, 2));
    if secret.below(2) == 0 {
        let key = secret.of(&["header", "query", "field"]);
        text += &format!("[[roles.{role}.secrets]]\nname = \"s\"\norigin = {origin:?}\n{key} = \"k\"\n");
    }
    text
}

/// Writes who judges, and the settings of one rule.
fn judging(knobs: &mut Knobs) -> String {
    const JUDGES: [&str; 3] = ["k", "l", "m"];
    let mut text = String::new();
    for judge in JUDGES {
        text += &format!("[judges.{judge}]\nplugin = {judge:?}\nrole = \"judge\"\n");
    }
    let modes = ["block", "warn", "off"];
    let mut settings = String::new();
    for _ in 0..2 {
        let (mut there, mut mode, mut paths) = (knobs.turn(), knobs.turn(), knobs.turn());
        if there.below(2) == 0 {
            settings += &format!(
                "{{ mode = {:?}, paths = [{:?}] }}, ",
                mode.of(&modes),
                paths.of(&PATTERNS)
            );
        }
    }
    text += &format!("[rules]\n\"k/r\" = [{settings}{:?}]\n", knobs.turn().of(&modes));
    let mut seated = knobs.turn();
    let mut seats: Vec<&str> = JUDGES.into_iter().filter(|_| seated.below(3) > 0).collect();
    if seats.is_empty() {
        seats.push("l");
    }
    text += &format!(
        "[councils.default]\njudges = {seats:?}\nquorum = {}\n",
        1 + knobs.turn().below(seats.len())
    );
    let (mut rule, mut weights, mut threshold) = (knobs.turn(), knobs.turn(), knobs.turn());
    text += match rule.below(3) {
        0 => "rule = \"unanimous\"\n",
        1 => "rule = \"majority\"\n",
        _ => "rule = \"weighted\"\n",
    };
    if text.ends_with("\"weighted\"\n") {
        let weights: Vec<_> = seats
            .iter()
            .map(|seat| format!("{seat} = {}", 1 + weights.below(2)))
            .collect();
        text += &format!("weights = {{ {} }}\n", weights.join(", "));
        text += &format!("threshold_percent = {}\n", threshold.of(&["51", "67", "100"]));
    }
    text + &format!("veto = [{}]\n", knobs.turn().some(&seats, 1))
}

/// Whether a grant names the network of an address.
fn leads_to(grant: &HttpGrant, host: &str) -> bool {
    let address = host.parse().expect("an address");
    grant.networks.iter().any(|network| network.contains(address))
}

/// Everything that a role lets somebody do in the small world, one text for each single access.
fn accesses(role: &Role) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    let mut ask = |permission: Permission, resource: Resource<'_>, claimed_tasks: u64, said: String| {
        let context = Context {
            resource,
            claimed_tasks,
        };
        if access::check(role, permission, &context).granted {
            open.insert(format!("{permission} {said}"));
        }
    };
    for permission in Permission::ALL.iter().copied() {
        ask(permission, Resource::Unnamed, 0, String::new());
        for path in PATHS {
            ask(permission, Resource::Path(path), 0, path.to_owned());
        }
    }
    for call in CALLS {
        ask(Permission::ProcessRun, Resource::Command(call), 0, call.join(" "));
    }
    for task_type in TYPES.map(Some).into_iter().chain([None]) {
        for is_anothers in [false, true] {
            for claimed in 0..4 {
                let resource = Resource::Task { task_type, is_anothers };
                let said = format!("{task_type:?} {is_anothers} {claimed}");
                ask(Permission::TasksClaim, resource, claimed, said.clone());
                ask(Permission::TasksAssign, resource, claimed, said);
            }
        }
    }
    for call in CALLS {
        let furthest = deciding(&role.commands, call).map(|grant| grant.confinement);
        for confinement in [Confinement::Network, Confinement::None] {
            if furthest.is_some_and(|furthest| furthest >= confinement) {
                open.insert(format!("{} {confinement:?}", call.join(" ")));
            }
        }
    }
    open.extend(system(&role.system).map(|folder| format!("system {folder}")));
    for method in ["GET", "POST"] {
        for origin in ORIGINS {
            for path in ADDRESSES {
                let opening = role.http.iter().filter(|grant| grant.opens(origin, method, path));
                for grant in opening {
                    open.insert(format!("http {method} {origin}{path}"));
                    let inside = HOSTS.iter().filter(|host| leads_to(grant, host));
                    open.extend(inside.map(|host| format!("http {method} {origin}{path} at {host}")));
                }
            }
        }
    }
    open.extend(
        role.environment
            .iter()
            .map(|(name, variable)| format!("variable {name} {}", variable.source)),
    );
    open.extend(role.secrets.iter().map(|secret| format!("secret {secret}")));
    for limit in Limit::ALL {
        open.extend((1..=role.limits.get(limit).min(20)).map(|step| format!("{} {step}", limit.name())));
    }
    open
}

/// Which folders of the small world commands read.
fn system(grants: &[SystemGrant]) -> impl Iterator<Item = &'static str> {
    ["/opt", "/opt/x", "/opt/x/y", "/opt/z", "~/tools"]
        .into_iter()
        .filter(|folder| {
            let asked = SystemGrant {
                path: (*folder).to_owned(),
                place: Place {
                    role: String::new(),
                    item: String::new(),
                    line: 1,
                },
            };
            grants.iter().any(|grant| grant.covers(&asked))
        })
}

/// Everything that a policy lets anybody do: each role by hand, each agent as the plugin that it is.
fn world(policy: &Policy) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for role in policy.roles() {
        all.extend(
            accesses(role)
                .into_iter()
                .map(|access| format!("role {} {access}", role.name)),
        );
    }
    for agent in policy.agents() {
        let role = policy.role(&agent.role).expect("the policy is checked");
        let who = format!("agent {} {}", agent.name, agent.plugin);
        all.extend(accesses(role).into_iter().map(|access| format!("{who} {access}")));
    }
    all
}

/// Every way to approve: what each judge of the small world says, where the council then approves.
fn approvals(policy: &Policy) -> BTreeSet<String> {
    const VOICES: [Option<Vote>; 4] = [Some(Vote::Approve), Some(Vote::Reject), Some(Vote::Abstain), None];
    let terms = policy.terms("default", Vec::new()).expect("the council is there");
    let mut approving = BTreeSet::new();
    for number in 0..64_usize {
        let voices = [number % 4, number / 4 % 4, number / 16];
        let heard = terms.council.seats.iter().map(|seat| {
            let at = ["k", "l", "m"]
                .iter()
                .position(|name| *name == seat.judge)
                .expect("it is one of three");
            let opinion: Heard = VOICES[voices[at]].ok_or(Absence::TimedOut).map(|vote| Opinion {
                vote,
                findings: Vec::new(),
                rationale: String::new(),
            });
            (seat.judge.clone(), opinion)
        });
        let verdict = decide(&terms, &heard.collect::<Vec<_>>()).expect("the council is one");
        if verdict.outcome == Outcome::Approved {
            approving.insert(format!("{voices:?}"));
        }
    }
    // A finding of the one rule in each path, and whether it counts.
    for path in PATHS {
        let setting = terms.settings.iter().find(|setting| {
            setting.rule == "k/r"
                && (setting.paths.is_empty() || setting.paths.iter().any(|pattern| pattern.matches(path)))
        });
        let laxness = setting.map_or(0, |setting| setting.mode as usize);
        approving.extend((0..=laxness).map(|step| format!("{path} {step}")));
    }
    approving
}

/// Holds that whatever opens between the two policies is called a widening; tells whether anything opened.
fn is_told(old: &Policy, new: &Policy, before: &World, after: &World) -> (bool, bool) {
    let changes = diff(old, new);
    let more: Vec<_> = after.accesses.difference(&before.accesses).collect();
    let passes: Vec<_> = after.approvals.difference(&before.approvals).collect();
    let opened = !more.is_empty() || !passes.is_empty();
    let told = changes.iter().any(|change| change.effect == Effect::Widens);
    assert!(told || !opened, "{more:?} {passes:?}\n{old:#?}\n{new:#?}\n{changes:#?}");
    (opened, told)
}

/// Everything that the small world knows of a policy.
struct World {
    accesses: BTreeSet<String>,
    approvals: BTreeSet<String>,
}

impl World {
    fn of(policy: &Policy) -> Self {
        Self {
            accesses: world(policy),
            approvals: approvals(policy),
        }
    }
}

#[test]
fn no_difference_that_opens_anything_is_called_harmless() {
    let mut dice = Dice(20_261_125);
    let (mut pairs, mut opened, mut harmless, mut overcautious) = (0, 0, 0, 0);
    for round in 0..2_400 {
        // One choice is made anew, so that no other widening hides one that is missed.
        let mut one = Knobs::new(&mut dice);
        let old = policy(&mut one);
        // Every other time it is one of the council's, which are few.
        let mut other = one.but_one(&mut dice, if round % 2 == 0 { KNOBS } else { 6 });
        let new = policy(&mut other);
        if old == new {
            continue;
        }
        pairs += 1;
        let (old, new) = (parse(&old), parse(&new));
        let (before, after) = (World::of(&old), World::of(&new));
        for (is_open, told) in [
            is_told(&old, &new, &before, &after),
            is_told(&new, &old, &after, &before),
        ] {
            opened += usize::from(is_open);
            harmless += usize::from(!told);
            overcautious += usize::from(told && !is_open);
        }
    }
    // The worlds are worth something: many pairs open something, and what opens nothing is mostly known to.
    assert!(
        pairs > 800 && opened > 500 && harmless > 300 && overcautious < opened,
        "{pairs} {opened} {harmless} {overcautious}"
    );
}

#[test]
fn whoever_acts_for_another_may_do_what_both_may_and_nothing_else() {
    let mut dice = Dice(7);
    let mut compared = 0;
    for _ in 0..300 {
        let policy = parse(&policy(&mut Knobs::new(&mut dice)));
        let wants: Vec<String> = Permission::ALL
            .iter()
            .map(|permission| permission.name().to_owned())
            .collect();
        let mut grants = |role: &str| {
            let from = dice.below(wants.len() / 2);
            let request = Request {
                plugin: role,
                requires: &[],
                wants: &wants[from..],
                imports: &[],
            };
            Grants::resolve(&policy, role, request).expect("nothing is required")
        };
        let (a, b, c) = (grants("a"), grants("b"), grants("c"));
        let both = a.attenuate(&b).attenuate(&c);
        for permission in Permission::ALL.iter().copied() {
            let all = [&a, &b, &c];
            assert_eq!(both.allows(permission), all.iter().all(|one| one.allows(permission)));
            for path in PATHS {
                let context = Context {
                    resource: Resource::Path(path),
                    claimed_tasks: 0,
                };
                let expected = all.iter().all(|one| one.check(permission, &context).granted);
                assert_eq!(
                    both.check(permission, &context).granted,
                    expected,
                    "{permission} {path}"
                );
                compared += 1;
            }
        }
        powers_are_shared(&both, [&a, &b, &c]);
    }
    assert!(compared > 100_000);
}

/// Holds that everything besides the permissions is open to `both` where it is open to all.
fn powers_are_shared(both: &Grants, all: [&Grants; 3]) {
    for path in PATHS {
        let all = all.map(Grants::files);
        assert_eq!(
            both.files().may_read(path),
            all.iter().all(|files| files.may_read(path))
        );
        assert_eq!(
            both.files().may_write(path),
            all.iter().all(|files| files.may_write(path))
        );
        assert_eq!(
            both.files().may_pass(path),
            all.iter().all(|files| files.may_pass(path))
        );
    }
    for call in CALLS {
        let opens = |grants: &Grants| grants.commands().iter().any(|grant| grant.opens(call));
        assert_eq!(opens(both), all.iter().all(|one| opens(one)), "{call:?}");
        let furthest = |grants: &Grants| deciding(grants.commands(), call).map(|grant| grant.confinement);
        assert_eq!(
            furthest(both),
            all.iter().map(|one| furthest(one)).min().flatten(),
            "{call:?}"
        );
    }
    let read: BTreeSet<_> = system(both.system()).collect();
    let read_by_all = system(all[0].system()).filter(|folder| {
        let mut others = all[1..].iter();
        others.all(|one| system(one.system()).any(|known| known == *folder))
    });
    assert_eq!(read, read_by_all.collect());
    for origin in ORIGINS {
        for (method, path) in ["GET", "POST"]
            .into_iter()
            .flat_map(|method| ADDRESSES.map(|path| (method, path)))
        {
            let opens = |grants: &Grants| grants.http().iter().any(|grant| grant.opens(origin, method, path));
            assert_eq!(opens(both), all.iter().all(|one| opens(one)), "{method} {origin}{path}");
            for host in HOSTS {
                let opens = |grants: &Grants| {
                    let mut opening = grants.http().iter().filter(|grant| grant.opens(origin, method, path));
                    opening.any(|grant| leads_to(grant, host))
                };
                assert_eq!(
                    opens(both),
                    all.iter().all(|one| opens(one)),
                    "{method} {origin}{path} at {host}"
                );
            }
        }
    }
    for (name, variable) in both.environment().iter() {
        let sources = all.map(|one| one.environment().get(name).map(|variable| &variable.source));
        assert_eq!(sources, [Some(&variable.source); 3]);
    }
    for limit in Limit::ALL {
        let least = all.map(|one| one.limits().get(limit)).into_iter().min();
        assert_eq!(Some(both.limits().get(limit)), least);
    }
    for (name, task_type) in TYPES.iter().map(|name| (*name, Some(*name))) {
        let takes = all.iter().all(|one| one.tasks().takes(task_type));
        assert_eq!(both.tasks().takes(task_type), takes, "{name}");
    }
}
