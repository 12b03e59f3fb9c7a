"""Tests that go although what they test stays."""

from __future__ import annotations

import random

from defects.blocks import find_blocks
from defects.code import language, splice, test_code
from defects.defect import Defect, Place
from defects.tree import Tree

RULE = "quality/test-removed"
COUNT = 16
# A file that keeps some tests, so that the one which goes is not the whole file's subject.
TESTS_MIN = 3


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """One test cut out of its file, or a whole file of tests deleted."""
    for path, text in tree.some(test_code(tree.paths), dice):
        lines = text.split("\n")[:-1]
        blocks = find_blocks(path, lines)
        if len(blocks) < TESTS_MIN:
            continue
        if dice.random() < 0.3:
            return Defect(f"file of tests deleted ({language(path)})", RULE, (Place(path),), {path: None})
        block = dice.choice(blocks)
        count = block.end - block.start
        # Where the removed lines stood, or the lines of the head between which they are missing.
        places = (Place(path, block.start + 1, block.end, in_base=True), Place(path, block.start, block.start + 1))
        edits = {path: splice(lines, block.start, [], count)}
        return Defect(f"test deleted ({language(path)})", RULE, places, edits)
    return None
