"""Files that go while others still ask for them."""

from __future__ import annotations

import random
import re
from pathlib import PurePosixPath

from defects.code import language, product_code
from defects.defect import Defect, Place
from defects.tree import Tree

RULE = "integration/broken-reference"
COUNT = 14
# How a file asks for another, by language. The group is what is asked for.
_ASKS = {
    "C": re.compile(r'^\s*#\s*include\s+"([\w./-]+\.h)"'),
    "C++": re.compile(r'^\s*#\s*include\s+"([\w./-]+\.h(?:pp)?)"'),
    "JavaScript": re.compile(r"""(?:require\(|from )['"](\.{1,2}/[\w./-]+)['"]"""),
    "Python": re.compile(r"^from \.(\w+) import "),
    "Ruby": re.compile(r"""^\s*require_relative ['"]([\w./-]+)['"]"""),
    "Rust": re.compile(r"^(?:pub )?mod (\w+);$"),
}
_ENDINGS = {
    "C": ("",),
    "C++": ("",),
    "JavaScript": ("", ".js"),
    "Python": (".py",),
    "Ruby": (".rb", ""),
    "Rust": (".rs",),
}


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """Deletes a file that another one in the tree includes or imports by a path relative to itself."""
    there = set(tree.paths)
    for path, text in tree.some(product_code(tree.paths), dice, tries=30):
        asked = []
        for number, line in enumerate(text.split("\n"), start=1):
            target = _target(path, line, there)
            if target is not None and target != path and target not in tree.touched:
                asked.append((target, number))
        if not asked:
            continue
        target, _ = dice.choice(asked)
        places = tuple(Place(path, number, number) for other, number in asked if other == target)
        others = _others(tree, target, path, there)
        return Defect(f"deleted, still asked for ({language(path)})", RULE, (*places, *others), {target: None})
    return None


def _others(tree: Tree, target: str, path: str, there: set[str]) -> tuple[Place, ...]:
    """The other lines that ask for the same file: each of them is as good a place."""
    name = PurePosixPath(target).name
    word = name if name.endswith((".h", ".hpp")) else PurePosixPath(target).stem
    hits = tree.grep(re.escape(word), [f"*{PurePosixPath(path).suffix}", "*.h", "*.hpp"])
    return tuple(
        Place(other, number, number)
        for other, number, line in hits
        if other != path and _target(other if language(other) else f"{other}.c", line, there) == target
    )


def _target(path: str, line: str, there: set[str]) -> str | None:
    """The file that the line asks for, when it is one that certainly is meant."""
    spoken = language(path) or ""
    pattern = _ASKS.get(spoken)
    found = pattern.search(line) if pattern else None
    if found is None:
        return None
    folder = PurePosixPath(path).parent
    if spoken == "Rust" and PurePosixPath(path).name not in ("lib.rs", "main.rs", "mod.rs"):
        folder = folder / PurePosixPath(path).stem
    for ending in _ENDINGS[spoken]:
        target = _joined(folder, found.group(1) + ending)
        if target in there:
            return target
    return None


def _joined(folder: PurePosixPath, relative: str) -> str:
    parts = list(folder.parts)
    for part in PurePosixPath(relative).parts:
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
