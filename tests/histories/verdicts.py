"""What `assize review` says of a commit."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

REJECTING = ("error", "critical")
# The machine is shared; more at once would also blur the times.
AT_ONCE = 2

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Finding:
    """One finding of the report; `line` counts from 1 and is absent for a whole file or the whole change."""

    rule: str
    severity: str
    path: str | None
    line: int | None
    in_base: bool
    message: str

    @property
    def rejects(self) -> bool:
        """Whether such a finding rejects a change."""
        return self.severity in REJECTING

    @property
    def place(self) -> str:
        """Path and line as people write them."""
        if self.path is None:
            return "the change"
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Review:
    """The verdict on one change, and how long it took, the start of the program included."""

    verdict: str
    because: str
    findings: tuple[Finding, ...]
    files: int
    lines: int
    seconds: float


class Council:
    """The program under test, with a home of its own so that no key and no cache of the user's is touched."""

    def __init__(self, program: Path, work: Path) -> None:
        """Takes the built program, and keeps its home below the folder of work."""
        self.program = program.resolve()
        self.home = work / "home"
        self.home.mkdir(mode=0o700, exist_ok=True)

    def version(self) -> str:
        """What the program calls itself."""
        done = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def review(self, repository: Path, commit: str) -> Review:
        """Reviews one commit against its first parent; records nothing.

        Raises `RuntimeError` when there is no report at all: that is a fault of the program, not a verdict.
        """
        started = time.monotonic()
        done = subprocess.run(
            [self.program, "-C", repository, "review", commit, "--no-record", "--format", "json"],
            env={**os.environ, "ASSIZE_HOME": str(self.home), "NO_COLOR": "1"},
            capture_output=True,
            check=False,
        )
        seconds = time.monotonic() - started
        try:
            report = json.loads(done.stdout)
        except ValueError as error:
            words = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"no report on {commit} in {repository} (exit {done.returncode}): {words}") from error
        findings = tuple(
            Finding(
                finding["rule"],
                finding["severity"],
                finding.get("path"),
                finding.get("line"),
                finding.get("in_base", False),
                finding["message"],
            )
            for opinion in report["opinions"]
            for finding in opinion.get("findings", [])
        )
        case = report["case"]
        lines = case["added_lines"] + case["removed_lines"]
        return Review(report["verdict"], report["because"], findings, case["files"], lines, seconds)


def ask_all(questions: Iterable[Asked], answer: Callable[[Asked], Answer]) -> list[Answer]:
    """The answers in the order of the questions, a few worked out at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(answer, questions))
