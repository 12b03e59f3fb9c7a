"""What counts as a project's own code, and where another function can be put into a file of it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

LANGUAGES = {
    ".c": "C", ".cc": "C++", ".cpp": "C++", ".go": "Go", ".java": "Java", ".js": "JavaScript", ".mjs": "JavaScript",
    ".pl": "Perl", ".pm": "Perl", ".py": "Python", ".rb": "Ruby", ".rs": "Rust", ".ts": "TypeScript",
}  # fmt: skip
COMMENTS = {"Perl": "#", "Python": "#", "Ruby": "#"}

# Files that are judged more softly: tests, examples, documents, what stands beside the product.
_SOFT = re.compile(
    r"(^|[/_.-])(tests?|testing|t|specs?|fixtures?|testdata|snapshots?|corpus|corpora|golden|samples?|examples?|demos?|"
    r"templates?|docs?|debian|build|bench|benches|benchmarks?|mocks?|contrib)([/_.-]|$)|Tests?\.java$",
    re.IGNORECASE,
)
# Files that are not the project's own.
_OTHERS = re.compile(
    r"(^|[/_.-])(vendor|vendored|third[_-]?party|node_modules|deps|dist|extern|external|generated|gen|min)([/_.-]|$)",
    re.IGNORECASE,
)
_TEST = re.compile(r"(^|/)(tests?|t|spec)/|(^|/)test_[^/]*\.py$|_test\.(go|py|rb)$|\.(test|spec)\.[jt]s$|Test\.java$")


def language(path: str) -> str | None:
    """The language of a file, by its name."""
    return LANGUAGES.get(PurePosixPath(path).suffix)


def product_code(paths: list[str]) -> list[str]:
    """The files that are the project's own code: neither tests nor examples nor others' work."""
    own = [path for path in paths if language(path) and not path.endswith(".d.ts")]
    return [path for path in own if not (_SOFT.search(path) or _OTHERS.search(path))]


def test_code(paths: list[str]) -> list[str]:
    """The project's own files that hold tests, by the conventions of their languages."""
    return [path for path in paths if language(path) and _TEST.search(path) and not _OTHERS.search(path)]


def comment(path: str, words: str) -> str:
    """The words as a comment of one line."""
    spoken = language(path)
    if spoken == "C":
        return f"/* {words} */"
    return f"{COMMENTS.get(spoken or '', '//')} {words}"


def insertion_line(path: str, lines: list[str]) -> int | None:
    """The index of the line before which a function of one's own can stand; `None` where that is not plain."""
    spoken = language(path)
    if spoken == "Java":
        ends = [at for at, line in enumerate(lines) if line == "}"]
        return ends[-1] if len(ends) == 1 else None
    if spoken == "Perl":
        starts = [at for at, line in enumerate(lines) if line.startswith("sub ")]
        pod = any(line.startswith("=") for line in lines[: starts[0]]) if starts else True
        return None if pod else starts[0]
    if any(line == "__END__" for line in lines):
        return None
    return len(lines)


def splice(lines: list[str], at: int, added: list[str], removed: int = 0) -> str:
    """The text with `added` in the place of `removed` lines at the index `at`."""
    return "\n".join([*lines[:at], *added, *lines[at + removed :]]) + "\n"
