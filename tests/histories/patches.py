"""The patches of a Debian source package: their order, their words, and how they are applied.

Series files are those of quilt; headers are DEP-3, or those of a mail that git wrote.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

# Options of the packager's own tool for applying, so that what applies there applies here.
PATCH = ["patch", "-t", "-F0", "-N", "-p1", "-u", "-V", "never", "-E", "--no-backup-if-mismatch", "-r", "-", "-s"]

_FIRST_LINE = re.compile(r"^(Subject|Description):[ \t]*(.*)$", re.IGNORECASE)
# What packagers wrote before DEP-3: `# DP: Fix this and that.`
_OLD_WORDS = re.compile(r"^#+ DP: ?(.*)$")
_MAIL_MARK = re.compile(r"^\[[^\]]*\]\s*")
_BODY_START = re.compile(r"^(---|\+\+\+ |diff |Index: |===)")
_FIELD = re.compile(r"^[A-Za-z][A-Za-z0-9-]*:(?: |$)")


def read_series(folder: Path) -> list[str]:
    """The names of the patches that `debian/patches/series` in `folder` lists, in order."""
    series = folder / "series"
    if not series.is_file():
        return []
    names = []
    for line in series.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split("#", 1)[0].split()
        # Behind the name there may be options such as `-p0`; only the usual form is taken.
        if words and (len(words) == 1 or words[1] == "-p1"):
            names.append(words[0])
    return names


def read_message(text: str, name: str) -> str:
    """The commit message for a patch: its subject or description, with the lines that go on.

    A patch without a header is called by its file's `name`.
    """
    header = []
    for line in text.splitlines():
        if _BODY_START.match(line):
            break
        header.append(line.rstrip())
    told = [found.group(1) for found in map(_OLD_WORDS.match, header) if found]
    if told:
        return "\n".join(told).strip() + "\n"
    for at, line in enumerate(header):
        found = _FIRST_LINE.match(line)
        if found is not None:
            folded = found.group(1).lower() == "subject"
            return _told(_MAIL_MARK.sub("", found.group(2)), header[at + 1 :], folded=folded) or f"{Path(name).stem}\n"
    return f"{Path(name).stem}\n"


def _told(title: str, below: list[str], *, folded: bool) -> str:
    """The message of a title and the lines below it.

    Indented lines go on with the title when it is `folded` as in a mail, else they are the description's body; a mail's
    body follows behind its header.
    """
    titles, body = [title], list[str]()
    for line in below:
        if line.startswith((" ", "\t")):
            words = line.strip()
            (titles if folded and not body else body).append("" if words == "." else words)
        elif _FIELD.match(line):
            break
        else:
            body.append(line)
    subject = " ".join(filter(None, titles))
    told = "\n".join(body).strip()
    return "\n\n".join(filter(None, [subject, told])) + "\n" if subject or told else ""


def apply(tree: Path, patch: bytes) -> bool:
    """Applies the patch to `tree` without fuzz; says whether all of it applied.

    When it says no, parts of it may have been applied: the caller brings the tree back.
    """
    return subprocess.run(PATCH, cwd=tree, input=patch, capture_output=True, check=False).returncode == 0
