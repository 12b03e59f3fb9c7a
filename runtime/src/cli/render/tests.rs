use super::{Style, diagnostic};
use crate::diagnostic::{Diagnostic, Label};

#[test]
fn x() {
    let s = "version = 1\n\n[roles.judge]\nalow = [\"evidence.*\"]\n\n[judges.a]\nplugin = \"a\"\nrole = \"jugde\"\n";
    let d = Diagnostic {
        code: "P005",
        message:
            "[roles.judge] has no key `alow` and this is a long message that will have to be wrapped to the next line"
                .into(),
        file: ".assize/policy.toml".into(),
        labels: vec![
            Label {
                span: 27..31,
                text: "unknown key".into(),
            },
            Label {
                span: 87..94,
                text: "and here".into(),
            },
        ],
        hint: Some(
            "did you mean `allow`? and this is a long message that will have to be wrapped to the next line".into(),
        ),
    };
    println!(
        "{}",
        diagnostic(
            &d,
            s,
            Style {
                columns: 80,
                colour: false
            }
        )
    );
    let d = Diagnostic { labels: vec![], ..d };
    println!(
        "{}",
        diagnostic(
            &d,
            s,
            Style {
                columns: 80,
                colour: false
            }
        )
    );
    let long = format!(
        "x = 1\na = [{}\"\x1b[31m\u{202e}oops\", {}]\n",
        "\"y\", ".repeat(20000),
        "\"y\", ".repeat(20000)
    );
    let p = long.find('\x1b').unwrap();
    let d = Diagnostic {
        labels: vec![Label {
            span: p - 1..p + 13,
            text: "oops".into(),
        }],
        ..d
    };
    let t = std::time::Instant::now();
    println!(
        "{}",
        diagnostic(
            &d,
            &long,
            Style {
                columns: 80,
                colour: false
            }
        )
    );
    println!("{:?}", t.elapsed());
}
