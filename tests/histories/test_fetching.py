"""Histories made of a tiny package that is made up here."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import patches
import sources
from fetch import commit_patches, commit_versions
from history import History, read_histories
from repository import Repository

GREET = "def greet(name):\n    return 'Hello ' + name\n"
GOOD = """Description: Greet politely
 Nobody should be greeted without a comma.
Author: A Stranger <stranger@example.org>

--- a/greet.py
+++ b/greet.py
@@ -1,2 +1,2 @@
 def greet(name):
-    return 'Hello ' + name
+    return 'Hello, ' + name
"""
STALE = GOOD.replace("'Hello ' +", "'Good morning ' +")
ADDED = """From: A Stranger <stranger@example.org>
Subject: [PATCH 2/2] Part as friends

--- /dev/null
+++ b/part.py
@@ -0,0 +1,2 @@
+def part(name):
+    return 'Goodbye, ' + name
"""
ESCAPING = ADDED.replace("b/part.py", "b/../../outside.py")


class PatchHistories(unittest.TestCase):
    """Patches of a source package become commits."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)

    def build(self) -> History:
        """Lays the package down and commits it."""
        upstream, series = self.work / "upstream", self.work / "patches"
        upstream.mkdir(exist_ok=True)
        series.mkdir(exist_ok=True)
        (upstream / "greet.py").write_text(GREET)
        (upstream / ".gitattributes").write_text("*.py text eol=crlf\n")
        (upstream / ".gitignore").write_text("part.py\n")
        (series / "series").write_text(
            "# in order\ngood.patch\nstale.patch\nescaping.patch\nadded.patch -p1\ngone.patch\n"
        )
        for name, text in (("good", GOOD), ("stale", STALE), ("escaping", ESCAPING), ("added", ADDED)):
            (series / f"{name}.patch").write_text(text)
        history = History("greeter", "1.0-1", "Python", "debian")
        source = sources.DebianSource("1.0-1", upstream, series)
        commit_patches(history, source, Repository.create(history.repository(self.work).folder))
        return history

    def test_each_patch_that_applies_is_one_commit(self) -> None:
        history = self.build()
        self.assertEqual([change.name for change in history.changes], ["good.patch", "added.patch"])
        self.assertEqual(history.skipped, ["stale.patch", "escaping.patch", "gone.patch"])
        self.assertFalse(list(self.work.rglob("outside.py")))
        repository = history.repository(self.work)
        self.assertIn("+    return 'Hello, '", repository.git("show", history.changes[0].commit))
        # Ignored by the stranger's own settings, and in the history all the same.
        self.assertIn("part.py", repository.git("ls-tree", "-r", "--name-only", history.changes[1].commit))
        self.assertTrue(history.single)

    def test_building_again_gives_the_same_ids(self) -> None:
        first = self.build()
        self.assertEqual(first, self.build())

    def test_saved_histories_are_read_back(self) -> None:
        history = self.build()
        self.assertFalse(history.is_saved(self.work))
        history.save(self.work)
        self.assertTrue(history.is_saved(self.work))
        self.assertEqual(list(read_histories(self.work)), [history])

    def test_versions_are_committed_one_after_another(self) -> None:
        trees = []
        for version, names in (("1.0", ["a", "b"]), ("1.1", ["b", "c"]), ("1.2", ["b", "c"])):
            tree = self.work / version
            tree.mkdir()
            for name in names:
                (tree / name).write_text(f"{name}\n")
            trees.append((version, tree))
        history = History("letters", "1.2", "Python", "pypi")
        repository = Repository.create(history.repository(self.work).folder)
        commit_versions(history, trees, repository)
        self.assertEqual([change.name for change in history.changes], ["1.0 to 1.1"])
        self.assertEqual(repository.git("ls-tree", "--name-only", "HEAD").split(), ["b", "c"])
        self.assertFalse(history.single)


class Messages(unittest.TestCase):
    """A patch's own header is the commit's message."""

    def test_forms_of_headers(self) -> None:
        cases = (
            (GOOD, "Greet politely\n\nNobody should be greeted without a comma.\n"),
            (ADDED, "Part as friends\n"),
            ("# DP: Find the libraries\n# DP: where they are.\n\n--- a/x\n", "Find the libraries\nwhere they are.\n"),
            (
                "Subject: one line\n that goes on\n\nAnd a body.\nSigned-off-by: B\n\n---\n x | 1 +\n",
                "one line that goes on\n\nAnd a body.\n",
            ),
            ("--- a/x\n+++ b/x\n", "name\n"),
        )
        for text, message in cases:
            with self.subTest(message=message):
                self.assertEqual(patches.read_message(text, "name.patch"), message)


class SourceLines(unittest.TestCase):
    """The machine's lists of packages tell where sources are."""

    def test_both_forms_and_the_main_part_only(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder)
            (settings / "sources.list.d").mkdir()
            (settings / "sources.list").write_text(
                "deb [arch=amd64] http://one.example/d r1 main extra\ndeb http://one.example/d r2 main\n"
            )
            stanza = "Types: deb\n# a note: here\nURIs: http://two.example/d\nSuites: r1 r1-updates\nComponents: main\nSigned-By: /k\n"
            (settings / "sources.list.d" / "x.sources").write_text(stanza + "\n" + stanza.replace("main", "contrib"))
            expected = [
                "deb-src [arch=amd64] http://one.example/d r1 main",
                "deb-src [signed-by=/k] http://two.example/d r1 main",
            ]
            self.assertEqual(sources.source_lines(settings, "r1"), expected)
            with self.assertRaises(RuntimeError):
                sources.source_lines(settings, "r3")


if __name__ == "__main__":
    unittest.main()
