"""Strangers' sources, through the tools that a machine has for them: apt, cargo, npm and pip.

No host is named here. The tools know theirs, and the machine's own settings for them are not changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DebianSource:
    """An unpacked source package: the upstream tree without patches, and the packager's folder beside it."""

    version: str
    upstream: Path
    patches: Path


class Apt:
    """Source packages of the machine's own Debian release, with lists and settings of its own."""

    def __init__(self, folder: Path) -> None:
        """Prepares lists of sources in `folder` from the machine's lists of packages."""
        self.folder = folder.absolute()
        for inner in ("lists/partial", "cache/archives/partial"):
            (self.folder / inner).mkdir(parents=True, exist_ok=True)
        lists = self.folder / "sources.list"
        lists.write_text("\n".join(source_lines(Path("/etc/apt"), _release())) + "\n", encoding="utf-8")
        settings = self.folder / "apt.conf"
        settings.write_text(
            f'Dir::Etc::sourcelist "{lists}";\nDir::Etc::sourceparts "-";\n'
            f'Dir::State::lists "{self.folder}/lists";\nDir::Cache "{self.folder}/cache";\n',
            encoding="utf-8",
        )
        self._run(["apt-get", "-qq", "update"], self.folder)

    def unpack(self, name: str, into: Path) -> DebianSource:
        """Downloads the source package `name` and unpacks it below `into`, unpatched."""
        into.mkdir(parents=True, exist_ok=True)
        self._run(["apt-get", "-qq", "source", "--download-only", "--only-source", name], into)
        description = next(into.glob("*.dsc"))
        upstream = into / "upstream"
        if upstream.exists():
            shutil.rmtree(upstream)
        self._run(["dpkg-source", "--skip-patches", "-q", "-x", description.name, upstream.name], into)
        packaging = into / "packaging"
        if packaging.exists():
            shutil.rmtree(packaging)
        (upstream / "debian").rename(packaging)
        # dpkg-source keeps its own notes in the tree.
        shutil.rmtree(upstream / ".pc", ignore_errors=True)
        return DebianSource(_field(description, "Version"), upstream, packaging / "patches")

    def _run(self, command: list[str], folder: Path) -> None:
        run(command, folder, {"APT_CONFIG": str(self.folder / "apt.conf")})


def source_lines(settings: Path, release: str) -> list[str]:
    """Lines of `deb-src` for the `release`'s main part, made of the machine's lines of `deb`.

    Reads both forms: `sources.list`, and the stanzas of `*.sources`.
    """
    lines: list[str] = []
    plain = [settings / "sources.list", *sorted((settings / "sources.list.d").glob("*.list"))]
    for file in plain:
        for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else []:
            words = line.split()
            if words[:1] == ["deb"] and release in words and "main" in words:
                lines.append(" ".join(["deb-src", *words[1 : words.index("main") + 1]]))
    for file in sorted((settings / "sources.list.d").glob("*.sources")):
        for stanza in file.read_text(encoding="utf-8").split("\n\n"):
            fields = dict(_split_field(line) for line in stanza.splitlines() if ":" in line and line[:1] not in "# ")
            if release in fields.get("suites", "").split() and "main" in fields.get("components", "").split():
                signed = f"[signed-by={fields['signed-by']}] " if "signed-by" in fields else ""
                lines.extend(f"deb-src {signed}{address} {release} main" for address in fields.get("uris", "").split())
    if not lines:
        raise RuntimeError(f"no list of packages under {settings} has the main part of the release {release!r}")
    return lines


def crate(name: str, version: str, into: Path) -> Path:
    """The folder of the crate as it was published, by vendoring a made-up manifest that asks for nothing else."""
    into.mkdir(parents=True, exist_ok=True)
    (into / "src").mkdir(exist_ok=True)
    (into / "src" / "lib.rs").write_text("", encoding="utf-8")
    (into / "Cargo.toml").write_text(
        '[package]\nname = "asks"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
        f'[dependencies]\nwanted = {{ package = "{name}", version = "={version}" }}\n',
        encoding="utf-8",
    )
    run(["cargo", "vendor", "--quiet", "--versioned-dirs", "vendor"], into, {})
    folder = into / "vendor" / f"{name}-{version}"
    (folder / ".cargo-checksum.json").unlink(missing_ok=True)
    return folder


def npm_package(name: str, version: str, into: Path) -> Path:
    """The unpacked archive of an npm package."""
    into.mkdir(parents=True, exist_ok=True)
    run(["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"], into, {})
    return _unpack_only_archive(into)


def python_package(name: str, version: str, into: Path) -> Path:
    """The unpacked source distribution of a Python package."""
    into.mkdir(parents=True, exist_ok=True)
    command = ["pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", name]
    run([*command, "--dest", ".", f"{name}=={version}"], into, {})
    return _unpack_only_archive(into)


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Runs a tool; raises `RuntimeError` with its last words when it fails."""
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).decode(errors="replace").strip()[-600:]
        raise RuntimeError(f"`{' '.join(command)}` failed:\n{words}")


def _unpack_only_archive(folder: Path) -> Path:
    archive = next(path for path in folder.iterdir() if path.name.endswith((".tgz", ".tar.gz")))
    unpacked = folder / "unpacked"
    with tarfile.open(archive) as tar:
        tar.extractall(unpacked, filter="data")
    return next(path for path in unpacked.iterdir() if path.is_dir())


def _release() -> str:
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=", 1)[1].strip('"')
    raise RuntimeError("/etc/os-release names no release; the histories need Debian or a descendant")


def _split_field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _field(description: Path, name: str) -> str:
    for line in description.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(f"{name}: "):
            return line.split(": ", 1)[1].strip()
    raise RuntimeError(f"{description.name} has no field {name}")
