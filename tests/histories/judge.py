#!/usr/bin/env python3
"""Reviews every change of the fetched histories and writes RESULTS.md.

    python3 tests/histories/judge.py WORK --assize target/debug/assize

Exit code 1: a rejection of a single change has no judgement in judgements.toml, or too many rejections are wrong.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from history import Change, History, read_histories
from judgements import Judgement, Key, read_judgements
from tables import percent, table
from verdicts import Council, Finding, Review, ask_all

HERE = Path(__file__).resolve().parent
WRONG_PERCENT_MAX = 3.0
PLACES_SHOWN = 3
SEVERITIES = ("critical", "error", "warning", "note")


@dataclass(frozen=True)
class Judged:
    """One change with what was said of it."""

    history: History
    change: Change
    review: Review

    @property
    def passed(self) -> bool:
        """Whether the change was approved; anything else would stop its author."""
        return self.review.verdict == "approved"

    def rejecting(self) -> dict[str, list[Finding]]:
        """The findings that reject it, by rule."""
        by_rule: dict[str, list[Finding]] = {}
        for finding in self.review.findings:
            if finding.rejects:
                by_rule.setdefault(finding.rule, []).append(finding)
        return by_rule

    def keys(self) -> list[Key]:
        """What its rejection is judged by; a rejection without a finding has the verdict in the place of the rule."""
        rules = list(self.rejecting()) or [self.review.verdict]
        return [(self.history.package, self.change.name, rule) for rule in rules]


def places(findings: list[Finding]) -> str:
    """The first few places, and how many more there are."""
    shown = ", ".join(f"`{finding.place}`" for finding in findings[:PLACES_SHOWN])
    more = len(findings) - PLACES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def is_wrong(judged: Judged, judgements: dict[Key, Judgement]) -> bool:
    """A rejection is wrong when its reader agrees with none of the rules that reject."""
    return not judged.passed and not any(key in judgements and judgements[key].agree for key in judged.keys())


def rejection_rows(all_judged: list[Judged], judgements: dict[Key, Judgement]) -> list[list[object]]:
    """One row for each change and rejecting rule."""
    rows: list[list[object]] = []
    for judged in all_judged:
        if judged.passed:
            continue
        by_rule = judged.rejecting()
        for package, name, rule in judged.keys():
            judgement = judgements.get((package, name, rule))
            where = places(by_rule[rule]) if rule in by_rule else judged.review.because
            verdict = "**not judged**" if judgement is None else "agree" if judgement.agree else "**wrong**"
            rows.append([package, name, rule, where, verdict, judgement.why if judgement else ""])
    return rows


def package_rows(all_judged: list[Judged]) -> list[list[object]]:
    """How many changes each package has, and how many were rejected."""
    rows: list[list[object]] = []
    for package in dict.fromkeys(judged.history.package for judged in all_judged):
        own = [judged for judged in all_judged if judged.history.package == package]
        history = own[0].history
        rejected = sum(not judged.passed for judged in own)
        rows.append([package, history.version, history.language, len(own), rejected, len(history.skipped)])
    return rows


def rule_rows(all_judged: list[Judged]) -> list[list[object]]:
    """How often each rule spoke, by severity, and in how many changes."""
    counts: dict[str, Counter[str]] = {}
    changes: Counter[str] = Counter()
    for judged in all_judged:
        for finding in judged.review.findings:
            counts.setdefault(finding.rule, Counter())[finding.severity] += 1
        changes.update({finding.rule for finding in judged.review.findings})
    return [[rule, *(counts[rule][severity] for severity in SEVERITIES), changes[rule]] for rule in sorted(counts)]


def step_rows(steps: list[Judged]) -> list[list[object]]:
    """The rejected steps between versions, with what rejects them."""
    return [
        [
            judged.history.origin,
            judged.history.package,
            judged.change.name,
            judged.review.files,
            judged.review.lines,
            "; ".join(f"{rule} {places(found)}" for rule, found in judged.rejecting().items()) or judged.review.because,
        ]
        for judged in steps
        if not judged.passed
    ]


def times(all_judged: list[Judged]) -> str:
    """Median and slowest review; times of one machine, for comparing runs of it."""
    seconds = [judged.review.seconds for judged in all_judged]
    slowest = max(all_judged, key=lambda judged: judged.review.seconds)
    return (
        f"A review took {statistics.median(seconds):.2f} s at the median; the slowest, {slowest.history.package} "
        f"`{slowest.change.name}`, took {slowest.review.seconds:.2f} s."
    )


def write_results(singles: list[Judged], steps: list[Judged], judgements: dict[Key, Judgement]) -> str:
    """The whole of RESULTS.md."""
    rejected = [judged for judged in singles if not judged.passed]
    wrong = [judged for judged in rejected if is_wrong(judged, judgements)]
    languages = {judged.history.language for judged in singles}
    packages = package_rows(singles)
    steps_rejected = sum(not judged.passed for judged in steps)
    parts = [
        "# Judges on histories that nobody here wrote\n",
        "Written by `judge.py`; `README.md` says how, and what the words mean.\n",
        "## Single changes\n",
        f"{len(singles)} patches of {len(packages)} packages in {len(languages)} languages; {len(rejected)} rejected "
        f"({percent(len(rejected), len(singles))}), {len(wrong)} of them wrongly: **{percent(len(wrong), len(singles))}** "
        f"of all single changes. The bar is {WRONG_PERCENT_MAX:g} %.\n",
    ]
    if singles:
        parts.append(times(singles) + "\n")
    parts += [
        "### Every rejection\n",
        table(["package", "patch", "rule", "place", "judgement", "why"], rejection_rows(singles, judgements)),
        "### Packages\n",
        table(["package", "version", "language", "changes", "rejected", "skipped"], packages),
        "### What every rule said\n",
        table(["rule", *SEVERITIES, "changes"], rule_rows(singles)),
        "## Steps between published versions\n",
        f"{len(steps)} steps, {steps_rejected} rejected. A step is all that happened between two releases; "
        "nobody would bring it as one change, so the budget rejects the large ones, and rightly.\n",
        table(["origin", "package", "step", "files", "lines", "rejected by"], step_rows(steps)),
        "### What every rule said\n",
        table(["rule", *SEVERITIES, "changes"], rule_rows(steps)),
    ]
    return "\n".join(parts)


def judge_all(council: Council, work: Path, packages: list[str]) -> list[Judged]:
    """Reviews every change of the histories that are asked for."""
    asked = [
        (history, change)
        for history in read_histories(work)
        if not packages or history.package in packages
        for change in history.changes
    ]

    def review(question: tuple[History, Change]) -> Judged:
        history, change = question
        return Judged(history, change, council.review(history.repository(work).folder, change.commit))

    return ask_all(asked, review)


def complaints(singles: list[Judged], judgements: dict[Key, Judgement]) -> list[str]:
    """What makes the run a failure."""
    keys = [key for judged in singles if not judged.passed for key in judged.keys()]
    found = [f"no judgement of {key}" for key in keys if key not in judgements]
    found += [f"a judgement of what is not rejected: {key}" for key in judgements if key not in keys]
    wrong = sum(is_wrong(judged, judgements) for judged in singles)
    if 100 * wrong >= WRONG_PERCENT_MAX * len(singles):
        found.append(f"{wrong} wrong rejections of {len(singles)} single changes")
    return found


def main() -> int:
    """Reviews, writes the tables, and complains."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="the folder that fetch.py filled")
    parser.add_argument("packages", nargs="*", help="only these packages; then the table goes to standard output")
    parser.add_argument("--assize", type=Path, required=True, help="the program under test")
    arguments = parser.parse_intermixed_args()
    work: Path = arguments.work.resolve()
    council = Council(arguments.assize, work)
    all_judged = judge_all(council, work, arguments.packages)
    singles = [judged for judged in all_judged if judged.history.single]
    steps = [judged for judged in all_judged if not judged.history.single]
    judgements = read_judgements(HERE / "judgements.toml")
    text = write_results(singles, steps, judgements)
    if arguments.packages:
        print(text)
        return 0
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    found = complaints(singles, judgements)
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
