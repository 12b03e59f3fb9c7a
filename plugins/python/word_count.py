"""An agent: counts lines and words of the text files in a folder, and writes them into a report.

Its input is null or {"folder": "docs", "report": "word-count.tsv"}; each of the two may be missing.
"""

import json

import wit_world
from componentize_py_types import Err
from wit_world.imports import artifacts, http, log, process, state, types, work, workspace

import conformance

PIECE_BYTES = 1 << 20

# The host's interfaces by their names, for tests.
INTERFACES = {
    "workspace": workspace,
    "state": state,
    "artifacts": artifacts,
    "process": process,
    "http": http,
    "log": log,
}


class WitWorld(wit_world.WitWorld):
    def describe(self) -> types.Description:
        return types.Description(
            name="word-count",
            version="0.1.0",
            summary="Counts the words of a folder's text files and writes them into a report.",
            # A plugin would name here what it cannot do without. This one also serves tests of refusals, so it starts with nothing.
            requires=[],
            wants=["workspace.list", "workspace.read", "workspace.write"],
        )

    def run(self, task: work.Task) -> work.Outcome:
        try:
            wanted = json.loads(task.input)
        except ValueError:
            wanted = ""
        if wanted is None:
            wanted = {}
        if not isinstance(wanted, dict):
            raise Err(types.Fault("The input is not an object of JSON, such as {\"folder\": \"docs\"}."))
        if "calls" in wanted:
            return work.Outcome("Called the host as asked.", conformance.answers(task.input, INTERFACES))
        count = Count(wanted.get("report", "word-count.tsv"))
        count.folder(wanted.get("folder", ""))
        return count.outcome()


class Count:
    def __init__(self, report: str):
        self.report = report
        self.rows: list[str] = []
        self.lines = self.words = self.unread = 0

    def folder(self, folder: str):
        after = None
        while True:
            try:
                page = workspace.list(folder, after)
            except Err:
                self.unread += 1
                return
            for entry in page.entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.kind is workspace.Kind.FOLDER:
                    self.folder(path)
                elif entry.kind in (workspace.Kind.FILE, workspace.Kind.EXECUTABLE) and path != self.report:
                    self.file(path)
            after = page.next
            if after is None:
                return

    def file(self, path: str):
        contents = bytearray()
        try:
            while piece := workspace.read(path, len(contents), PIECE_BYTES):
                contents += piece
        except Err:
            self.unread += 1
            return
        if b"\0" in contents[:8000]:
            return
        lines, words = contents.count(b"\n"), len(contents.split())
        self.rows.append(f"{path}\t{lines}\t{words}\n")
        self.lines += lines
        self.words += words

    def outcome(self) -> work.Outcome:
        table = "file\tlines\twords\n" + "".join(self.rows)
        summary = f"Counted {self.words} words in {len(self.rows)} files."
        if self.unread:
            summary += f" {self.unread} files or folders could not be read."
        written = True
        try:
            workspace.write(self.report, table.encode(), workspace.Existing.REPLACE)
        except Err as refused:
            written = False
            summary += f" The report was not written: {why(refused.value)}."
        numbers = {
            "files": len(self.rows),
            "lines": self.lines,
            "words": self.words,
            "unread": self.unread,
            "written": written,
        }
        return work.Outcome(summary, json.dumps(numbers, separators=(",", ":")))


def why(refusal: types.Refusal) -> str:
    if isinstance(refusal, types.Refusal_Denied):
        return f"{refusal.value.permission} is not granted; {refusal.value.needs}"
    return refusal.value
