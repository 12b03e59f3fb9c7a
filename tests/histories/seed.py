#!/usr/bin/env python3
"""Seeds defects into the fetched histories, reviews each, and writes SEEDED.md with every miss.

    python3 tests/histories/seed.py WORK --assize target/debug/assize

The same histories and the same seed give the same defects. Exit code 1: too few were found.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from defects import (
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
from defects.defect import Defect, Setting
from defects.tree import Tree, commit_edits
from history import Change, History, read_histories
from repository import Repository
from tables import percent, table
from verdicts import Council, Finding, Review, ask_all

HERE = Path(__file__).resolve().parent
SEED = 20_261_121
FOUND_PERCENT_MIN = 95.0
DEFECTS_MIN = 100
# How many changes are looked at for one defect before its kind is given up.
TRIES = 200

Plant = Callable[[Tree, random.Random], Defect | None]
KINDS: dict[str, tuple[int, Plant]] = {
    "placeholder": (placeholders.COUNT, placeholders.plant),
    "secret": (keys.COUNT, keys.plant),
    "dangerous construct": (dangerous.COUNT, dangerous.plant),
    "deleted test": (deleted_tests.COUNT, deleted_tests.plant),
    "skipped test": (skipped_tests.COUNT, skipped_tests.plant),
    "broken lock file": (locks.COUNT, locks.plant),
    "conflict": (conflicts.COUNT, conflicts.plant),
    "mass deletion": (stubs.COUNT, stubs.plant),
    "dangling reference": (dangling.COUNT, dangling.plant),
    "spec": (specs.COUNT, specs.plant),
}


@dataclass(frozen=True)
class Seeded:
    """A defect in the commit that carries it."""

    kind: str
    history: History
    change: Change
    defect: Defect
    commit: str


@dataclass(frozen=True)
class Answer:
    """What the council said of a seeded defect."""

    seeded: Seeded
    review: Review
    hit: Finding | None


def commit_defect(repository: Repository, tree: Tree, defect: Defect) -> str:
    """Commits the defect where its setting says."""
    if defect.setting is Setting.INSIDE:
        message = repository.git("log", "-1", "--format=%B", tree.commit)
        return commit_edits(repository, tree.commit, tree.parent, defect.edits, message)
    under = tree.commit
    if defect.before:
        under = commit_edits(repository, tree.commit, tree.commit, defect.before, "Prepare the work\n")
    return commit_edits(repository, under, under, defect.edits, defect.message)


def seed_all(work: Path, histories: list[History], kinds: dict[str, tuple[int, Plant]] = KINDS) -> list[Seeded]:
    """Draws changes and defects, taking turns among the packages so that no language is left out."""
    seeded: list[Seeded] = []
    for kind, (count, plant) in kinds.items():
        dice = random.Random(f"{SEED} {kind}")
        turns = dice.sample(histories, len(histories))
        for turn in range(TRIES):
            if sum(one.kind == kind for one in seeded) == count:
                break
            history = turns[turn % len(turns)]
            change = dice.choice(history.changes)
            repository = history.repository(work)
            tree = Tree(repository, change.commit)
            defect = plant(tree, dice)
            if defect is not None:
                seeded.append(Seeded(kind, history, change, defect, commit_defect(repository, tree, defect)))
    return seeded


def kind_rows(answers: list[Answer]) -> list[list[object]]:
    """For each kind how many were seeded, found, and found so that they reject."""
    rows: list[list[object]] = []
    for kind in KINDS:
        own = [answer for answer in answers if answer.seeded.kind == kind]
        found = [answer for answer in own if answer.hit is not None]
        rejecting = sum(answer.hit is not None and answer.hit.rejects for answer in found)
        languages = {answer.seeded.history.language for answer in own}
        rows.append([kind, len(own), len(found), percent(len(found), len(own)), rejecting, len(languages)])
    return rows


def miss_rows(answers: list[Answer]) -> list[list[object]]:
    """Every defect that was not found, and what was said in its place."""
    rows: list[list[object]] = []
    for answer in answers:
        if answer.hit is None:
            one = answer.seeded
            near = [f"{finding.rule} ({finding.severity}) at {finding.place}" for finding in answer.review.findings[:3]]
            expected = ", ".join(f"`{place}`" for place in one.defect.places[:2])
            rows.append(
                [
                    one.history.package,
                    one.change.name,
                    one.defect.what,
                    one.defect.rule,
                    expected,
                    "; ".join(near) or "nothing",
                ]
            )
    return rows


def seeded_rows(answers: list[Answer]) -> list[list[object]]:
    """Every defect with where it is and what was found."""
    return [
        [
            answer.seeded.history.package,
            answer.seeded.change.name,
            answer.seeded.defect.setting.value,
            answer.seeded.defect.what,
            f"`{answer.hit.place if answer.hit else answer.seeded.defect.places[0]}`",
            answer.hit.severity if answer.hit else "**missed**",
        ]
        for answer in answers
    ]


def write_results(answers: list[Answer]) -> str:
    """The whole of SEEDED.md."""
    found = sum(answer.hit is not None for answer in answers)
    packages = {answer.seeded.history.package for answer in answers}
    settings = Counter(answer.seeded.defect.setting for answer in answers)
    return "\n".join(
        [
            "# Defects seeded into histories that nobody here wrote\n",
            "Written by `seed.py`; `README.md` says how, and when a defect counts as found.\n",
            f"{len(answers)} defects in {len(packages)} packages, drawn with the seed {SEED}: "
            f"{settings[Setting.ON_TOP]} on top of a stranger's change, {settings[Setting.INSIDE]} inside of one. "
            f"Found with rule, file and line: {found}, **{percent(found, len(answers))}**. The bar is {FOUND_PERCENT_MIN:g} %.\n",
            table(["kind", "seeded", "found", "share", "of them rejecting", "languages"], kind_rows(answers)),
            "## Every miss\n",
            table(["package", "change", "defect", "rule", "where", "what was said"], miss_rows(answers)),
            "## Every defect\n",
            table(["package", "change", "set", "defect", "place", "severity"], seeded_rows(answers)),
        ]
    )


def main() -> int:
    """Seeds, reviews, writes the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="the folder that fetch.py filled")
    parser.add_argument("--assize", type=Path, required=True, help="the program under test")
    parser.add_argument("--show", action="store_true", help="print the commit of every miss")
    arguments = parser.parse_args()
    work: Path = arguments.work.resolve()
    council = Council(arguments.assize, work)
    seeded = seed_all(work, list(read_histories(work)))

    def ask(one: Seeded) -> Answer:
        review = council.review(one.history.repository(work).folder, one.commit)
        return Answer(one, review, one.defect.found(review.findings))

    answers = ask_all(seeded, ask)
    (HERE / "SEEDED.md").write_text(write_results(answers), encoding="utf-8")
    for answer in answers if arguments.show else []:
        if answer.hit is None:
            one = answer.seeded
            print(one.history.repository(work).folder, one.commit, one.defect.rule, one.defect.places[0])
    found = sum(answer.hit is not None for answer in answers)
    print(f"seed {SEED}: {found} of {len(answers)} found")
    enough = len(answers) >= DEFECTS_MIN and 100 * found >= FOUND_PERCENT_MIN * len(answers)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
