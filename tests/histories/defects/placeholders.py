"""Code that says of itself that it is not finished, in the words in which it is left behind."""

from __future__ import annotations

import random

from defects.code import comment, insertion_line, language, product_code, splice
from defects.defect import Defect, Place, Setting
from defects.tree import Tree

RULE = "technical/placeholder"
COUNT = 26

NAMES = ("merge_ranges", "flush_pending", "resolve_owner", "rotate_entries", "count_retries", "trim_history")

# `NAME` becomes the function's name. Doubled letters stand apart so that this file itself stays quiet.
_TO_DO = "TO" + "DO"
_NOT_YET = "not " + "implemented"
UNFINISHED: dict[str, tuple[tuple[str, ...], ...]] = {
    "C": (
        ("static void", "NAME (void)", "{", f"  /* {_TO_DO}: implement */", "}"),
        ("int NAME(int count)", "{", f'    assert(!"{_NOT_YET}");', "}"),
        ("static int NAME(int count)", "{", f"    /* {_TO_DO}: implement this */", "    return -1;", "}"),
    ),
    "C++": (("int NAME(int count) {", f'  throw std::logic_error("{_NOT_YET}");', "}"),),
    "Go": (
        ("func NAME(count int) error {", f'\tpanic("{_NOT_YET}")', "}"),
        ("func NAME(count int) error {", f'\treturn errors.New("{_NOT_YET}")', "}"),
    ),
    "Java": (
        (
            "    public static int NAME(int count) {",
            f'        throw new UnsupportedOperationException("{_NOT_YET} yet");',
            "    }",
        ),
        ("    static void NAME(int count) {", f"        // {_TO_DO}: implement", "    }"),
    ),
    "JavaScript": (
        ("function NAME(count) {", f"  throw new Error('{_NOT_YET.capitalize()}');", "}"),
        ("function NAME(count) {", f"  // {_TO_DO}: implement", "}"),
    ),
    "Perl": (("sub NAME {", "    my ($count) = @_;", f'    die "{_NOT_YET}";', "}", ""),),
    "Python": (
        ("def NAME(count):", '    """Do it count times."""', f'    raise {"NotImplemented" + "Error"}("NAME")'),
        ("def NAME(count):", f"    # {_TO_DO}: implement this", "    pass"),
    ),
    "Ruby": (("def NAME(count)", f'  raise {"NotImplemented" + "Error"}, "{_NOT_YET} yet"', "end"),),
    "Rust": (
        ("fn NAME(count: usize) -> usize {", "    to" + "do!()", "}"),
        ("fn NAME(count: usize) -> usize {", "    unimplem" + f'ented!("count {{count}}")', "}"),
    ),
    "TypeScript": (("export function NAME(count: number): number {", f"  throw new Error('{_NOT_YET}')", "}"),),
}
ELISIONS = (
    "... rest of the code remains the same ...",
    "... existing code ...",
    "rest of the implementation goes here",
)
REMOVED_LINES = (8, 20)


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """An unfinished function, or a comment in the place of code, in one of the tree's own files."""
    setting = dice.choice(list(Setting))
    for path, text in tree.some(product_code(tree.paths), dice):
        lines = text.split("\n")[:-1]
        defect = (
            _elided(path, lines, dice, setting) if dice.random() < 0.25 else _unfinished(path, lines, dice, setting)
        )
        if defect is not None:
            return defect
    return None


def _unfinished(path: str, lines: list[str], dice: random.Random, setting: Setting) -> Defect | None:
    at = insertion_line(path, lines)
    templates = UNFINISHED.get(language(path) or "")
    if at is None or templates is None:
        return None
    name = dice.choice(NAMES)
    written = [line.replace("NAME", name) for line in dice.choice(templates)]
    added = ["", *written]
    return Defect(
        f"unfinished function ({language(path)})",
        RULE,
        (Place(path, at + 1, at + len(added)),),
        {path: splice(lines, at, added)},
        setting=setting,
    )


def _elided(path: str, lines: list[str], dice: random.Random, setting: Setting) -> Defect | None:
    """A comment in the place of some statements of a body."""
    count = dice.randint(*REMOVED_LINES)
    starts = [
        at
        for at in range(20, len(lines) - count - 5)
        if all(line[:1] in (" ", "\t", "") and "*" not in line and '"' not in line for line in lines[at : at + count])
        and lines[at].strip()
    ]
    if not starts:
        return None
    at = dice.choice(starts)
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    added = [indent + comment(path, dice.choice(ELISIONS))]
    return Defect(
        f"comment in the place of code ({language(path)})",
        RULE,
        (Place(path, at + 1, at + 1),),
        {path: splice(lines, at, added, count)},
        setting=setting,
    )
