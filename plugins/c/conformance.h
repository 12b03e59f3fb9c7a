// Calls host functions as a test asks for them, and gives their answers as JSON.
//
// Asked is {"calls": [{"call": "workspace.read", "arguments": {...}, "times": 3}]}: each call is made until its first refusal, at
// most `times` times (once where nothing is said), and its last answer counts: {"ok": VALUE} or {"err": REFUSAL}. Values stand
// as the contract names them; bytes stand as hex digits, and in answers above 1,024 of them as their number.
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "json.h"
#include "text.h"

// A host function by its permission. `call` calls it, adds what it answered to the text, and tells whether that is a value and
// no refusal.
struct function {
    const char *permission;
    bool (*call)(const struct json *given, struct text *answer);
};

// The answers to all calls. Functions end with one without a name. False where something else was asked.
bool conformance(const struct json *asked, const struct function *functions, struct text *answers);

// Arguments: a number, or 0 where there is none; and the position of a name in a list of `count` names.
uint64_t given_number(const struct json *given, const char *name);
uint8_t given_enum(const struct json *given, const char *name, const char *const *names, size_t count);

// An argument of hex digits, as the bytes they stand for; NULL where there is none.
uint8_t *given_bytes(const struct json *given, const char *name, size_t *length);

#endif
