"""Manifests that ask for what their lock files do not have."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from defects.defect import Defect, Edits, Place
from defects.tree import Tree

RULE = "integration/lock-out-of-step"
COUNT = 14
FOLDERS = ("tools/checker", "scripts/release", "service")
_DIGEST = "0123456789abcdef" * 4


@dataclass(frozen=True)
class Pair:
    """A manifest and its lock file in step, and the line that a hasty hand adds behind another."""

    manifest: str
    manifest_text: str
    lock: str
    lock_text: str
    behind: str
    added: str


PAIRS = (
    Pair(
        "Cargo.toml",
        '[package]\nname = "checker"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nmemchr = "2.7"\n',
        "Cargo.lock",
        'version = 3\n\n[[package]]\nname = "checker"\nversion = "0.1.0"\ndependencies = [\n "memchr",\n]\n\n'
        '[[package]]\nname = "memchr"\nversion = "2.7.4"\n'
        f'source = "registry+https://example.org/index"\nchecksum = "{_DIGEST}"\n',
        'memchr = "2.7"',
        'aho-corasick = "1.1"',
    ),
    Pair(
        "package.json",
        '{\n  "name": "checker",\n  "version": "1.0.0",\n  "dependencies": {\n    "ms": "^2.1.3"\n  }\n}\n',
        "package-lock.json",
        '{\n  "name": "checker",\n  "version": "1.0.0",\n  "lockfileVersion": 3,\n  "requires": true,\n  "packages": {\n'
        '    "": {\n      "name": "checker",\n      "version": "1.0.0",\n      "dependencies": {\n'
        '        "ms": "^2.1.3"\n      }\n    },\n    "node_modules/ms": {\n      "version": "2.1.3"\n    }\n  }\n}\n',
        '  "dependencies": {',
        '    "debug": "^4.3.4",',
    ),
    Pair(
        "package.json",
        '{\n  "name": "checker",\n  "version": "1.0.0",\n  "dependencies": {\n    "ms": "^2.1.3"\n  }\n}\n',
        "yarn.lock",
        '# yarn lockfile v1\n\n\nms@^2.1.3:\n  version "2.1.3"\n  resolved "https://example.org/ms-2.1.3.tgz"\n',
        '  "dependencies": {',
        '    "debug": "^4.3.4",',
    ),
    Pair(
        "pyproject.toml",
        '[project]\nname = "checker"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = [\n    "click>=8.1",\n]\n',
        "uv.lock",
        'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "checker"\nversion = "0.1.0"\n'
        'source = { virtual = "." }\ndependencies = [\n    { name = "click" },\n]\n\n[package.metadata]\n'
        'requires-dist = [{ name = "click", specifier = ">=8.1" }]\n\n[[package]]\nname = "click"\nversion = "8.1.7"\n',
        '    "click>=8.1",',
        '    "httpx>=0.27",',
    ),
    Pair(
        "pyproject.toml",
        '[tool.poetry]\nname = "checker"\nversion = "0.1.0"\ndescription = ""\nauthors = []\n\n'
        '[tool.poetry.dependencies]\npython = "^3.11"\nclick = "^8.1"\n',
        "poetry.lock",
        '[[package]]\nname = "click"\nversion = "8.1.7"\ndescription = ""\noptional = false\npython-versions = ">=3.7"\n'
        f'files = []\n\n[metadata]\nlock-version = "2.0"\npython-versions = "^3.11"\ncontent-hash = "{_DIGEST}"\n',
        'click = "^8.1"',
        'httpx = "^0.27"',
    ),
    Pair(
        "go.mod",
        "module example.org/checker\n\ngo 1.21\n\nrequire (\n\tgithub.com/pkg/errors v0.9.1\n)\n",
        "go.sum",
        "github.com/pkg/errors v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=\n"
        "github.com/pkg/errors v0.9.1/go.mod h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=\n",
        "\tgithub.com/pkg/errors v0.9.1",
        "\tgithub.com/google/uuid v1.6.0",
    ),
)
_GO_REQUIRE = re.compile(r"^\t[\w./-]+ v\d")


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """Adds a dependency to a real `go.mod` of the tree, else to a pair of files laid down for it."""
    real = [path for path in tree.paths if path == "go.mod" and "go.sum" in tree.paths]
    for path, text in tree.some(real, dice):
        lines = text.split("\n")
        at = next((number for number, line in enumerate(lines) if _GO_REQUIRE.match(line)), None)
        if at is not None:
            lines.insert(at, "\texample.org/forgotten/module v1.4.2")
            places = (Place(path, at + 1, at + 1),)
            return Defect("dependency without lock (the stranger's go.mod)", RULE, places, {path: "\n".join(lines)})
    return _own_pair(tree, dice)


def _own_pair(tree: Tree, dice: random.Random) -> Defect | None:
    pair, folder = dice.choice(PAIRS), dice.choice(FOLDERS)
    manifest, lock = f"{folder}/{pair.manifest}", f"{folder}/{pair.lock}"
    if any(path.startswith(f"{folder}/") for path in tree.paths):
        return None
    lines = pair.manifest_text.split("\n")
    at = lines.index(pair.behind) + 1
    lines.insert(at, pair.added)
    before: Edits = {manifest: pair.manifest_text, lock: pair.lock_text}
    places = (Place(manifest, at + 1, at + 1),)
    return Defect(f"dependency without lock ({pair.lock})", RULE, places, {manifest: "\n".join(lines)}, before)
