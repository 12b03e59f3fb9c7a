"""Defects are where they are said to be, the same ones every time."""

from __future__ import annotations

import random
import tempfile
import unittest
from pathlib import Path
from types import ModuleType

import seed
from defects import (
    code,
    conflicts,
    dangerous,
    dangling,
    deleted_tests,
    keys,
    locks,
    placeholders,
    skipped_tests,
    specs,
    stubs,
)
from defects.blocks import find_blocks
from defects.defect import Defect, Setting
from defects.tree import Tree
from history import Change, History
from repository import Repository

BODY = "".join(f"    total += step({number})\n" for number in range(90))
FILES = {
    "lib/store.py": f"from .cache import read\n\n\ndef fill():\n    total = 0\n{BODY}    return total\n",
    "lib/cache.py": "def read():\n    return 1\n",
    "src/store.c": '#include "store.h"\n\nint fill(void)\n{\n    int total = 0;\n'
    + BODY.replace(")\n", ");\n")
    + "    return total;\n}\n",
    "src/store.h": "int fill(void);\n",
    "src/Store.java": "public class Store {\n    int fill() {\n"
    + BODY.replace(")\n", ");\n")
    + "        return 1;\n    }\n}\n",
    "tests/test_store.py": "import unittest\n\n\nclass Store(unittest.TestCase):\n"
    + "\n".join(f"    def test_part_{part}(self):\n        self.assertTrue({part})\n" for part in range(1, 5)),
    "src/store_test.go": "package store\n"
    + "".join(f"\nfunc TestPart{part}(t *testing.T) {{\n\tcheck(t, {part})\n}}\n" for part in range(1, 5)),
    "README": "Stores.\n",
}
PLANTERS = (conflicts, dangerous, dangling, deleted_tests, keys, locks, placeholders, skipped_tests, specs, stubs)
DRAWS = 16


class Seeds(unittest.TestCase):
    """Every kind of defect, drawn many times on a made-up project."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)
        self.history = History("stores", "1", "Python", "debian")
        self.repository = Repository.create(self.history.repository(self.work).folder)
        for path, text in FILES.items():
            file = self.repository.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.repository.commit("Begin\n", 0)
        (self.repository.folder / "lib" / "note.py").write_text("NOTE = 'kept'\n")
        commit = self.repository.commit("Keep a note\n", 1) or ""
        self.history.changes.append(Change("note.patch", commit))
        self.tree = Tree(self.repository, commit)

    def draw(self, planter: ModuleType) -> list[Defect]:
        """The defects of many draws; at least one has to come of them."""
        dice = random.Random(1)
        plant = planter.plant
        found = [defect for _ in range(DRAWS) if (defect := plant(self.tree, dice)) is not None]
        self.assertTrue(found, planter)
        return found

    def test_places_lie_in_what_is_edited_or_names_it(self) -> None:
        for planter in PLANTERS:
            for defect in self.draw(planter):
                with self.subTest(defect=defect.what):
                    self.assertFalse(set(defect.edits) & self.tree.touched)
                    for place in defect.places:
                        if place.path is not None and place.first and place.last and not place.in_base:
                            text = defect.edits.get(place.path) or self.tree.text(place.path) or ""
                            self.assertLessEqual(1, place.first)
                            self.assertLessEqual(place.last, len(text.splitlines()) + 1)

    def test_the_lines_hold_the_defect(self) -> None:
        for defect in self.draw(conflicts):
            self.assertEqual(self.lines(defect)[0][:8], "<" * 7 + " ")
            self.assertEqual(self.lines(defect)[-1][:8], ">" * 7 + " ")
        for defect in self.draw(dangling):
            gone = Path(next(iter(defect.edits))).stem
            self.assertTrue(all(gone in line for line in self.lines(defect)))
        for defect in self.draw(locks):
            self.assertNotIn(self.lines(defect)[0], "\n".join(filter(None, defect.before.values())))

    def test_a_deleted_test_is_whole_and_the_others_stay(self) -> None:
        for defect in self.draw(deleted_tests):
            ((path, text),) = defect.edits.items()
            before = find_blocks(path, FILES[path].split("\n")[:-1])
            if text is not None:
                self.assertEqual(len(find_blocks(path, text.split("\n")[:-1])), len(before) - 1)

    def test_a_commit_holds_the_edits_and_nothing_else(self) -> None:
        for planter in PLANTERS:
            defect = self.draw(planter)[0]
            commit = seed.commit_defect(self.repository, self.tree, defect)
            changed = set(self.repository.git("diff-tree", "-r", "--name-only", f"{commit}^", commit).split())
            self.assertEqual(changed - self.tree.touched, set(defect.edits))
            inside = defect.setting is Setting.INSIDE
            self.assertEqual(changed >= self.tree.touched, inside, defect.what)

    def test_the_same_seed_gives_the_same_commits(self) -> None:
        kinds = {kind: (2, plant) for kind, (_, plant) in seed.KINDS.items()}
        first = [one.commit for one in seed.seed_all(self.work, [self.history], kinds)]
        self.assertEqual(first, [one.commit for one in seed.seed_all(self.work, [self.history], kinds)])
        self.assertEqual(len(first), 2 * len(kinds))

    def lines(self, defect: Defect) -> list[str]:
        """The lines at the defect's first place."""
        place = defect.places[0]
        assert place.path is not None and place.first is not None
        text = defect.edits.get(place.path) or self.tree.text(place.path) or ""
        return text.split("\n")[place.first - 1 : place.last]


class Code(unittest.TestCase):
    """Whose code a file is."""

    def test_folders_tell(self) -> None:
        paths = [
            "src/a.c",
            "tests/a.py",
            "vendor/b/tests/t.rs",
            "vendor/b.rs",
            "benches/a.rs",
            "a.d.ts",
            "doc/a.py",
            "a.txt",
        ]
        self.assertEqual(code.product_code(paths), ["src/a.c"])
        self.assertEqual(code.test_code(paths), ["tests/a.py"])


if __name__ == "__main__":
    unittest.main()
