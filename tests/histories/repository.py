"""Git repositories whose ids repeat: fixed names, fixed dates, nothing of the machine's own git settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

# The first commit's date; each later commit is a minute younger than the one before it.
FIRST_SECOND = 1_600_000_000
SECONDS_BETWEEN = 60
AUTHOR = "Histories"
ADDRESS = "histories@example.org"

# Attributes inside a stranger's tree must not turn one byte of it.
NO_ATTRIBUTES = "* -text -filter -ident -eol -working-tree-encoding\n"


class Repository:
    """A repository with a work tree, written one commit after another."""

    def __init__(self, folder: Path) -> None:
        """Opens `folder`, whether or not a repository is there yet."""
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> Repository:
        """Makes an empty repository of branch `main`, in the place of whatever was there."""
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        repository = cls(folder)
        repository.git("init", "-q", "-b", "main")
        attributes = folder / ".git" / "info" / "attributes"
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text(NO_ATTRIBUTES, encoding="utf-8")
        return repository

    def git(self, *arguments: str, stdin: bytes | None = None, check: bool = True, index: Path | None = None) -> str:
        """Runs git here without the machine's settings, on another `index` if one is given; returns what it prints.

        Raises `RuntimeError` with git's own words when it fails and `check` is set.
        """
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "core.quotePath=false", *arguments],
            cwd=self.folder,
            env={**self._environment(FIRST_SECOND), **({"GIT_INDEX_FILE": str(index)} if index else {})},
            input=stdin,
            capture_output=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"git {arguments[0]} in {self.folder}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode("utf-8", errors="surrogateescape")

    def commit(self, message: str, number: int) -> str | None:
        """Commits the work tree as it stands, as the `number`th commit; returns the commit's id.

        Returns `None`, and commits nothing, when nothing changed.
        """
        self.git("add", "-A", "-f", ".")
        if self.head() is not None and not self.git("status", "--porcelain", "-uno").strip():
            return None
        subprocess.run(
            [
                "git",
                "commit",
                "-q",
                "--allow-empty-message",
                "--no-verify",
                "--no-gpg-sign",
                "--cleanup=verbatim",
                "-F",
                "-",
            ],
            cwd=self.folder,
            env=self._environment(FIRST_SECOND + number * SECONDS_BETWEEN),
            input=message.encode("utf-8", errors="replace"),
            capture_output=True,
            check=True,
        )
        return self.head()

    def head(self) -> str | None:
        """The id of the last commit, or `None` in an empty repository."""
        return self.git("rev-parse", "--verify", "--quiet", "HEAD", check=False).strip() or None

    def clear(self) -> None:
        """Empties the work tree, so that another state can be laid down in it."""
        for entry in self.folder.iterdir():
            if entry.name == ".git":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def restore(self, commit: str) -> None:
        """Brings work tree and index to `commit`, and `HEAD` with them."""
        self.git("reset", "-q", "--hard", commit)
        self.git("clean", "-q", "-ffdx")

    @staticmethod
    def _environment(second: int) -> dict[str, str]:
        date = f"{second} +0000"
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.devnull,
            "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": AUTHOR,
            "GIT_AUTHOR_EMAIL": ADDRESS,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": AUTHOR,
            "GIT_COMMITTER_EMAIL": ADDRESS,
            "GIT_COMMITTER_DATE": date,
        }
