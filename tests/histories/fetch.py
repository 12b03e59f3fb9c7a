#!/usr/bin/env python3
"""Downloads strangers' packages and makes git histories of them.

    python3 tests/histories/fetch.py WORK [PACKAGE…]

WORK is a folder outside of the repository; it takes about six gigabytes. What is there already is not built again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import patches
import sources
from history import Change, History
from repository import Repository

HERE = Path(__file__).resolve().parent
PUBLISHED: dict[str, tuple[str, Callable[[str, str, Path], Path]]] = {
    "crates": ("Rust", sources.crate),
    "npm": ("JavaScript", sources.npm_package),
    "pypi": ("Python", sources.python_package),
}


def commit_patches(history: History, source: sources.DebianSource, repository: Repository) -> None:
    """Commits the upstream tree, then every patch that applies; lists the others as skipped."""
    for entry in sorted(source.upstream.iterdir()):
        if entry.name != ".git":
            shutil.move(entry, repository.folder / entry.name)
    good = repository.commit(f"{history.package} {history.version} without patches\n", 0)
    if good is None:
        raise RuntimeError(f"{history.package} has no upstream files")
    for number, name in enumerate(patches.read_series(source.patches), start=1):
        file = source.patches / name
        patch = file.read_bytes() if file.is_file() else b""
        commit = None
        if patches.apply(repository.folder, patch):
            commit = repository.commit(patches.read_message(patch.decode(errors="replace"), file.name), number)
        if commit is None:
            history.skipped.append(name)
            repository.restore(good)
        else:
            history.changes.append(Change(name, commit))
            good = commit


def commit_versions(history: History, trees: list[tuple[str, Path]], repository: Repository) -> None:
    """Commits published versions one after another; every one but the first is a change."""
    before = None
    for number, (version, tree) in enumerate(trees):
        repository.clear()
        shutil.copytree(tree, repository.folder, symlinks=True, dirs_exist_ok=True)
        commit = repository.commit(f"{history.package} {version}\n", number)
        if commit is not None and before is not None:
            history.changes.append(Change(f"{before} to {version}", commit))
        before = version


def fetch_debian(work: Path, apt: sources.Apt, package: str, language: str) -> History:
    """The history of one source package."""
    folder = work / "downloads" / "debian" / package
    source = apt.unpack(package, folder)
    history = History(package, source.version, language, "debian")
    commit_patches(history, source, Repository.create(history.repository(work).folder))
    shutil.rmtree(folder)
    return history


def fetch_published(work: Path, origin: str, package: str, versions: list[str]) -> History:
    """The history of one published package."""
    language, download = PUBLISHED[origin]
    folder = work / "downloads" / origin / package
    trees = [(version, download(package, version, folder / version)) for version in versions]
    history = History(package, versions[-1], language, origin)
    commit_versions(history, trees, Repository.create(history.repository(work).folder))
    shutil.rmtree(folder)
    return history


def main() -> int:
    """Builds every history that is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="the folder for downloads and histories")
    parser.add_argument("packages", nargs="*", help="only these packages")
    arguments = parser.parse_intermixed_args()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    wanted = tomllib.loads((HERE / "packages.toml").read_text(encoding="utf-8"))
    apt: sources.Apt | None = None
    failed = []
    for origin, packages in wanted.items():
        for package, detail in packages.items():
            if arguments.packages and package not in arguments.packages:
                continue
            if History(package, "", "", origin).is_saved(work):
                continue
            try:
                if origin == "debian":
                    apt = apt or sources.Apt(work / "apt")
                    history = fetch_debian(work, apt, package, detail)
                else:
                    history = fetch_published(work, origin, package, detail)
            except (RuntimeError, OSError, StopIteration) as error:
                failed.append(package)
                print(f"{origin}/{package}: {error}", file=sys.stderr)
                continue
            history.save(work)
            print(
                f"{origin}/{package} {history.version}: {len(history.changes)} changes, {len(history.skipped)} skipped",
                flush=True,
            )
    if failed:
        print(f"not fetched: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
