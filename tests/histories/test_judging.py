"""Verdicts, judgements and tables, with a program in the council's place that says what it is told to."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

import judge
from defects.defect import Defect, Place
from history import Change, History
from judgements import Judgement, read_judgements
from tables import percent, table
from verdicts import Council, Finding, Review

ERROR = Finding("technical/secret", "error", "a.py", 3, False, "A key.")
WARNING = Finding("quality/tests-missing", "warning", None, None, False, "No test.")


def judged(name: str, *findings: Finding, verdict: str = "rejected", origin: str = "debian") -> judge.Judged:
    """A change of a made-up package with these findings."""
    history = History("greeter", "1.0-1", "Python", origin, [], [])
    return judge.Judged(history, Change(name, "0" * 40), Review(verdict, "because", findings, 1, 2, 0.5))


class Rates(unittest.TestCase):
    """What counts as a wrong rejection, and what the script complains about."""

    def test_a_rejection_is_wrong_unless_one_of_its_rules_is_right(self) -> None:
        other = Finding("technical/placeholder", "error", "a.py", 9, False, "Unfinished.")
        one = judged("x.patch", ERROR, other, WARNING)
        keys = [("greeter", "x.patch", rule) for rule in ("technical/secret", "technical/placeholder")]
        self.assertEqual(one.keys(), keys)
        self.assertTrue(judge.is_wrong(one, {}))
        self.assertTrue(judge.is_wrong(one, {key: Judgement(False, "No.") for key in keys}))
        self.assertFalse(judge.is_wrong(one, {keys[1]: Judgement(True, "Yes.")}))
        self.assertFalse(judge.is_wrong(judged("y.patch", WARNING, verdict="approved"), {}))

    def test_an_undecided_change_did_not_pass(self) -> None:
        one = judged("x.patch", verdict="undecided")
        self.assertEqual(one.keys(), [("greeter", "x.patch", "undecided")])
        self.assertTrue(judge.is_wrong(one, {}))

    def test_complaints(self) -> None:
        passed = [judged(f"{number}.patch", verdict="approved") for number in range(99)]
        rejected = judged("x.patch", ERROR)
        key = ("greeter", "x.patch", "technical/secret")
        self.assertEqual(judge.complaints([*passed, rejected], {key: Judgement(False, "No.")}), [])
        self.assertEqual(len(judge.complaints([*passed, rejected], {})), 1)
        self.assertEqual(len(judge.complaints(passed, {key: Judgement(True, "Yes.")})), 1)
        too_many = judge.complaints([*passed[:9], rejected], {key: Judgement(False, "No.")})
        self.assertEqual(too_many, ["1 wrong rejections of 10 single changes"])

    def test_the_tables_keep_single_changes_and_steps_apart(self) -> None:
        step = judged("1.0 to 1.1", ERROR, origin="npm")
        text = judge.write_results([judged("x.patch", ERROR), judged("y.patch", verdict="approved")], [step], {})
        self.assertIn("2 patches of 1 packages", text)
        self.assertIn("| greeter | x.patch | technical/secret | `a.py:3` | **not judged** |", text)
        self.assertIn("1 steps, 1 rejected", text)


class Judgements(unittest.TestCase):
    """The committed file of judgements."""

    def test_reasons_are_asked_for_and_nothing_is_judged_twice(self) -> None:
        row = '[[rejection]]\npackage = "p"\npatch = "x"\nrule = "r"\nagree = true\nwhy = "So."\n'
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "judgements.toml"
            self.assertEqual(read_judgements(file), {})
            file.write_text(row)
            self.assertEqual(read_judgements(file), {("p", "x", "r"): Judgement(True, "So.")})
            for bad in (row + row, row.replace("So.", " ")):
                file.write_text(bad)
                with self.assertRaises(ValueError):
                    read_judgements(file)

    def test_those_that_are_committed_can_be_read(self) -> None:
        read_judgements(judge.HERE / "judgements.toml")


class Reviews(unittest.TestCase):
    """The program's report."""

    def program(self, folder: Path, body: str) -> Council:
        """A council whose program is a few lines of Python."""
        file = folder / "program"
        file.write_text(f"#!{sys.executable}\nimport os, sys\n{body}\n")
        file.chmod(0o700)
        return Council(file, folder)

    def test_a_report_is_read_whatever_the_exit_code(self) -> None:
        finding = {"rule": "r/s", "severity": "error", "message": "m", "path": "a", "line": 4, "in_base": True}
        report = {
            "verdict": "rejected",
            "because": "b",
            "case": {"files": 1, "added_lines": 2, "removed_lines": 3},
            "opinions": [{"findings": [finding]}, {"absence": {}}],
        }
        with tempfile.TemporaryDirectory() as folder:
            asks_for_home = "assert os.environ['ASSIZE_HOME'].endswith('home') and '--no-record' in sys.argv\n"
            council = self.program(Path(folder), f"{asks_for_home}print({json.dumps(report)!r})\nsys.exit(1)")
            review = council.review(Path(folder), "HEAD")
            self.assertEqual(os.stat(council.home).st_mode & 0o777, 0o700)
        self.assertEqual((review.verdict, review.files, review.lines), ("rejected", 1, 5))
        self.assertEqual(review.findings, (Finding("r/s", "error", "a", 4, True, "m"),))

    def test_no_report_is_a_fault_and_not_a_verdict(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            council = self.program(Path(folder), "sys.exit('out of order')")
            with self.assertRaisesRegex(RuntimeError, "out of order"):
                council.review(Path(folder), "HEAD")


class Finds(unittest.TestCase):
    """When a seeded defect counts as found."""

    def test_rule_file_and_line_have_to_be_right(self) -> None:
        defect = Defect("x", "technical/secret", (Place("a.py", 2, 4), Place("b.py", 7, 7, in_base=True)), {})
        self.assertEqual(defect.found((WARNING, ERROR)), ERROR)
        for miss in (
            Finding("technical/placeholder", "error", "a.py", 3, False, ""),
            Finding("technical/secret", "error", "a.py", 5, False, ""),
            Finding("technical/secret", "error", "a.py", None, False, ""),
            Finding("technical/secret", "error", "a.py", 3, True, ""),
            Finding("technical/secret", "error", "b.py", 7, False, ""),
        ):
            self.assertIsNone(defect.found((miss,)), miss)
        whole = Defect("x", "technical/secret", (Place("a.py"),), {})
        self.assertEqual(whole.found((ERROR,)), ERROR)

    def test_the_worst_finding_is_the_one_that_is_shown(self) -> None:
        note = Finding("technical/secret", "note", "a.py", 3, False, "")
        defect = Defect("x", "technical/secret", (Place("a.py", 3, 3),), {})
        self.assertEqual(defect.found((note, ERROR)), ERROR)
        self.assertEqual(defect.found((note,)), note)


class Tables(unittest.TestCase):
    """Markdown that nothing in a cell can break."""

    def test_cells_stay_cells(self) -> None:
        text = table(["a", "b"], [["x|y\nz", 1200], ["<b>", 3]])
        self.assertEqual(text.splitlines()[1:], ["| --- | ---: |", "| x\\|y z | 1,200 |", "| &lt;b> | 3 |"])
        self.assertEqual(table(["a"], []), "None.\n")
        self.assertEqual((percent(1, 8), percent(0, 0)), ("12.5 %", "–"))


if __name__ == "__main__":
    unittest.main()
