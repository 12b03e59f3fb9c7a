//! The parser of policies, and everything that a policy which is accepted is asked afterwards.

use assize::cli::render::{self, Style};
use assize::policy::Policy;
use assize::policy::grant::{Grants, Request};
use assize::policy::permission::Permission;
use assize::policy::summary::Summary;

/// Parses bytes as a policy. What is accepted must answer every question about itself; what is refused must say why, and be
/// drawn with its place.
///
/// # Panics
///
/// When a promise is broken.
pub fn policy(bytes: &[u8]) {
    match Policy::parse_bytes("fuzz.toml", bytes) {
        Ok(policy) => ask(&policy),
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word");
            let text = String::from_utf8_lossy(bytes);
            let style = Style {
                columns: 80,
                colour: false,
            };
            assert!(!render::diagnostics(&problems, &text, style).is_empty());
        }
    }
}

fn ask(policy: &Policy) {
    assert!(!Summary(policy).to_string().chars().any(|c| c.is_control() && c != '\n'));
    let everything: Vec<String> = Permission::ALL.iter().map(ToString::to_string).collect();
    for role in policy.roles() {
        let asked = Request {
            plugin: "fuzz",
            requires: &[],
            wants: &everything,
            imports: &[],
        };
        let grants = Grants::resolve(policy, &role.name, asked).expect("the role is there, and nothing is required");
        for permission in Permission::ALL.iter().copied() {
            assert_eq!(grants.allows(permission), role.holds(permission), "{permission}");
            let _ = grants.needs(permission);
        }
        for path in [".git/config", "src/.GIT/hooks/x", "git~1/config"] {
            assert!(!grants.files().may_write(path) || !path.starts_with(".git"), "{path}");
        }
        let same = grants.attenuate(&grants);
        assert!(
            Permission::ALL
                .iter()
                .all(|permission| same.allows(*permission) == grants.allows(*permission))
        );
    }
}
