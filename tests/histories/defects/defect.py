"""What a seeded defect is, and when it counts as found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from verdicts import Finding

# A file's new text by its path; `None` takes the file away.
Edits = Mapping[str, str | None]


class Setting(Enum):
    """Where the defect is put."""

    # In a commit of its own on top of the stranger's change.
    ON_TOP = "on top"
    # Among the stranger's own lines: the change is made again with the defect in it.
    INSIDE = "inside"


@dataclass(frozen=True)
class Place:
    """Where a finding may point: a file, and the lines of the hunk in it; without lines the whole file."""

    path: str | None
    first: int | None = None
    last: int | None = None
    in_base: bool = False

    def holds(self, finding: Finding) -> bool:
        """Whether the finding points here; where lines are known, it has to name one of them."""
        if finding.path != self.path:
            return False
        if self.first is None or self.last is None:
            return True
        return finding.line is not None and finding.in_base == self.in_base and self.first <= finding.line <= self.last

    def __str__(self) -> str:
        if self.path is None:
            return "the change"
        if self.first is None:
            return self.path
        lines = f"{self.first}" if self.first == self.last else f"{self.first}–{self.last}"
        return f"{self.path}:{lines}{' (before)' if self.in_base else ''}"


@dataclass(frozen=True)
class Defect:
    """One defect: the edits that make it, and the finding that has to come."""

    what: str
    rule: str
    places: tuple[Place, ...]
    edits: Edits
    # What has to be there before, in a commit of its own that is not judged.
    before: Edits = field(default_factory=dict)
    setting: Setting = Setting.ON_TOP
    message: str = "Carry on with the work\n"

    def found(self, findings: tuple[Finding, ...]) -> Finding | None:
        """The finding that names the rule and the place, the worst first."""
        hits = [
            finding
            for finding in findings
            if finding.rule == self.rule and any(place.holds(finding) for place in self.places)
        ]
        return next((hit for hit in hits if hit.rejects), hits[0] if hits else None)
