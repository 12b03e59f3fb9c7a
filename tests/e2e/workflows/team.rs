//! A team that needs no language model: a manager, an architect, a developer, a tester and a writer, each of whom says and does
//! the same every time. What they are asked for stands in the first number of their input: a round of the discussion, or the
//! number of a task on the board, which is larger than any round.

use assize_tests::guests;

/// Where the texts of a member stand.
const TEXTS: usize = 16_384;
/// The number of the first task on the board is larger than this.
const ROUNDS_MAX: u32 = 9;

/// What every member can do: insist on the answer at 6144, read numbers from its input, say texts and numbers as its output.
const SKILLS: &str = r#"
  (global $seen (mut i32) (i32.const 0))
  (global $said (mut i32) (i32.const 40960))
  (func $granted (if (i32.load8_u (i32.const 6144)) (then (unreachable))))
  (func $refused (if (i32.eqz (i32.load8_u (i32.const 6144))) (then (unreachable))))
  (func $answer (result i64) (call $granted) (i64.load (i32.const 6152)))
  (func $digit (result i32) (i32.sub (i32.load8_u (global.get $seen)) (i32.const 48)))
  (func $number (result i64) (local $number i64)
    (loop $skip
      (if (i32.gt_u (call $digit) (i32.const 9)) (then
        (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
        (br $skip))))
    (loop $digits
      (if (i32.le_u (call $digit) (i32.const 9)) (then
        (local.set $number (i64.add
          (i64.mul (local.get $number) (i64.const 10))
          (i64.extend_i32_u (call $digit))))
        (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
        (br $digits))))
    (local.get $number))
  (func $say_byte (param $byte i32)
    (i32.store8 (global.get $said) (local.get $byte))
    (global.set $said (i32.add (global.get $said) (i32.const 1))))
  (func $say (param $from i32) (param $length i32)
    (if (local.get $length) (then
      (call $say_byte (i32.load8_u (local.get $from)))
      (call $say (i32.add (local.get $from) (i32.const 1)) (i32.sub (local.get $length) (i32.const 1))))))
  (func $say_number (param $number i64)
    (if (i64.ge_u (local.get $number) (i64.const 10)) (then
      (call $say_number (i64.div_u (local.get $number) (i64.const 10)))))
    (call $say_byte (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10))))))
  (func $done (result i32)
    (if (i32.gt_u (global.get $said) (i32.const 40960)) (then
      (i32.store (i32.const 2060) (i32.const 40960))
      (i32.store (i32.const 2064) (i32.sub (global.get $said) (i32.const 40960)))))
    (i32.const 2048))
"#;

/// A member while it is written down: its texts, and what it does in each round.
#[derive(Default)]
struct Member {
    texts: String,
    length: usize,
    deeds: String,
}

impl Member {
    /// Puts a text into its memory; gives where, as two arguments.
    fn text(&mut self, text: &str) -> String {
        let at = TEXTS + self.length;
        let escaped: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        self.texts.push_str(&format!("(data (i32.const {at}) \"{escaped}\")\n"));
        self.length += text.len();
        format!("(i32.const {at}) (i32.const {})", text.len())
    }

    /// What it does in a round.
    fn round(&mut self, round: u32, deeds: &str) {
        self.deeds.push_str(&format!(
            "(if (i64.eq (local.get $round) (i64.const {round})) (then {deeds}))\n"
        ));
    }

    /// What it does for a task on the board.
    fn work(&mut self, deeds: &str) {
        self.deeds.push_str(&format!(
            "(if (i64.gt_u (local.get $round) (i64.const {ROUNDS_MAX})) (then {deeds}))\n"
        ));
    }

    /// Votes for the decision whose number comes next in the input.
    fn votes(&mut self, round: u32, reason: &str) {
        let reason = self.text(reason);
        self.round(
            round,
            &format!("(call $vote (call $number) (i32.const 0) {reason} (i32.const 6144)) (call $granted)"),
        );
    }

    /// Writes a file for a task on the board, after it has read those that must be there.
    fn writes(&mut self, path: &str, text: &str, reads: &[&str]) {
        let mut deeds = String::new();
        for path in reads {
            let path = self.text(path);
            deeds.push_str(&format!(
                "(call $read {path} (i64.const 0) (i32.const 100) (i32.const 6144)) (call $granted)\n"
            ));
        }
        let (path, text) = (self.text(path), self.text(text));
        deeds.push_str(&format!(
            "(call $write {path} {text} (i32.const 1) (i32.const 6144)) (call $granted)"
        ));
        self.work(&deeds);
    }

    fn component(&self) -> Vec<u8> {
        let fields = format!("{SKILLS}\n{}", self.texts);
        let body = format!(
            "(local $round i64) (global.set $seen (local.get $input)) (local.set $round (call $number))\n{}\n(call $done)",
            self.deeds
        );
        guests::agent_with(&fields, &body)
    }
}

/// No number where there may be one, and no text.
const NO_NUMBER: &str = "(i32.const 0) (i64.const 0)";
const NO_TEXT: &str = "(i32.const 0) (i32.const 0) (i32.const 0)";

