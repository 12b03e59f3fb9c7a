//! What each format makes of one review with everything in it, and of hostile texts.

mod golden;
mod hostile;

use crate::app::view::durability::DurabilityView;
use crate::app::view::{
    AbsenceView, CaseView, CouncilView, EntryView, FindingView, OpinionView, PolicyView, ReviewView,
};

/// A finding of this rule and severity at line 3 of `src/lib.rs`.
fn finding(rule: &str, severity: &'static str, message: &str) -> FindingView {
    FindingView {
        rule: rule.into(),
        severity,
        message: message.into(),
        path: Some("src/lib.rs".into()),
        line: Some(3),
        end_line: Some(4),
        in_base: false,
        waived: None,
        waiver_entry: None,
        setting: None,
        suggestion: None,
        source: None,
        fingerprint: "0f".repeat(32),
    }
}

fn opinion(judge: &str, vote: &'static str, findings: Vec<FindingView>) -> OpinionView {
    OpinionView {
        judge: judge.into(),
        component: "ab".repeat(32),
        vote: Some(vote),
        no_opinion: None,
        effective: vote,
        rationale: format!("{} looked at.", findings.len()),
        findings,
        fuel: 1,
        log: Vec::new(),
    }
}

/// A judge of which nothing was heard.
fn silent(judge: &str, detail: &str) -> OpinionView {
    OpinionView {
        vote: None,
        no_opinion: Some(AbsenceView {
            reason: "trapped",
            detail: detail.into(),
        }),
        effective: "none",
        rationale: String::new(),
        ..opinion(judge, "abstain", Vec::new())
    }
}

fn review(opinions: Vec<OpinionView>) -> ReviewView {
    ReviewView {
        schema: "assize.review/1",
        verdict: "rejected",
        because: "The council must be unanimous and somebody rejects: 2 approve, 1 reject.".into(),
        case: CaseView {
            digest: "cd".repeat(32),
            base: Some("1".repeat(40)),
            head: "2".repeat(40),
            title: "Add the volume of a box".into(),
            files: 2,
            added_lines: 10,
            removed_lines: 3,
            policy: PolicyView {
                source: "default",
                path: None,
                digest: "ef".repeat(32),
                tier: 2,
            },
        },
        entry: Some(EntryView {
            id: "9a".repeat(32),
            log: "3".repeat(32),
            index: 5,
            size: 6,
            r#ref: format!("refs/assize/v1/log/{}", "3".repeat(32)),
            commit: Some("4".repeat(40)),
            key: "key".into(),
            durability: DurabilityView {
                asked: "sealed",
                reached: "sealed",
                needed: 0,
                vouching: 0,
                witnesses: Vec::new(),
            },
        }),
        council: CouncilView {
            name: "default".into(),
            rule: "unanimous",
            quorum: 3,
            heard: 3,
        },
        opinions,
        appeal: None,
    }
}

/// A review in which everything occurs that a review can hold.
fn full() -> ReviewView {
    let waived = FindingView {
        waived: Some("WV-0001".into()),
        ..finding("technical/secret", "critical", "A key of a vendor.")
    };
    let off = FindingView {
        setting: Some("off"),
        path: None,
        line: None,
        end_line: None,
        ..finding("quality/tests-missing", "warning", "No test comes with the change.")
    };
    let in_base = FindingView {
        in_base: true,
        path: Some("tests/old one.rs".into()),
        ..finding("quality/test-removed", "error", "A test is gone.")
    };
    let whole_file = FindingView {
        path: Some("caf\\xe9/50%, a:b.bin".into()),
        line: None,
        end_line: None,
        ..finding("technical/binary-file", "note", "Nobody can review it.")
    };
    let suggested = FindingView {
        suggestion: Some("Write the code.".into()),
        ..finding("technical/placeholder", "error", "`todo!` stands for code.")
    };
    let critical = finding("house/own-rule", "critical", "A rule of a judge of one's own.");
    let overruled = OpinionView {
        effective: "approve",
        ..opinion("quality", "reject", vec![off])
    };
    review(vec![
        opinion("constitutional", "approve", Vec::new()),
        opinion("technical", "reject", vec![waived, suggested, whole_file]),
        overruled,
        opinion("removals", "reject", vec![in_base]),
        opinion("house", "abstain", vec![critical]),
        silent("integration", "wasm trap: unreachable"),
    ])
}
