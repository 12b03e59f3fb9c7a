//! `assize root`.

use super::args::{Format, RootRoleArg, RootVerb};
use super::output::{CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, tell, wrap};
use super::review::{count, short};
use super::unwritten;
use crate::app::view::roots::{GrantView, HoldingView, RootView, TallyView, VersionView};
use crate::app::{App, Change, Exit, Fault, KeyFile, RootRole};

pub(super) fn run(app: &App, verb: &RootVerb) -> Result<Exit, Fault> {
    let (view, format) = match verb {
        RootVerb::Show { draft } => {
            let view = app.root_show(draft.draft.as_deref())?;
            let exit = match (&view.published, &view.draft) {
                (None, None) => {
                    tell("There is no root of trust here. `assize root init` drafts one.");
                    Exit::Undecided
                }
                _ => Exit::Yes,
            };
            print(&view, draft.format)?;
            return Ok(exit);
        }
        RootVerb::Init {
            signer,
            threshold,
            draft,
        } => {
            let signers: Vec<KeyFile> = signer
                .iter()
                .map(|(principal, path)| KeyFile {
                    path: path.clone(),
                    principal: principal.clone(),
                    custody: "file".to_owned(),
                })
                .collect();
            let view = app.root_init(&signers, *threshold, draft.draft.as_deref())?;
            drafted(&view);
            (view, draft.format)
        }
        RootVerb::Sign { draft } => {
            let view = app.root_sign(draft.draft.as_deref())?;
            signed(&view);
            (view, draft.format)
        }
        RootVerb::Pin {
            digest,
            replace,
            format,
        } => {
            let view = app.root_pin(digest.as_deref(), *replace)?;
            if digest.is_none() {
                tell(
                    "This root is believed as it is here. Compare the digest with what its signers say, by another way \
                     than this repository.",
                );
            }
            (view, *format)
        }
        RootVerb::Grant { draft, threshold, .. }
        | RootVerb::Revoke { draft, threshold, .. }
        | RootVerb::Rotate { draft, threshold, .. } => {
            let Some(change) = change(verb) else {
                return Ok(Exit::Usage);
            };
            let view = app.root_change(&change, threshold.threshold, draft.draft.as_deref())?;
            drafted(&view);
            (view, draft.format)
        }
    };
    print(&view, format)?;
    Ok(Exit::Yes)
}

/// What a verb wants changed, where it wants that.
fn change(verb: &RootVerb) -> Option<Change> {
    match verb {
        RootVerb::Grant {
            role,
            file,
            principal,
            custody,
            log,
            from,
            ..
        } => Some(Change::Grant {
            role: match role {
                RootRoleArg::Signer => RootRole::Signer,
                RootRoleArg::Council => RootRole::Council,
                RootRoleArg::Log => RootRole::Log,
                RootRoleArg::Person => RootRole::Person,
            },
            key: KeyFile {
                path: file.clone(),
                principal: principal.clone(),
                custody: custody.clone(),
            },
            log: log.clone(),
            from: *from,
        }),
        RootVerb::Revoke { key, at, .. } => Some(Change::Revoke {
            key: key.clone(),
            at: at.at.clone(),
        }),
        RootVerb::Rotate {
            old, new, custody, at, ..
        } => Some(Change::Rotate {
            old: old.clone(),
            new: new.clone(),
            custody: custody.clone(),
            at: at.at.clone(),
        }),
        _ => None,
    }
}

fn drafted(view: &RootView) {
    if let Some(file) = &view.draft_file {
        tell(&format!(
            "The draft is in {}. Nothing of it counts before enough signers have run `assize root sign` on it.",
            safe(file)
        ));
    }
}

fn signed(view: &RootView) {
    match &view.draft_file {
        Some(file) => tell(&format!(
            "Signed. More signers are needed: hand them {}, for `assize root show --draft` and `assize root sign --draft`.",
            safe(file)
        )),
        None => tell(
            "Enough people have signed: the version is published here. Share it with `git push` of `refs/assize/v1/root`.",
        ),
    }
}

fn print(view: &RootView, format: Format) -> Result<(), Fault> {
    match format {
        Format::Human => data(&page(view)),
        Format::Json => json(view),
    }
    .map_err(unwritten)
}

fn page(view: &RootView) -> String {
    let mut page = String::new();
    if let Some(published) = &view.published {
        version_page(&mut page, "published", published);
    }
    if let Some(draft) = &view.draft {
        version_page(&mut page, "draft", draft);
    }
    if let Some(first) = &view.first {
        page.push_str(&format!("digest of version 1: {first}\n"));
    }
    match (&view.pin, view.pin_from) {
        (Some(pin), Some(from)) => page.push_str(&format!("pinned by {from}: {pin}\n")),
        _ if view.published.is_some() => page.push_str(&format!("{}\n", paint(CAUTION, "not pinned"))),
        _ => {}
    }
    for note in &view.notes {
        for line in wrap(&format!("note: {}", safe(note)), columns()) {
            page.push_str(&format!("{line}\n"));
        }
    }
    page
}

fn version_page(page: &mut String, what: &str, version: &VersionView) {
    page.push_str(&format!(
        "{} {what}, {} of the signers must agree\n",
        paint(STRONG, &format!("version {}", version.version)),
        version.threshold
    ));
    for key in &version.keys {
        key_lines(page, key);
    }
    for tally in &version.tallies {
        tally_line(page, version.version, tally);
    }
    page.push('\n');
}

fn key_lines(page: &mut String, key: &HoldingView) {
    let id = paint(FAINT, &format!("{}, {}", key.fingerprint, safe(&key.custody)));
    page.push_str(&format!("  {} {id}\n", paint(STRONG, &safe(&key.principal))));
    if key.is_signer {
        let signed = if key.has_signed { "has signed" } else { "has not signed" };
        page.push_str(&format!("    signs the root, {signed}\n"));
    }
    for grant in &key.grants {
        page.push_str(&format!("    {}\n", grant_line(grant)));
    }
    if !key.is_signer && key.grants.is_empty() {
        page.push_str("    signs nothing\n");
    }
}

fn grant_line(grant: &GrantView) -> String {
    let place = match (&grant.log, grant.from, grant.to_size) {
        (Some(log), from, Some(size)) => format!(
            "in log {} from entry {} to {}",
            short(log),
            from.unwrap_or_default(),
            size.saturating_sub(1)
        ),
        (Some(log), from, None) => format!("in log {} from entry {} on", short(log), from.unwrap_or_default()),
        (None, ..) => "in every log".to_owned(),
    };
    format!("signs as {} {place}", grant.role)
}

fn tally_line(page: &mut String, version: u64, tally: &TallyView) {
    let rule = if tally.rule == version {
        String::new()
    } else {
        format!(", by the rule of version {}", tally.rule)
    };
    let style = if tally.signed >= tally.needed { GOOD } else { CAUTION };
    let signed = paint(
        style,
        &format!("{} of {}", tally.signed, count(tally.needed, "signature")),
    );
    page.push_str(&format!("  {signed}{rule}\n"));
}
