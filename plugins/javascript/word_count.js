// An agent: counts lines and words of the text files in a folder, and writes them into a report.
//
// Its input is null or {"folder": "docs", "report": "word-count.tsv"}; each of the two may be missing.

import artifacts from "assize:plugin/artifacts@0.1.0";
import http from "assize:plugin/http@0.1.0";
import log from "assize:plugin/log@0.1.0";
import process from "assize:plugin/process@0.1.0";
import state from "assize:plugin/state@0.1.0";
import workspace from "assize:plugin/workspace@0.1.0";
import { bytesOfText } from "./bytes.js";
import { answers, bytes, refusalOf } from "./conformance.js";

const PIECE_BYTES = 1 << 20;

export function describe() {
    return {
        name: "word-count",
        version: "0.1.0",
        summary: "Counts the words of a folder's text files and writes them into a report.",
        // A plugin would name here what it cannot do without. This one also serves tests of refusals, so it starts with nothing.
        requires: [],
        wants: ["workspace.list", "workspace.read", "workspace.write"],
    };
}

export function run(task) {
    const wanted = parse(task.input);
    if (wanted.calls !== undefined) {
        return { summary: "Called the host as asked.", output: answers(task.input, HOST) };
    }
    const count = new Count(wanted.report ?? "word-count.tsv");
    count.folder(wanted.folder ?? "");
    return count.outcome();
}

function parse(input) {
    let wanted;
    try {
        wanted = JSON.parse(input) ?? {};
    } catch {
        wanted = null;
    }
    if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) {
        throw { message: 'The input is not an object of JSON, such as {"folder": "docs"}.' };
    }
    return wanted;
}

class Count {
    constructor(report) {
        this.report = report;
        this.rows = [];
        this.lines = 0;
        this.words = 0;
        this.unread = 0;
    }

    folder(folder) {
        let after = null;
        do {
            const page = this.answered(() => workspace.list(folder, after));
            if (page === null) {
                return;
            }
            for (const { name, kind } of page.entries) {
                const path = folder === "" ? name : `${folder}/${name}`;
                if (kind === "folder") {
                    this.folder(path);
                } else if ((kind === "file" || kind === "executable") && path !== this.report) {
                    this.file(path);
                }
            }
            after = page.next;
        } while (after !== null);
    }

    file(path) {
        const words = new Words();
        let offset = 0;
        for (;;) {
            const piece = this.answered(() => workspace.read(path, offset, PIECE_BYTES));
            if (piece === null || (offset === 0 && piece.subarray(0, 8000).includes(0))) {
                return;
            }
            if (piece.length === 0) {
                break;
            }
            words.read(piece);
            offset += piece.length;
        }
        this.rows.push(`${path}\t${words.lines}\t${words.words}\n`);
        this.lines += words.lines;
        this.words += words.words;
    }

    // What the host answers; null where it refused, which is counted.
    answered(call) {
        try {
            return call();
        } catch (refused) {
            refusalOf(refused);
            this.unread += 1;
            return null;
        }
    }

    outcome() {
        const table = `file\tlines\twords\n${this.rows.join("")}`;
        let summary = `Counted ${this.words} words in ${this.rows.length} files.`;
        if (this.unread > 0) {
            summary += ` ${this.unread} files or folders could not be read.`;
        }
        let written = true;
        try {
            workspace.write(this.report, bytesOfText(table), "replace");
        } catch (refused) {
            written = false;
            summary += ` The report was not written: ${why(refusalOf(refused))}.`;
        }
        const { lines, words, unread } = this;
        return { summary, output: JSON.stringify({ files: this.rows.length, lines, words, unread, written }) };
    }
}

// Counts piece by piece: a word may go on in the next piece.
class Words {
    lines = 0;
    words = 0;
    inside = false;

    read(piece) {
        for (const byte of piece) {
            const isSpace = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
            if (byte === 0x0a) {
                this.lines += 1;
            }
            if (!isSpace && !this.inside) {
                this.words += 1;
            }
            this.inside = !isSpace;
        }
    }
}

function why({ tag, val }) {
    return tag === "denied" ? `${val.permission} is not granted; ${val.needs}` : val;
}

// The host's functions by their permissions, for tests.
const HOST = {
    "workspace.list": ({ path, after = null }) => workspace.list(path, after),
    "workspace.read": ({ path, offset, length }) => workspace.read(path, offset, length),
    "workspace.write": ({ path, contents, existing }) => workspace.write(path, bytes(contents), existing),
    "workspace.remove": ({ path }) => workspace.remove(path),
    "workspace.rename": ({ from, to }) => workspace.rename(from, to),
    "workspace.search": ({ path, literals, max }) => workspace.search(path, literals, max),
    "workspace.diff": ({ after = null }) => workspace.diff(after),
    "state.get": ({ key }) => state.get(key),
    "state.set": ({ key, value, expected = null }) => state.set(key, bytes(value), expected),
    "state.list": ({ prefix, after = null }) => state.list(prefix, after),
    "artifacts.store": (given) => artifacts.store(given.name, given["media-type"], bytes(given.contents)),
    "artifacts.get": ({ digest, offset, length }) => artifacts.get(digest, offset, length),
    "process.run": ({ arguments: words, dir, seconds = null }) => process.run({ arguments: words, dir, seconds }),
    "http.send": ({ method, url, headers, body, seconds = null }) =>
        http.send({ method, url, headers, body: bytes(body), seconds }),
    "log.write": ({ level, message }) => log.write(level, message),
};
