"""Tests that ran and are switched off."""

from __future__ import annotations

import random
import re

from defects.blocks import Block, find_blocks
from defects.code import language, splice, test_code
from defects.defect import Defect, Place, Setting
from defects.tree import Tree

RULE = "quality/test-skipped"
COUNT = 14

# Languages that put the mark in front of the test's first line.
_MARKED_ABOVE = ("Java", "Python", "Rust")
_CALL = re.compile(r"^(\s*)(it|test)\(")


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """The mark of its language that keeps one test from running."""
    for path, text in tree.some(test_code(tree.paths), dice):
        lines = text.split("\n")[:-1]
        blocks = find_blocks(path, lines)
        if not blocks:
            continue
        block = dice.choice(blocks)
        edited = _skip(path, lines, block, dice)
        if edited is None:
            continue
        at, added, removed = edited
        # The mark, or the test that it switches off: readers look at either.
        below = 1 if language(path) in _MARKED_ABOVE else 0
        places = (Place(path, block.start + 1, at + len(added) + below),)
        edits = {path: splice(lines, at, added, removed)}
        return Defect(f"test skipped ({language(path)})", RULE, places, edits, setting=dice.choice(list(Setting)))
    return None


def _skip(path: str, lines: list[str], block: Block, dice: random.Random) -> tuple[int, list[str], int] | None:
    """Where to edit, the new lines, and how many old ones they replace."""
    start = block.start
    match language(path):
        case "Python":
            mark = dice.choice(('@unittest.skip("flaky")', "@pytest.mark.skip", '@unittest.skip("")'))
            return start, [f"    {mark}"], 0
        case "Go":
            return start + 1, [f"\t{dice.choice(('t.Skip()', 't.SkipNow()'))}"], 0
        case "Java":
            return start, ["    @Disabled" if "org.junit.jupiter" in "\n".join(lines) else "    @Ignore"], 0
        case "Rust":
            indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
            return start + 1, [f"{indent}#[ignore]"], 0
        case "Ruby":
            return start + 1, ["    skip"], 0
        case "JavaScript" | "TypeScript":
            return start, [_CALL.sub(r"\1\2.skip(", lines[start], count=1)], 1
    return None
