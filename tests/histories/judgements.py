"""What a reader of each rejected patch thought of the rejection."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Judgement:
    """Whether the patch's maintainer would agree with the rejection by this rule, and why."""

    agree: bool
    why: str


def read_judgements(file: Path) -> dict[Key, Judgement]:
    """The judgements by package, patch and rule.

    Raises `ValueError` when two speak of the same rejection, or one gives no reason.
    """
    judgements: dict[Key, Judgement] = {}
    if not file.is_file():
        return judgements
    for row in tomllib.loads(file.read_text(encoding="utf-8")).get("rejection", []):
        key = (row["package"], row["patch"], row["rule"])
        if key in judgements:
            raise ValueError(f"{file.name}: two judgements of {key}")
        if not row["why"].strip():
            raise ValueError(f"{file.name}: the judgement of {key} gives no reason")
        judgements[key] = Judgement(row["agree"], row["why"])
    return judgements
