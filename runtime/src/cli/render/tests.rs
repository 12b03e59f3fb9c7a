//! Drawings, to the last space. The corpus of policies holds many more.

use super::{Style, diagnostic, diagnostics};
use crate::diagnostic::{Diagnostic, Label};

const PLAIN: Style = Style {
    columns: 80,
    colour: false,
};

fn problem(labels: Vec<(std::ops::Range<usize>, &str)>) -> Diagnostic {
    Diagnostic {
        code: "P005",
        message: "[roles.judge] has no key `alow`".to_owned(),
        file: ".assize/policy.toml".to_owned(),
        labels: labels
            .into_iter()
            .map(|(span, text)| Label {
                span,
                text: text.to_owned(),
            })
            .collect(),
        hint: Some("did you mean `allow`?".to_owned()),
    }
}

#[test]
fn a_problem_shows_its_place_its_reason_and_the_way_out() {
    let source = "version = 1\n\n[roles.judge]\nalow = []\nallow = []\n";
    let drawn = diagnostic(
        &problem(vec![(27..31, "unknown key"), (37..42, "like this one")]),
        source,
        PLAIN,
    );
    let expected = "\
error[P005]: [roles.judge] has no key `alow`
 --> .assize/policy.toml:4:1
  |
4 | alow = []
  | ^^^^ unknown key
5 | allow = []
  | ----- like this one
  |
  = help: did you mean `allow`?
";
    assert_eq!(drawn, expected);
}

#[test]
fn problems_are_set_apart_by_an_empty_line() {
    let twice = [problem(vec![]), problem(vec![])];
    let once = diagnostic(&twice[0], "", PLAIN);
    assert_eq!(diagnostics(&twice, "", PLAIN), format!("{once}\n{once}"));
}

#[test]
fn colour_adds_escape_sequences_and_nothing_else() {
    let problem = problem(vec![(0..7, "here")]);
    let coloured = diagnostic(&problem, "version = 1\n", Style { colour: true, ..PLAIN });
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(
        anstream::adapter::strip_str(&coloured).to_string(),
        diagnostic(&problem, "version = 1\n", PLAIN)
    );
}

#[test]
fn what_a_terminal_would_obey_is_drawn_as_a_stand_in() {
    let hostile = "a\u{1b}[2Jb\u{7}\u{9b}31m\u{202e}c\u{2066}\u{200b}\u{ad}\u{e0041}\rd\u{7f}\t";
    let mut problem = problem(vec![(1..2, hostile)]);
    problem.message = hostile.to_owned();
    problem.file = hostile.to_owned();
    problem.hint = Some(hostile.to_owned());
    let drawn = diagnostic(&problem, hostile, PLAIN);
    let obeyed = |character: char| character != '\n' && super::stand_in(character) != character;
    assert!(!drawn.contains(obeyed), "{drawn:?}");
    assert!(drawn.contains("a␛[2Jb␇"), "{drawn}");
}

#[test]
fn columns_are_counted_in_what_is_drawn() {
    let source = "日本 = \"\u{202e}\u{1b}\" x\n";
    let at = source.find('x').expect("it is there");
    let drawn = diagnostic(&problem(vec![(at..at + 1, "here")]), source, PLAIN);
    let lines: Vec<_> = drawn.lines().collect();
    assert_eq!(lines[1], " --> .assize/policy.toml:1:11");
    // Two ideographs take two columns each.
    assert_eq!(lines[4], "  |             ^ here");
}

#[test]
fn line_ends_of_windows_are_no_part_of_a_line() {
    let drawn = diagnostic(&problem(vec![(3..4, "")]), "a\r\nb\r\nc\r\n", PLAIN);
    assert!(drawn.contains("\n2 | b\n  | ^\n"), "{drawn}");
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let source = format!("{}!{}", "x".repeat(2_000), "y".repeat(1_000_000));
    let drawn = diagnostic(&problem(vec![(2_000..2_001, "here")]), &source, PLAIN);
    assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
    assert!(drawn.contains("xxx!yyy") && drawn.contains("^ here"), "{drawn}");
}

#[test]
fn a_place_too_far_into_a_line_is_only_named() {
    let source = format!("\n{}!", "x".repeat(100_000));
    let drawn = diagnostic(&problem(vec![(100_001..100_002, "here")]), &source, PLAIN);
    assert!(drawn.contains("--> .assize/policy.toml:2:100001\n"), "{drawn}");
    assert!(!drawn.contains("xxx"), "{drawn}");
}

#[test]
fn places_outside_of_the_text_are_brought_back_into_it() {
    for source in ["", "é", "a\nb", "\n\n\n", "\u{feff}"] {
        for start in 0..6 {
            for end in 0..6 {
                let labels = vec![
                    (start..end, "one"),
                    (end..usize::MAX, "two"),
                    (usize::MAX..start, "three"),
                ];
                assert!(!diagnostic(&problem(labels), source, PLAIN).is_empty());
            }
        }
    }
}

#[test]
fn narrow_terminals_are_drawn_as_forty_columns() {
    let drawn = |columns| {
        diagnostic(
            &problem(vec![(0..1, "")]),
            "alow = []\n",
            Style { columns, colour: false },
        )
    };
    assert_eq!(drawn(0), drawn(40));
    assert_ne!(drawn(40), drawn(80));
}
