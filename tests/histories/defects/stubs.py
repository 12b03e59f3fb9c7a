"""Work that disappears: a file emptied, a file cut down to its beginning, most of the files gone."""

from __future__ import annotations

import random

from defects.code import comment, language, product_code
from defects.defect import Defect, Place
from defects.tree import Tree

RULE = "technical/mass-deletion"
COUNT = 12
FILE_LINES_MIN = 80
KEPT_SHARE = 0.1
# Only small repositories are laid waste: a large one would make a commit of a hundred thousand lines.
FILES_MAX = 400
GONE_SHARE = 0.75
# The rule looks at changes that remove this many lines; its documentation says so.
LINES_MIN = 1_000


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """One of the three, as far as the tree allows."""
    if len(tree.paths) <= FILES_MAX and dice.random() < 0.5:
        return _laid_waste(tree, dice)
    for path, text in tree.some(product_code(tree.paths), dice):
        lines = text.split("\n")[:-1]
        if len(lines) < FILE_LINES_MIN or not path.endswith((".c", ".py", ".java", ".go", ".rs", ".js", ".rb", ".pm")):
            continue
        if dice.random() < 0.4:
            return Defect(f"file emptied ({language(path)})", RULE, (Place(path),), {path: ""})
        kept = lines[: max(8, int(len(lines) * KEPT_SHARE))]
        stub = [*kept, comment(path, "... rest of the implementation unchanged ...")]
        return Defect(f"file cut to a stub ({language(path)})", RULE, (Place(path),), {path: "\n".join(stub) + "\n"})
    return None


def _laid_waste(tree: Tree, dice: random.Random) -> Defect | None:
    gone = dice.sample(tree.paths, int(len(tree.paths) * GONE_SHARE))
    if sum((tree.text(path) or "").count("\n") for path in gone) < LINES_MIN:
        return None
    return Defect("most files deleted", RULE, (Place(None),), dict.fromkeys(gone))
