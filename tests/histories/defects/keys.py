"""Secrets: keys in vendors' published shapes, and passwords that a generator could have made. All drawn at random."""

from __future__ import annotations

import base64
import random
import string
import zlib
from collections.abc import Callable

from defects.code import language, product_code, splice
from defects.defect import Defect, Place, Setting
from defects.tree import Tree

RULE = "technical/secret"
COUNT = 26

_LETTERS = string.ascii_letters + string.digits
_URL_SAFE = _LETTERS + "-_"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def _draw(dice: random.Random, letters: str, count: int) -> str:
    return "".join(dice.choice(letters) for _ in range(count))


def _checked(prefix: str, dice: random.Random) -> str:
    """Thirty letters and their CRC-32 in base 62, the form of GitHub's and npm's tokens."""
    body = _draw(dice, _LETTERS, 30)
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return prefix + body + digits


VENDORS: dict[str, Callable[[random.Random], str]] = {
    "AWS": lambda dice: "AKIA" + _draw(dice, string.ascii_uppercase + "234567", 16),
    "GitHub": lambda dice: _checked("ghp_", dice),
    "GitLab": lambda dice: "glpat-" + _draw(dice, _URL_SAFE, 20),
    "Slack": lambda dice: (
        f"xoxb-{_draw(dice, string.digits[1:], 12)}-{_draw(dice, string.digits[1:], 12)}-{_draw(dice, _LETTERS, 24)}"
    ),
    "Stripe": lambda dice: "sk_live_" + _draw(dice, _LETTERS, 24),
    "Anthropic": lambda dice: "sk-ant-api03-" + _draw(dice, _URL_SAFE, 93) + "AA",
    "Google": lambda dice: "AIza" + _draw(dice, _URL_SAFE, 35),
    "npm": lambda dice: _checked("npm_", dice),
    "PyPI": lambda dice: "pypi-AgEIcHlwaS5vcmc" + _draw(dice, _URL_SAFE, 150),
    "SendGrid": lambda dice: f"SG.{_draw(dice, _URL_SAFE, 22)}.{_draw(dice, _URL_SAFE, 43)}",
}
ASSIGNMENTS = {
    "C": 'static const char *NAME = "VALUE";',
    "C++": 'static const char* NAME = "VALUE";',
    "Go": 'var NAME = "VALUE"',
    "Java": '    private static final String NAME = "VALUE";',
    "JavaScript": "const NAME = 'VALUE';",
    "Perl": "my $NAME = 'VALUE';",
    "Python": 'NAME = "VALUE"',
    "Ruby": 'NAME = "VALUE"',
    "Rust": 'const NAME: &str = "VALUE";',
    "TypeScript": "export const NAME = 'VALUE'",
}
SETTINGS = (
    ("config/production.env", ("LOG_LEVEL=warn", "NAME=VALUE", "WORKERS=4")),
    ("deploy/settings.yml", ("server:", "  port: 8080", "  NAME: VALUE", "  workers: 4")),
    ("config/settings.ini", ("[server]", "port = 8080", "NAME = VALUE")),
    ("config/settings.json", ("{", '  "port": 8080,', '  "NAME": "VALUE"', "}")),
)
# Names under which people keep what a generator made.
SECRET_NAMES = ("DB_PASSWORD", "CLIENT_SECRET", "api_secret", "session_signing_key", "ADMIN_PASSWORD", "AUTH_TOKEN")
GENERATED_LENGTHS = (24, 32, 40)


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """A secret in a file of code, in a new file of settings, or as a key file."""
    setting = dice.choice(list(Setting))
    form = dice.random()
    if form < 0.12:
        return _key_file(tree, dice, setting)
    if form < 0.5:
        name = dice.choice(SECRET_NAMES)
        value, kind = _draw(dice, _LETTERS, dice.choice(GENERATED_LENGTHS)), "generated password"
    else:
        vendor = dice.choice(list(VENDORS))
        name, value, kind = "SERVICE_KEY", VENDORS[vendor](dice), f"key of {vendor}"
    if dice.random() < 0.3:
        return _in_settings(tree, dice, (name, value, kind), setting)
    return _in_code(tree, dice, (name, value, kind), setting)


def _in_code(tree: Tree, dice: random.Random, secret: tuple[str, str, str], setting: Setting) -> Defect | None:
    name, value, kind = secret
    for path, text in tree.some(product_code(tree.paths), dice):
        lines = text.split("\n")[:-1]
        template = ASSIGNMENTS.get(language(path) or "")
        if template is None or any(line == "__END__" for line in lines):
            continue
        at = _between_functions(path, lines)
        if at is None:
            continue
        added = ["", template.replace("NAME", name).replace("VALUE", value)]
        edits = {path: splice(lines, at, added)}
        return Defect(f"{kind} ({language(path)})", RULE, (Place(path, at + 2, at + 2),), edits, setting=setting)
    return None


def _between_functions(path: str, lines: list[str]) -> int | None:
    """Inside of Java's class, in front of Perl's first function, else at the end."""
    if language(path) == "Java":
        ends = [at for at, line in enumerate(lines) if line == "}"]
        return ends[-1] if len(ends) == 1 else None
    if language(path) == "Perl":
        starts = [at for at, line in enumerate(lines) if line.startswith("sub ")]
        return starts[0] if starts and not any(line.startswith("=") for line in lines[: starts[0]]) else None
    return len(lines)


def _in_settings(tree: Tree, dice: random.Random, secret: tuple[str, str, str], setting: Setting) -> Defect | None:
    name, value, kind = secret
    path, template = dice.choice(SETTINGS)
    if path in tree.paths:
        return None
    lines = [line.replace("NAME", name).replace("VALUE", value) for line in template]
    at = next(number for number, line in enumerate(lines, start=1) if value in line)
    edits = {path: "\n".join(lines) + "\n"}
    return Defect(f"{kind} (settings)", RULE, (Place(path, at, at),), edits, setting=setting)


def _key_file(tree: Tree, dice: random.Random, setting: Setting) -> Defect | None:
    """A private key in PEM: the right frame around bytes that are no key."""
    path, kind = dice.choice(
        (("deploy/server.pem", "RSA PRIVATE"), ("config/host.key", "PRIVATE"), ("id_ci", "EC PRIVATE"))
    )
    if path in tree.paths:
        return None
    body = base64.b64encode(b"\x30\x82" + dice.randbytes(590)).decode()
    rows = [body[at : at + 64] for at in range(0, len(body), 64)]
    mark = "-" * 5
    lines = [f"{mark}BEGIN {kind} KEY{mark}", *rows, f"{mark}END {kind} KEY{mark}"]
    edits = {path: "\n".join(lines) + "\n"}
    return Defect("private key in PEM", RULE, (Place(path, 1, len(lines)),), edits, setting=setting)
