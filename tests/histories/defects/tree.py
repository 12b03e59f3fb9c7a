"""The files of one commit, and new commits made of edits to them without a work tree."""

from __future__ import annotations

import random
from functools import cached_property

from defects.defect import Edits
from repository import Repository

# Files above this size are left alone: nobody writes them by hand.
TEXT_BYTES_MAX = 200_000


class Tree:
    """What stands in a commit, read as far as somebody asks."""

    def __init__(self, repository: Repository, commit: str) -> None:
        """Takes a commit that has a parent."""
        self.repository = repository
        self.commit = commit
        self._texts: dict[str, str | None] = {}

    @cached_property
    def parent(self) -> str:
        """The commit that the change starts from."""
        return self.repository.git("rev-parse", f"{self.commit}^").strip()

    @cached_property
    def _sizes(self) -> dict[str, int]:
        listing = self.repository.git("ls-tree", "-r", "-l", "-z", self.commit)
        sizes = {}
        for entry in filter(None, listing.split("\0")):
            words, path = entry.split("\t", 1)
            mode, _, _, size = words.split()
            if mode in ("100644", "100755"):
                sizes[path] = int(size)
        return sizes

    @property
    def paths(self) -> list[str]:
        """All ordinary files, in the order of their names."""
        return list(self._sizes)

    @cached_property
    def touched(self) -> set[str]:
        """The files that the stranger's change touches; a defect is never put into one of them."""
        names = self.repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", self.parent, self.commit)
        return set(filter(None, names.split("\0")))

    def text(self, path: str) -> str | None:
        """The file's text; `None` when it is large, or not UTF-8 with plain line ends."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str | None:
        if self._sizes.get(path, TEXT_BYTES_MAX) >= TEXT_BYTES_MAX:
            return None
        text = self.repository.git("cat-file", "blob", f"{self.commit}:{path}")
        if "\r" in text or any("\ud800" <= letter <= "\udfff" for letter in text) or not text.endswith("\n"):
            return None
        return text

    def some(self, paths: list[str], dice: random.Random, tries: int = 12) -> list[tuple[str, str]]:
        """A few of these files, drawn at random, with their texts; none that the change touches."""
        free = [path for path in paths if path not in self.touched]
        drawn = dice.sample(free, min(tries, len(free)))
        return [(path, text) for path in drawn if (text := self.text(path)) is not None]

    def grep(self, pattern: str, globs: list[str]) -> list[tuple[str, int, str]]:
        """Path, line and text of every line that matches the extended pattern."""
        found = self.repository.git("grep", "-I", "-n", "-z", "-E", pattern, self.commit, "--", *globs, check=False)
        hits = []
        for line in found.splitlines():
            parts = line.split("\0")
            if len(parts) == 3 and parts[1].isdigit():
                hits.append((parts[0].removeprefix(f"{self.commit}:"), int(parts[1]), parts[2]))
        return hits


def commit_edits(repository: Repository, tree: str, parent: str, edits: Edits, message: str) -> str:
    """A commit whose files are those of the commit `tree` with the edits made, and whose parent is `parent`."""
    index = repository.folder / ".git" / "seeding-index"
    index.unlink(missing_ok=True)
    rows = []
    for path, text in edits.items():
        if text is None:
            rows.append(f"0 {'0' * 40}\t{path}")
        else:
            blob = repository.git("hash-object", "-w", "--stdin", "--no-filters", stdin=text.encode()).strip()
            rows.append(f"100644 {blob}\t{path}")
    repository.git("read-tree", tree, index=index)
    repository.git(
        "update-index", "-z", "--index-info", stdin="".join(f"{row}\0" for row in rows).encode(), index=index
    )
    written = repository.git("write-tree", index=index).strip()
    return repository.git("commit-tree", written, "-p", parent, "-F", "-", stdin=message.encode()).strip()
