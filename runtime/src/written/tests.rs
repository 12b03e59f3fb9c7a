//! Both notations give one tree, with lines, and hostile files end in a sentence.

use super::*;

fn value<'a>(node: &'a Node, name: &str) -> &'a Node {
    let Value::Table(entries) = &node.value else {
        panic!("{node:?}")
    };
    &entries.iter().find(|(key, _)| key.name == name).expect("the key").1
}

#[test]
fn both_notations_give_one_tree() {
    let toml = "id = \"A-1\"\nrisk_tier = 2\n[scope]\nin = [\"src\", \"tests\"]\nopen = true\n";
    let yaml = "id: A-1\nrisk_tier: 2\nscope:\n  in: [src, tests]\n  open: true\n";
    let (toml, yaml) = (
        parse("a.toml", toml.as_bytes()).unwrap(),
        parse("a.yaml", yaml.as_bytes()).unwrap(),
    );
    for tree in [&toml, &yaml] {
        assert_eq!(value(tree, "id").value, Value::Text("A-1".into()));
        assert_eq!(value(tree, "risk_tier").value, Value::Number(2));
        assert_eq!(value(tree, "risk_tier").line, 2);
        let Value::List(items) = &value(value(tree, "scope"), "in").value else {
            panic!("{tree:?}")
        };
        assert_eq!((items.len(), items[1].line), (2, 4));
        assert_eq!(value(value(tree, "scope"), "open").value, Value::Flag(true));
    }
}

#[test]
fn texts_stay_what_they_are() {
    let tree = parse("a.yml", b"a: \"2\"\nb: 2026-01-31\nc:\nd: 1.5\ne: |\n  two\n  lines\n").unwrap();
    assert_eq!(value(&tree, "a").value, Value::Text("2".into()));
    assert_eq!(value(&tree, "b").value, Value::Text("2026-01-31".into()));
    assert_eq!(value(&tree, "c").value, Value::Nothing);
    assert_eq!(value(&tree, "d").value, Value::Text("1.5".into()));
    assert_eq!(value(&tree, "e").value, Value::Text("two\nlines\n".into()));
    let tree = parse("a.toml", b"a = 2026-01-31\nb = 2026-01-31T10:00:00Z\n").unwrap();
    assert_eq!(value(&tree, "a").value, Value::Text("2026-01-31".into()));
    assert_eq!(value(&tree, "b").value, Value::Text("2026-01-31T10:00:00Z".into()));
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let deep = format!("a: {}1{}", "[".repeat(40), "]".repeat(40));
    let wide = format!("a: [{}]", "1,".repeat(NODES_MAX * 2));
    let cases: [(&str, &str, u32, &str); 10] = [
        ("a.yaml", "a: &x [1]\nb: *x\n", 2, "Aliases"),
        ("a.yaml", "a: 1\nb: !!python/object x\n", 2, "Tags"),
        ("a.yaml", "a: 1\na: 2\n", 2, "twice"),
        ("a.yaml", "a: 1\n---\nb: 2\n", 2, "one document"),
        ("a.yaml", "a: 1\nb: [1\n", 3, "YAML"),
        ("a.yaml", "? [1]\n: 2\n", 1, "key"),
        ("a.yaml", &deep, 1, "levels"),
        ("a.yaml", &wide, 1, "values"),
        ("a.toml", "a = 1\nb = \n", 2, "TOML"),
        ("a.toml", "a = 1\na = 2\n", 2, "TOML"),
    ];
    for (path, text, line, word) in cases {
        let problem = parse(path, text.as_bytes()).expect_err(text);
        assert!(problem.message.contains(word), "{text:.40}: {problem:?}");
        assert_eq!(problem.line, line, "{text:.40}: {problem:?}");
    }
    assert_eq!(parse("a.toml", &[0xff]).expect_err("no text").line, 0);
    assert!(parse("a.toml", &vec![b' '; FILE_BYTES_MAX + 1]).is_err());
}
