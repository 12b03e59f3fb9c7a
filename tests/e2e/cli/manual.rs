//! `assize completions` and `assize man`.

use std::fs;

use assize_tests::bed::Bed;

use super::ASSIZE;

#[test]
fn every_shell_has_its_script() {
    let bed = Bed::new(ASSIZE);
    for (shell, mark) in [
        ("bash", "complete -F _assize"),
        ("zsh", "#compdef assize"),
        ("fish", "complete -c assize"),
        ("elvish", "edit:completion:arg-completer[assize]"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = bed.assize(&["completions", shell]).expect(0).stdout;
        assert!(
            script.contains(mark) && script.contains("allowed-signers"),
            "{shell}:\n{script}"
        );
    }
    let _ = bed.assize(&["completions", "cmd"]).expect(2);
}

#[test]
fn every_verb_has_its_page() {
    let bed = Bed::new(ASSIZE);
    let page = bed.assize(&["man"]).expect(0).stdout;
    assert!(page.contains(".TH assize 1") && page.contains("review"), "{page}");
    let folder = bed.beside("man1");
    let name = folder.to_string_lossy().into_owned();
    let _ = bed.assize(&["man", &name]).expect(2);
    fs::create_dir(&folder).expect("a folder");
    let _ = bed.assize(&["man", &name]).expect(0);
    for verb in [
        "assize",
        "assize-review",
        "assize-audit-verify",
        "assize-hook-install",
        "assize-completions",
    ] {
        let page = fs::read_to_string(folder.join(format!("{verb}.1"))).expect("a page");
        assert!(page.contains(&format!(".TH {verb} 1")), "{verb}:\n{page}");
    }
    let review = fs::read_to_string(folder.join("assize-review.1")).expect("a page");
    assert!(review.contains("sarif") && review.contains("explain"), "{review}");
}
