// A judge: notes added lines that are longer than `max_characters` of its rule (120 where policy says nothing).

import evidence from "assize:plugin/evidence@0.1.0";
import log from "assize:plugin/log@0.1.0";
import { answers, refusalOf } from "./conformance.js";

const RULE = "long-lines/too-long";
const CHARACTERS_MAX = 120;
const FINDINGS_MAX = 1000;

export function describe() {
    return {
        name: "long-lines",
        version: "0.1.0",
        summary: "Notes lines that are too long to read with ease.",
        // A judge would name here what it cannot do without. This one also serves tests of refusals, so it starts with nothing.
        requires: [],
        wants: ["evidence.changes", "evidence.hunks"],
    };
}

export function judge(brief) {
    const asked = brief.messages.find((message) => message.startsWith('{"calls"'));
    if (asked !== undefined) {
        return { vote: "approve", findings: [], rationale: answers(asked, HOST) };
    }
    const look = new Look(charactersMax(brief));
    look.changes();
    return look.opinion();
}

function charactersMax({ settings }) {
    const parameters = settings.filter(({ rule }) => rule === RULE).flatMap(({ parameters }) => parameters);
    return parameters.find(({ name }) => name === "max_characters")?.value ?? CHARACTERS_MAX;
}

class Look {
    constructor(charactersMax) {
        this.charactersMax = charactersMax;
        this.findings = [];
        this.files = 0;
        this.unread = 0;
        this.hidden = false;
    }

    changes() {
        const refused = pages((start) => evidence.changes(start), ({ changes }) => {
            for (const change of changes) {
                this.files += 1;
                if (change.form === "text" && change.head !== null) {
                    this.hunks(change.path);
                }
            }
        });
        this.hidden = refused;
    }

    hunks(path) {
        const refused = pages((start) => evidence.hunks(path, start), ({ hunks }) => {
            for (const { added, headStart } of hunks) {
                added.forEach((text, index) => this.line(path, headStart + index, text));
            }
        });
        this.unread += refused ? 1 : 0;
    }

    line(path, line, text) {
        // The bytes' order is that of UTF-16 here; characters are what is counted.
        const characters = Array.from(text.endsWith("\r") ? text.slice(0, -1) : text).length;
        if (characters > this.charactersMax && this.findings.length < FINDINGS_MAX) {
            this.findings.push({
                rule: RULE,
                severity: "warning",
                message: `The line has ${characters} characters; ${this.charactersMax} are enough.`,
                location: { side: "head", path, startLine: line, endLine: line },
                suggestion: null,
            });
        }
    }

    opinion() {
        let rationale = `Looked at ${this.files} changed files and found ${this.findings.length} lines that are too long.`;
        if (this.unread > 0) {
            rationale += ` ${this.unread} files could not be read.`;
        }
        if (this.hidden) {
            rationale += " The list of changes could not be read to its end.";
        }
        return { vote: this.hidden ? "abstain" : "approve", findings: this.findings, rationale };
    }
}

// Shows each page of a long answer; tells whether a refusal ended it.
function pages(fetch, show) {
    let start = 0;
    while (start !== null) {
        let page;
        try {
            page = fetch(start);
        } catch (refused) {
            refusalOf(refused);
            return true;
        }
        show(page);
        start = page.next;
    }
    return false;
}

// The host's functions by their permissions, for tests.
const HOST = {
    "evidence.changes": ({ from }) => evidence.changes(from),
    "evidence.hunks": ({ path, from }) => evidence.hunks(path, from),
    "evidence.read": ({ side, path, offset, length }) => evidence.read(side, path, offset, length),
    "evidence.list": ({ side, path, from }) => evidence.list(side, path, from),
    "evidence.search": ({ side, literals, max }) => evidence.search(side, literals, max),
    "evidence.document": ({ name, offset, length }) => evidence.document(name, offset, length),
    "log.write": ({ level, message }) => log.write(level, message),
};
