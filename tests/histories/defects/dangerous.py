"""Constructs that open a door: commands made of strings, certificates that nobody checks, files that all may write."""

from __future__ import annotations

import random

from defects.code import insertion_line, language, product_code, splice
from defects.defect import Defect, Place, Setting
from defects.tree import Tree

RULE = "technical/dangerous"
COUNT = 16

DOORS: dict[str, tuple[tuple[str, ...], ...]] = {
    "C": (
        ("void open_door(CURL *curl)", "{", "    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);", "}"),
        ("int open_door(const char *path)", "{", "    return chmod(path, 0777);", "}"),
    ),
    "Go": (
        ("func openDoor() *tls.Config {", "\treturn &tls.Config{InsecureSkipVerify: true}", "}"),
        ("func openDoor(path string) error {", '\treturn exec.Command("sh", "-c", "tar xf "+path).Run()', "}"),
        ("func openDoor(path string) error {", "\treturn os.Chmod(path, 0777)", "}"),
    ),
    "Java": (
        (
            "    static Process openDoor(String path) throws java.io.IOException {",
            '        return Runtime.getRuntime().exec(new String[] {"sh", "-c", "tar xf " + path});',
            "    }",
        ),
    ),
    "JavaScript": (
        ("function openDoor(url) {", "  return https.get(url, { rejectUnauthorized: false });", "}"),
        ("function openDoor(ref) {", "  return child_process.execSync(`git log ${ref}`);", "}"),
        ("function openDoor(text) {", "  return eval(text);", "}"),
    ),
    "Perl": (("sub open_door {", "    my ($path) = @_;", '    system("tar xf $path");', "}"),),
    "Python": (
        ("def open_door(path):", '    subprocess.run(f"tar xf {path}", shell=True)'),
        ("def open_door(path):", '    os.system("tar xf " + path)'),
        ("def open_door(url):", "    return requests.get(url, verify=False)"),
        ("def open_door(text):", "    return eval(text)"),
    ),
    "Ruby": (
        ("def open_door(http)", "  http.verify_mode = OpenSSL::SSL::VERIFY_NONE", "end"),
        ("def open_door(path)", "  `tar xf #{path}`", "end"),
    ),
    "Rust": (
        (
            "fn open_door() -> reqwest::ClientBuilder {",
            "    reqwest::Client::builder().danger_accept_invalid_certs(true)",
            "}",
        ),
    ),
}


def plant(tree: Tree, dice: random.Random) -> Defect | None:
    """A small function that does one dangerous thing with what it is handed."""
    for path, text in tree.some(product_code(tree.paths), dice):
        lines = text.split("\n")[:-1]
        at, doors = insertion_line(path, lines), DOORS.get(language(path) or "")
        if at is None or doors is None:
            continue
        added = ["", *dice.choice(doors)]
        if language(path) == "Perl":
            added.append("")
        what = f"dangerous construct ({language(path)})"
        places = (Place(path, at + 1, at + len(added)),)
        return Defect(what, RULE, places, {path: splice(lines, at, added)}, setting=dice.choice(list(Setting)))
    return None
