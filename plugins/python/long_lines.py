"""A judge: notes added lines that are longer than `max_characters` of its rule (120 where policy says nothing)."""

import wit_world
from componentize_py_types import Err
from wit_world.imports import evidence, log, types

import conformance

RULE = "long-lines/too-long"
CHARACTERS_MAX = 120
FINDINGS_MAX = 1000


class WitWorld(wit_world.WitWorld):
    def describe(self) -> types.Description:
        return types.Description(
            name="long-lines",
            version="0.1.0",
            summary="Notes lines that are too long to read with ease.",
            # A judge would name here what it cannot do without. This one also serves tests of refusals, so it starts with nothing.
            requires=[],
            wants=["evidence.changes", "evidence.hunks"],
        )

    def judge(self, case: types.Case) -> types.Opinion:
        for message in case.messages:
            if message.startswith('{"calls"'):
                asked = conformance.answers(message, {"evidence": evidence, "log": log})
                return types.Opinion(types.Vote.APPROVE, [], asked)
        look = Look(characters_max(case))
        look.changes()
        return look.opinion()


def characters_max(case: types.Case) -> int:
    for setting in case.settings:
        for parameter in setting.parameters:
            if setting.rule == RULE and parameter.name == "max_characters":
                return parameter.value
    return CHARACTERS_MAX


class Look:
    def __init__(self, characters_max: int):
        self.characters_max = characters_max
        self.findings: list[types.Finding] = []
        self.files = self.unread = 0
        self.hidden = False

    def changes(self):
        start = 0
        while start is not None:
            try:
                page = evidence.changes(start)
            except Err:
                self.hidden = True
                return
            for change in page.changes:
                self.files += 1
                if change.form is evidence.Form.TEXT and change.head is not None:
                    self.hunks(change.path)
            start = page.next

    def hunks(self, path: str):
        start = 0
        while start is not None:
            try:
                page = evidence.hunks(path, start)
            except Err:
                self.unread += 1
                return
            for hunk in page.hunks:
                for line, text in enumerate(hunk.added, hunk.head_start):
                    self.line(path, line, len(text.removesuffix("\r")))
            start = page.next

    def line(self, path: str, line: int, characters: int):
        if characters > self.characters_max and len(self.findings) < FINDINGS_MAX:
            message = f"The line has {characters} characters; {self.characters_max} are enough."
            place = types.Location(types.Side.HEAD, path, line, line)
            self.findings.append(types.Finding(RULE, types.Severity.WARNING, message, place, None))

    def opinion(self) -> types.Opinion:
        why = f"Looked at {self.files} changed files and found {len(self.findings)} lines that are too long."
        if self.unread:
            why += f" {self.unread} files could not be read."
        if self.hidden:
            why += " The list of changes could not be read to its end."
        vote = types.Vote.ABSTAIN if self.hidden else types.Vote.APPROVE
        return types.Opinion(vote, self.findings, why)
