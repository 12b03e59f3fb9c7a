"""Working specs that the change does not keep, or that are no specs."""

from __future__ import annotations

import random
from collections.abc import Callable

from defects.code import language
from defects.defect import Defect, Place, Setting
from defects.tree import Tree

COUNT = 20
PATH = ".assize/spec.toml"
_SCENARIO = (
    "[[acceptance]]",
    'id = "A1"',
    'given = "a store with a stale entry"',
    'when = "it is read"',
    'then = "the entry is fetched again"',
)


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """One of the ways in which a spec and a change come apart."""
    if any(path.startswith((".assize/", ".caws/")) for path in tree.paths):
        return None
    return dice.choice(_WAYS)(tree, dice)


def _spec(
    scope: str, *, mode: str = "fix", tier: int = 2, more: tuple[str, ...] = (), leave_out: str = ""
) -> list[str]:
    head = (
        'id = "CACHE-012"',
        'title = "Fetch stale entries again"',
        f"risk_tier = {tier}",
        f'mode = "{mode}"',
        'invariants = ["An entry is fetched at most once at a time."]',
        'rollback = ["Revert the commit."]',
        *more,
    )
    body = [line for line in head if not leave_out or not line.startswith(leave_out)]
    scoped = [] if leave_out == "scope" else ["", "[scope]", f'in = ["{scope}"]', "out = []"]
    told = [] if leave_out == "acceptance" else ["", *_SCENARIO]
    return [*body, *scoped, *told]


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _outside(tree: Tree, dice: random.Random) -> Defect | None:
    """The stranger's files all lie outside of what the spec names."""
    touched = sorted(path for path in tree.touched if path in tree.paths)
    if not touched:
        return None
    lines = _spec("subsystem-of-somebody-else/**")
    places = tuple(Place(path) for path in touched)
    return Defect(
        "change leaves the scope", "constitutional/scope", places, {PATH: _text(lines)}, setting=Setting.INSIDE
    )


def _incomplete(tree: Tree, dice: random.Random) -> Defect | None:
    """A field is missing that every tier needs, or one that tier 1 needs."""
    left_out = dice.choice(("title", "acceptance", "mode", "scope", "id", "rollback"))
    lines = _spec("**", tier=1 if left_out == "rollback" else 2, leave_out=left_out)
    setting = dice.choice(list(Setting))
    return Defect(
        f"spec without {left_out}",
        "constitutional/spec-incomplete",
        (Place(PATH),),
        {PATH: _text(lines)},
        setting=setting,
    )


def _budget(tree: Tree, dice: random.Random) -> Defect | None:
    """A spec that allows itself more than policy does."""
    line = dice.choice(("change_budget = { max_files = 900, max_loc = 90000 }", "change_budget = { max_loc = 50000 }"))
    lines = _spec("**", more=(line,))
    at = lines.index(line) + 1
    return Defect("budget inside a spec", "constitutional/spec-budget", (Place(PATH, at, at),), {PATH: _text(lines)})


def _mode(tree: Tree, dice: random.Random) -> Defect | None:
    """The spec speaks of documents, and the change is code."""
    code = sorted(path for path in tree.touched if path in tree.paths and language(path))
    if not code:
        return None
    places = tuple(Place(path) for path in [*code, PATH])
    edits = {PATH: _text(_spec("**", mode="doc"))}
    return Defect("mode is not kept", "constitutional/mode", places, edits, setting=Setting.INSIDE)


_WAYS: tuple[Callable[[Tree, random.Random], Defect | None], ...] = (_outside, _incomplete, _budget, _mode)
