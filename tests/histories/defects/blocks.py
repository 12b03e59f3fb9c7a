"""Where single tests begin and end in a file, by the layout that their languages' formatters give them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from defects.code import language

# How a test begins; the group is its name.
_STARTS = {
    "Go": re.compile(r"^func (Test\w+)\(\w+ \*testing\.T\) \{$"),
    "Java": re.compile(r"^    @Test$"),
    "JavaScript": re.compile(r"^(?:  )?(?:it|test)\((?:'|\")(.{12,}?)(?:'|\"), "),
    "Python": re.compile(r"^    def (test_\w+)\(self\):$"),
    "Ruby": re.compile(r"^  (?:def (test_\w+)|test \"(.{8,})\" do)$"),
    "Rust": re.compile(r"^(?:    )?#\[test\]$"),
}
_ENDS = {"Go": "}", "Java": "    }", "Ruby": "  end"}


@dataclass(frozen=True)
class Block:
    """The lines `start..end` (indices) of one test; `start` is the decorator or attribute if there is one."""

    start: int
    end: int


def find_blocks(path: str, lines: list[str]) -> list[Block]:
    """The tests of a file that can be told with certainty."""
    spoken = "JavaScript" if language(path) == "TypeScript" else language(path) or ""
    pattern = _STARTS.get(spoken)
    if pattern is None:
        return []
    blocks = []
    for at, line in enumerate(lines):
        if pattern.match(line) and (end := _end(spoken, lines, at)) is not None:
            blocks.append(Block(_decorated(spoken, lines, at), end))
    return blocks


def _decorated(spoken: str, lines: list[str], at: int) -> int:
    while spoken == "Python" and at > 0 and lines[at - 1].startswith("    @"):
        at -= 1
    return at


def _end(spoken: str, lines: list[str], start: int) -> int | None:
    """The index behind the test's last line."""
    indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
    if spoken == "Python":
        at = start + 1
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith("     ")):
            at += 1
        while not lines[at - 1].strip():
            at -= 1
        return at
    closing = {"JavaScript": f"{indent}}})", "Rust": f"{indent}}}"}.get(spoken, _ENDS.get(spoken, ""))
    for at in range(start + 1, min(start + 200, len(lines))):
        if lines[at].rstrip(";") == closing:
            return at + 1
    return None
