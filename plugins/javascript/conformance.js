// Calls host functions as a test asks for them, and gives their answers as JSON.
//
// Asked is {"calls": [{"call": "workspace.read", "arguments": {...}, "times": 3}]}: each call is made until its first refusal,
// at most `times` times (once where nothing is said), and its last answer counts: {"ok": VALUE} or {"err": REFUSAL}. Values stand
// as the contract names them; bytes stand as hex digits, and in answers above 1,024 of them as their number.

import { bytesOfHex, hexOfBytes } from "./bytes.js";

const SHOWN_BYTES_MAX = 1024;

// The answers to all calls, as JSON text. `interfaces` has, for each function by its permission, what calls it with the
// arguments.
export function answers(asked, functions) {
    return JSON.stringify({ answers: JSON.parse(asked).calls.map((call) => answer(call, functions)) });
}

function answer({ call, arguments: given = {}, times = 1 }, functions) {
    let last = null;
    for (let count = 0; count < times; count += 1) {
        try {
            last = { ok: toJson(functions[call](given)) };
        } catch (refused) {
            return { err: toJson(refusalOf(refused)) };
        }
    }
    return last;
}

// The refusal in what an imported function threw; anything else is a mistake and is thrown again.
export function refusalOf(thrown) {
    const refusal = thrown?.payload ?? thrown;
    if (typeof refusal?.tag !== "string") {
        throw thrown;
    }
    return refusal;
}

export const bytes = (hex) => (hex === undefined || hex === null ? null : bytesOfHex(hex));

function toJson(value) {
    if (value === undefined || value === null) {
        return null;
    }
    if (value instanceof Uint8Array) {
        return value.length <= SHOWN_BYTES_MAX ? hexOfBytes(value) : value.length;
    }
    if (Array.isArray(value)) {
        return value.map(toJson);
    }
    if (typeof value !== "object") {
        return value;
    }
    if (typeof value.tag === "string") {
        return { [value.tag]: toJson(value.val) };
    }
    const fields = Object.entries(value).map(([name, field]) => [contractName(name), toJson(field)]);
    return Object.fromEntries(fields);
}

// A name as the contract writes it.
function contractName(name) {
    return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
