"""A history as the other scripts see it: a repository, and what each of its changes is called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from repository import Repository


@dataclass(frozen=True)
class Change:
    """One commit that is judged, by the name that a person knows it by: a patch, or a step between versions."""

    name: str
    commit: str


@dataclass
class History:
    """One package's changes, oldest first."""

    package: str
    version: str
    language: str
    # Where it comes from: "debian", "crates", "npm" or "pypi".
    origin: str
    changes: list[Change] = field(default_factory=list)
    # Patches that do not apply, or change nothing.
    skipped: list[str] = field(default_factory=list)

    @property
    def single(self) -> bool:
        """Whether each change is one piece of work, and not all that happened between two versions."""
        return self.origin == "debian"

    def repository(self, work: Path) -> Repository:
        """Its repository below the folder of work."""
        return Repository(work / "histories" / self.origin / self.package / "repository")

    def save(self, work: Path) -> None:
        """Writes the list of changes beside the repository; its being there says that the history is whole."""
        file = self.repository(work).folder.parent / "history.json"
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    def is_saved(self, work: Path) -> bool:
        """Whether this history was built before."""
        return (self.repository(work).folder.parent / "history.json").is_file()


def read_histories(work: Path) -> Iterator[History]:
    """All histories below the folder of work, in the order of their names."""
    for file in sorted((work / "histories").glob("*/*/history.json")):
        record = json.loads(file.read_text(encoding="utf-8"))
        record["changes"] = [Change(**change) for change in record["changes"]]
        yield History(**record)
