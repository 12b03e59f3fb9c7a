#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;

const TEXT: &str = "Copyright 2026 Somebody\n\nSPDX-License-Identifier: Apache-2.0\n";

fn header(replaces: Option<&str>) -> Header {
    let replaces = replaces.map(|pattern| Regex::new(pattern).expect("a pattern"));
    Header::new(TEXT, None, replaces).expect("a header")
}

/// The text with the header; it must be there to stay.
fn headed(path: &str, text: &str, replaces: Option<&str>) -> String {
    let header = header(replaces);
    let Headed::Changed(changed) = header.apply(path, text) else {
        panic!("{path}: {:?}", header.apply(path, text));
    };
    assert_eq!(header.apply(path, &changed), Headed::Present, "{changed}");
    changed
}

#[test]
fn a_header_is_written_as_the_file_writes_comments() {
    let slashes = "// Copyright 2026 Somebody\n//\n// SPDX-License-Identifier: Apache-2.0\n";
    assert_eq!(
        headed("a.rs", "fn main() {}\n", None),
        format!("{slashes}\nfn main() {{}}\n")
    );
    assert_eq!(headed("a.rs", "", None), slashes);
    assert_eq!(
        headed("a.rs", "\n\nfn x() {}\n", None),
        format!("{slashes}\n\nfn x() {{}}\n")
    );
    let hashes = slashes.replace("//", "#");
    assert_eq!(headed("a.py", "import os\n", None), format!("{hashes}\nimport os\n"));
    let stars = "/*\n * Copyright 2026 Somebody\n *\n * SPDX-License-Identifier: Apache-2.0\n */\n";
    assert_eq!(headed("a.css", "a {}\n", None), format!("{stars}\na {{}}\n"));
    let markup = "<!--\nCopyright 2026 Somebody\n\nSPDX-License-Identifier: Apache-2.0\n-->\n";
    assert_eq!(headed("a.md", "# Title\n", None), format!("{markup}\n# Title\n"));
    let windows = headed("a.rs", "fn x() {}\r\n", None);
    assert_eq!(windows, format!("{slashes}\nfn x() {{}}\n").replace('\n', "\r\n"));
}

#[test]
fn what_must_come_first_stays_first() {
    for (path, first) in [
        ("run.sh", "#!/bin/sh\n"),
        ("run.py", "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n"),
        ("a.py", "# vim: set fileencoding=latin-1 :\n"),
        ("a.xml", "<?xml version=\"1.0\"?>\n"),
        ("a.html", "<!DOCTYPE html>\n"),
        ("a.md", "---\ntitle: X\n---\n"),
        ("a.php", "<?php\n"),
        ("Dockerfile", "# syntax=docker/dockerfile:1\n"),
        ("a.css", "@charset \"utf-8\";\n"),
        ("a.rs", "\u{feff}"),
    ] {
        let changed = headed(path, &format!("{first}rest\n"), None);
        assert!(
            changed.starts_with(first) && changed.ends_with("\n\nrest\n"),
            "{changed:?}"
        );
    }
    let attribute = headed("lib.rs", "#![no_std]\n", None);
    assert!(attribute.starts_with("// Copyright") && attribute.ends_with("\n#![no_std]\n"));
    let without_end = headed("run.sh", "#!/bin/sh", None);
    assert!(without_end.starts_with("#!/bin/sh\n# Copyright"), "{without_end:?}");
}

#[test]
fn other_comments_stay_and_other_headers_are_not_touched() {
    let changed = headed("a.rs", "// Sorts things.\nfn x() {}\n", None);
    assert!(changed.ends_with("Apache-2.0\n\n// Sorts things.\nfn x() {}\n"));
    for (path, text) in [
        ("a.rs", "// (c) Copyright 1999 Another\n"),
        ("a.c", "/* Licensed under the MIT licence. */\nint x;\n"),
        ("a.py", "#!/bin/x\n\n# All rights reserved.\n"),
        ("a.php", "<p>hello</p>\n"),
        ("a.bin", "x"),
    ] {
        assert!(matches!(header(None).apply(path, text), Headed::Kept(_)), "{path}");
    }
}

#[test]
fn an_old_header_is_replaced_where_it_is_named() {
    let old = Some("(?s)Copyright \\d+ Somebody.*Apache-2.0");
    let text = "// Copyright 2019 Somebody\n// SPDX-License-Identifier: Apache-2.0\n// Sorts things.\nfn x() {}\n";
    let changed = headed("a.rs", text, old);
    assert!(changed.contains("2026") && !changed.contains("2019"));
    assert!(
        changed.ends_with("Apache-2.0\n// Sorts things.\nfn x() {}\n"),
        "{changed}"
    );
    let block = "/*\n * Copyright 2019 Somebody\n * Apache-2.0\n */\n\nint x;\n";
    let changed = headed("a.c", block, old);
    assert!(
        changed.starts_with("// Copyright 2026") && changed.ends_with("Apache-2.0\n\nint x;\n"),
        "{changed}"
    );
    let longer = "/* Copyright 2019 Somebody\n * Apache-2.0\n * Sorts things. */\nint x;\n";
    assert!(matches!(header(old).apply("a.c", longer), Headed::Kept(why) if why.contains("part")));
}

#[test]
fn a_header_that_ends_its_own_comment_is_refused() {
    for text in ["", "  \n", "a */ b", "a --> b", "a\tb"] {
        assert!(Header::new(text, None, None).is_err(), "{text:?}");
    }
    let dashes = Header::new("a -- b", None, None).expect("a header");
    assert!(matches!(dashes.apply("a.html", ""), Headed::Kept(_)));
    assert!(matches!(dashes.apply("a.rs", ""), Headed::Changed(_)));
}
