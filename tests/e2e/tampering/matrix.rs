//! The threat model as a matrix: each of its fifteen attacks, as valid git objects with the ids above them rebuilt, in every
//! form in which a repository can be stored. Each has one code, and no attack is proved in any form.
//!
//! Forms that hide or borrow objects are refused as such, with a sentence; in all others the attack is named.

mod attacks;
mod forms;

use assize::repository::Repository;
use assize_provenance::reader::ReadError;
use assize_provenance::report::{Claim, Overall, Report, Standing};
use assize_provenance::verify::verify;

use attacks::{ATTACKS, Attack, Expected, Scheme};
use forms::{FORMS, Form};

/// Everything that is wrong, of logs and of the root of trust.
fn all_codes(report: &Report) -> Vec<&'static str> {
    let mut codes = super::codes(report);
    if let Some(Standing::Refuted(faults)) = report.root.as_ref().map(|root| &root.standing) {
        codes.extend(faults.iter().map(|fault| fault.code.code()));
    }
    codes
}

fn look(scheme: &Scheme, form: Form) -> Result<Report, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let place = form.lay_down(&scheme.chain, folder.path());
    let repository = Repository::open(&place).map_err(|error| error.to_string())?;
    verify(repository.objects().as_ref(), &scheme.keys, &scheme.remembered).map_err(|error| match error {
        ReadError::Refused { .. } => error.to_string(),
        other => panic!("the machine failed: {other}"),
    })
}

fn insist(attack: &Attack, scheme: &Scheme, form: Form) {
    let what = format!("attack {} ({}), {form:?}", attack.number, attack.name);
    let found = look(scheme, form);
    if let Some(word) = form.refused_for() {
        let refused = found.expect_err(&what);
        assert!(refused.contains(word), "{what}: {refused}");
        return;
    }
    let report = found.expect(&what);
    let codes = all_codes(&report);
    if form == Form::Partial {
        assert_ne!(report.overall(), Overall::Proved, "{what}: {report:#?}");
        assert!(codes.contains(&"object-missing"), "{what}: {codes:?}");
        return;
    }
    match scheme.expected {
        Expected::Proved => assert_eq!(report.overall(), Overall::Proved, "{what}: {report:#?}"),
        Expected::Code(code) => {
            assert_eq!(report.overall(), Overall::Refuted, "{what}: {report:#?}");
            assert!(codes.contains(&code), "{what}: {codes:?}");
        }
        Expected::Doubt(claim) => {
            assert!(codes.is_empty(), "{what}: {codes:?}");
            let standing = report.logs[0].standing(claim);
            assert!(
                matches!(standing, Some(Standing::NotCheckable(_))),
                "{what}: {standing:?}"
            );
        }
    }
}

#[expect(clippy::print_stdout, reason = "a campaign says how large it was")]
#[test]
fn no_attack_of_the_threat_model_is_proved_in_any_form_of_storage() {
    let mut tried = 0;
    for attack in ATTACKS {
        let schemes = (attack.make)();
        assert!(!schemes.is_empty());
        for scheme in &schemes {
            for form in FORMS {
                insist(attack, scheme, *form);
                tried += 1;
            }
        }
    }
    let numbers: Vec<u8> = ATTACKS.iter().map(|attack| attack.number).collect();
    assert_eq!(numbers, (1..=15).collect::<Vec<u8>>(), "every row of the threat model");
    println!("{tried} combinations of attack and form");
}

/// The matrix would be worth nothing if what is attacked were wrong to begin with.
#[test]
fn what_is_attacked_is_proved_in_every_form_that_is_read() {
    let scheme = attacks::untouched();
    for form in FORMS {
        match (form.refused_for(), *form) {
            (Some(word), form) => assert!(look(&scheme, form).expect_err("it is refused").contains(word)),
            (None, Form::Partial) => {
                let report = look(&scheme, Form::Partial).expect("it is read");
                assert_ne!(report.overall(), Overall::Proved);
                assert_eq!(
                    report.logs[0].standing(Claim::Integrity).map(Standing::word),
                    Some("refuted")
                );
            }
            (None, form) => {
                let report = look(&scheme, form).expect("it is read");
                assert_eq!(report.overall(), Overall::Proved, "{form:?}: {report:#?}");
            }
        }
    }
}