/// Round 1: a vision. Round 4: tasks that need each other, for members by name, and a decision about them, all of whose numbers it
/// gives. Round 6: a workflow of the tasks, started, if the decision was approved.
pub(super) fn manager() -> Vec<u8> {
    let mut member = Member::default();
    let (topic, body) = (member.text("plans"), member.text("We build a clock."));
    let (key, value) = (member.text("vision"), member.text("A clock that everybody can read."));
    member.round(
        1,
        &format!(
            "(call $post {topic} {body} {NO_NUMBER} (i32.const 6144)) (call $granted)
             (call $share {key} {value} (i32.const 6144)) (call $granted)"
        ),
    );
    let mut deeds = String::new();
    for (place, (title, role)) in [
        ("Build the clock", "developer"),
        ("Test the clock", "tester"),
        ("Describe the clock", "writer"),
    ]
    .into_iter()
    .enumerate()
    {
        let (title, description) = (member.text(title), member.text("As the design says."));
        let role = member.text(role);
        // What was created before is what it needs; the numbers stand at 6400.
        deeds.push_str(&format!(
            "(call $task_create {title} {description} {NO_TEXT} (i32.const 1) {role} (i32.const 0) {NO_NUMBER}
               (i32.const 6400) (i32.const {place}) (i32.const 6144))
             (i64.store (i32.const {slot}) (call $answer))
             (call $task_assign (i64.load (i32.const {slot})) {role} (i32.const 6144)) (call $granted)\n",
            slot = 6_400 + 8 * place
        ));
    }
    let (title, body) = (
        member.text("Build it so"),
        member.text("The tasks are those of the design."),
    );
    for (place, voter) in ["architect", "developer", "tester"].iter().enumerate() {
        let voter = member.text(voter);
        let mut numbers = voter.trim_start_matches("(i32.const ").splitn(2, ") (i32.const ");
        let at = numbers.next().expect("a place");
        let length = numbers.next().expect("a length").trim_end_matches(')');
        let slot = 6_656 + 8 * place;
        deeds.push_str(&format!(
            "(i32.store (i32.const {slot}) (i32.const {at})) (i32.store (i32.const {}) (i32.const {length}))\n",
            slot + 4
        ));
    }
    deeds.push_str(&format!(
        "(call $propose {title} {body} (i32.const 6656) (i32.const 3) (i32.const 0) (i32.const 0)
           (i32.const 3) (i32.const 60) (i32.const 6144))
         (i64.store (i32.const 6424) (call $answer))\n"
    ));
    for (place, name) in ["build", "test", "describe", "decision"].iter().enumerate() {
        let begin = if place == 0 { '{' } else { ',' };
        let name = member.text(&format!("{begin}\"{name}\":"));
        deeds.push_str(&format!(
            "(call $say {name}) (call $say_number (i64.load (i32.const {})))\n",
            6_400 + 8 * place
        ));
    }
    deeds.push_str("(call $say_byte (i32.const 125))");
    member.round(4, &deeds);
    let name = member.text("clock");
    member.round(
        6,
        &format!(
            "(call $decision (call $number) (i32.const 6144)) (call $granted)
             (if (i32.ne (i32.load8_u (i32.const 6208)) (i32.const 1)) (then (unreachable)))
             (i64.store (i32.const 6400) (call $number))
             (i64.store (i32.const 6408) (call $number))
             (i64.store (i32.const 6416) (call $number))
             (call $workflow {name} (i32.const 6400) (i32.const 3) (i32.const 6144))
             (i64.store (i32.const 6424) (call $answer))
             (call $workflow_start (i64.load (i32.const 6424)) (i32.const 6144)) (call $granted)"
        ),
    );
    member.component()
}

/// Round 2: reads the vision, says what it thinks, and stores the design. Round 5: votes.
pub(super) fn architect() -> Vec<u8> {
    let mut member = Member::default();
    let (key, topic) = (member.text("vision"), member.text("plans"));
    let body = member.text("A face and two hands.");
    let (name, kind) = (member.text("design.txt"), member.text("text/plain"));
    let design = member.text("The short hand shows hours, the long one minutes.");
    member.round(
        2,
        &format!(
            "(call $known {key} (i32.const 6144)) (call $granted)
             (call $post {topic} {body} {NO_NUMBER} (i32.const 6144)) (call $granted)
             (call $store {name} {kind} {design} (i32.const 6144)) (call $granted)"
        ),
    );
    member.votes(5, "it is what I drew");
    member.component()
}

/// Round 3: would like to create a task, which its role does not let it. Round 5: votes. Builds the clock.
pub(super) fn developer() -> Vec<u8> {
    let mut member = Member::default();
    let title = member.text("A better clock");
    member.round(
        3,
        &format!(
            "(call $task_create {title} {title} {NO_TEXT} {NO_TEXT} (i32.const 0) {NO_NUMBER}
               (i32.const 0) (i32.const 0) (i32.const 6144))
             (call $refused)"
        ),
    );
    member.votes(5, "it can be built");
    member.writes("src/clock.txt", "tick\n", &[]);
    member.component()
}

/// Round 5: votes. Tests what was built, which has to be there.
pub(super) fn tester() -> Vec<u8> {
    let mut member = Member::default();
    member.votes(5, "it can be tested");
    member.writes("tests/clock.txt", "tick, and not tock\n", &["src/clock.txt"]);
    member.component()
}

/// Describes what was built and tested, which has to be there.
pub(super) fn writer() -> Vec<u8> {
    let mut member = Member::default();
    let reads = ["src/clock.txt", "tests/clock.txt"];
    member.writes("docs/clock.txt", "It ticks.\n", &reads);
    member.component()
}
