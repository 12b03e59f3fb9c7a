"""Marks of a merge that nobody finished."""

from __future__ import annotations

import random

from defects.code import language, product_code, splice
from defects.defect import Defect, Place, Setting
from defects.tree import Tree

RULE = "technical/conflict-marker"
COUNT = 14
SIDE_LINES = (1, 6)


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """Both sides of a conflict around a few lines of code."""
    for path, text in tree.some(product_code(tree.paths), dice):
        lines = text.split("\n")[:-1]
        count = dice.randint(*SIDE_LINES)
        starts = [at for at in range(10, len(lines) - count) if any(line.strip() for line in lines[at : at + count])]
        if not starts:
            continue
        at = dice.choice(starts)
        ours = lines[at : at + count]
        theirs = [f"{line} " for line in ours] if dice.random() < 0.8 else []
        branch = dice.choice(("origin/main", "feature/cache", "4f1d2ab (Handle empty input)"))
        block = ["<" * 7 + " HEAD", *ours, "=" * 7, *theirs, ">" * 7 + f" {branch}"]
        return Defect(
            f"conflict ({language(path)})",
            RULE,
            (Place(path, at + 1, at + len(block)),),
            {path: splice(lines, at, block, count)},
            setting=dice.choice(list(Setting)),
        )
    return None
