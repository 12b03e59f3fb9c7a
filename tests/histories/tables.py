"""Tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with one line for each row; numbers stand right. Without rows it says so."""
    cells = [[cell(value) for value in row] for row in rows]
    if not cells:
        return "None.\n"
    numeric = [all(row[at].replace(",", "").replace(".", "").isdigit() for row in cells) for at in range(len(head))]
    rule = ["---:" if right else "---" for right in numeric]
    return "\n".join(f"| {' | '.join(line)} |" for line in [list(head), rule, *cells]) + "\n"


def cell(value: object) -> str:
    """A value as one cell: one line, no bar that would end it, nothing that would turn into a link or a tag."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    text = " ".join(str(value).split())
    return text.replace("|", "\\|").replace("<", "&lt;")


def percent(part: int, whole: int) -> str:
    """A share with one decimal."""
    return f"{100 * part / whole:.1f} %" if whole else "–"
