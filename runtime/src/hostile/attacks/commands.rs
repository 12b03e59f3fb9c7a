//! Ways to start another command than the policy names.

use serde_json::{Value, json};

use crate::hostile::steps::{repeated, run, write};
use crate::hostile::{Attack, Family};

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "command-that-nobody-granted",
        family: Family::Commands,
        tries: "Runs programs that the policy does not name, among them shells.",
        stopped_by: "A command is compared with `process.allow` word by word before anything is started.",
        act: |ground| {
            let steps = [
                vec!["id"],
                vec!["sh", "-c", "id"],
                vec!["/bin/sh", "-c", "printf %s x"],
                vec!["env", "printf", "%s", "x"],
                vec!["cat", "docs/guide.md", "private/secret.txt"],
                vec!["printf"],
                vec!["printf", "%d", "1"],
            ];
            ground
                .raid(steps.iter().map(|words| run(words)).collect())?
                .all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "command-by-another-name",
        family: Family::Commands,
        tries: "Spells a granted program in other ways, so that another file would run.",
        stopped_by: "The program is compared byte by byte, and looked up by the host in the host's folders.",
        act: |ground| {
            let names = [
                "/usr/bin/printf",
                "./printf",
                "src/../printf",
                "PRINTF",
                " printf",
                "printf ",
                "printf\n",
                "printf\0",
                "",
                "*",
                "**",
                "pr\u{131}ntf",
            ];
            let steps = names.iter().map(|name| run(&[name, "%s", "x"])).collect();
            ground.raid(steps)?.all_refused_as(&["denied", "invalid"])
        },
    },
    Attack {
        id: "command-with-the-signs-of-shells",
        family: Family::Commands,
        tries: "Puts everything into an argument that a shell would obey.",
        stopped_by: "There is no shell: the argument arrives as it is.",
        act: |ground| {
            let text = "$(touch src/pwned) `touch src/pwned` ; touch src/pwned | touch src/pwned & > src/pwned \n touch src/pwned";
            let tried = ground.raid(vec![run(&["printf", "%s", text]), json!(["read", "src/pwned", 0, 1])])?;
            let echoed = tried
                .answers
                .first()
                .and_then(|answer| answer.pointer("/ok/stdout/text"));
            match (echoed.and_then(Value::as_str), tried.answers.get(1)) {
                (Some(echoed), Some(pwned)) if echoed == text && pwned.get("refused").is_some() => {
                    Ok("the argument arrived as it was".into())
                }
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "command-with-an-option-for-an-argument",
        family: Family::Commands,
        tries: "Gives options where the policy lets it give one file.",
        stopped_by: "`*` takes no argument that begins with `-`, unless a `--` stands before it.",
        act: |ground| {
            let options = ["-", "-v", "--help", "--version", "-n1", "-\u{301}"];
            let steps = options.iter().map(|option| run(&["cat", option])).collect();
            ground.raid(steps)?.all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "command-with-arguments-that-split",
        family: Family::Commands,
        tries: "Hides further arguments in one: behind spaces, line ends and zero bytes.",
        stopped_by: "Arguments are never joined or split; a zero byte is refused.",
        act: |ground| {
            let tried = ground.raid(vec![
                run(&["cat", "docs/guide.md private/secret.txt"]),
                run(&["cat", "docs/guide.md\nprivate/secret.txt"]),
                run(&["cat", "docs/guide.md\0private/secret.txt"]),
            ])?;
            let failed = |answer: &Value| {
                answer.get("refused").is_some() || answer.pointer("/ok/end/1").is_some_and(|status| *status != json!(0))
            };
            if tried.answers.len() == 3 && tried.answers.iter().all(failed) {
                return Ok("there is no file of such a name".into());
            }
            Err(tried.end())
        },
    },
    Attack {
        id: "command-that-is-giant",
        family: Family::Commands,
        tries: "Gives a hundred thousand arguments, and one of a megabyte.",
        stopped_by: "A command has at most 1,024 arguments with 128 KiB together.",
        act: |ground| {
            let steps = vec![
                json!(["run", { "list": "printf", "times": 100_000 }, "", null]),
                json!(["run", ["printf", "%s", repeated("x", 1 << 20)], "", null]),
            ];
            ground.raid(steps)?.all_refused()
        },
    },
    Attack {
        id: "command-in-another-folder",
        family: Family::Commands,
        tries: "Starts a granted command in folders outside, closed and guarded.",
        stopped_by: "The folder is walked to part by part, through no link, and must be open for reading.",
        act: |ground| {
            ground.link("src/out", "../../outside")?;
            let dirs = [
                "..",
                "/",
                "/etc",
                "src/../..",
                ".git",
                ".assize",
                "private",
                "src/out",
                "src/main.rs",
                "gone",
            ];
            let steps = dirs
                .iter()
                .map(|dir| json!(["run", ["printf", "%s", "x"], dir, null]))
                .collect();
            ground.raid(steps)?.all_refused()
        },
    },
    Attack {
        id: "command-that-it-planted",
        family: Family::Commands,
        tries: "Writes a program of the granted name into its folder, and runs the name there.",
        stopped_by: "Programs are looked up in the folders of the system, never in the workspace.",
        act: |ground| {
            let planted = json!(["write", "src/printf", "#!/bin/sh\necho planted\n", "replace"]);
            let tried = ground.raid(vec![
                planted,
                write("src/cat"),
                json!(["run", ["printf", "%s", "real"], "src", null]),
            ])?;
            match tried
                .answers
                .get(2)
                .and_then(|answer| answer.pointer("/ok/stdout/text"))
            {
                Some(text) if *text == json!("real") => Ok("the system's own program ran".into()),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "command-of-a-role-without-commands",
        family: Family::Commands,
        tries: "Runs a command in a role that holds everything but `process.run`.",
        stopped_by: "`process.run` is a permission like others, besides the patterns.",
        act: |ground| {
            ground
                .steps_as("wide", vec![run(&["printf", "%s", "x"])])?
                .all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "command-that-looks-around",
        family: Family::Commands,
        tries: "Prints the environment it was given.",
        stopped_by: "A command's environment is made anew: the role's variables, PATH, HOME, TMPDIR and LANG.",
        act: |ground| {
            let tried = ground.raid(vec![ground.misdeed("surroundings", &[])])?;
            let lines = tried.lines(0)?;
            let known = ["PATH", "HOME", "TMPDIR", "LANG"];
            let names: Vec<&str> = lines
                .iter()
                .filter_map(|line| line.split_once('='))
                .map(|(name, _)| name)
                .collect();
            match names.iter().find(|name| !known.contains(name)) {
                Some(name) => Err(format!("it saw {name}")),
                None if names.is_empty() => Err("it saw nothing at all".into()),
                None => Ok(format!("it saw {}", names.join(", "))),
            }
        },
    },
];
