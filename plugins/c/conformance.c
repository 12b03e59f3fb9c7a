#include "conformance.h"

#include <string.h>

static const struct function *find(const struct function *functions, const struct json *name) {
    if (name == NULL || name->kind != JSON_STRING) {
        return NULL;
    }
    for (; functions->permission != NULL; functions += 1) {
        if (strcmp(functions->permission, (const char *)name->bytes) == 0) {
            return functions;
        }
    }
    return NULL;
}

bool conformance(const struct json *asked, const struct function *functions, struct text *answers) {
    const struct json *calls = json_member(asked, "calls");
    if (calls == NULL || calls->kind != JSON_LIST) {
        return false;
    }
    add(answers, "{\"answers\":[");
    for (const struct json *call = calls->first; call != NULL; call = call->next) {
        const struct function *function = find(functions, json_member(call, "call"));
        if (function == NULL) {
            return false;
        }
        const struct json *times = json_member(call, "times");
        bool granted = true;
        struct text answer = {0};
        for (uint64_t left = times == NULL ? 1 : times->number; left > 0 && granted; left -= 1) {
            answer.length = 0;
            granted = function->call(json_member(call, "arguments"), &answer);
        }
        add(answers, call == calls->first ? "{" : ",{");
        add(answers, granted ? "\"ok\":" : "\"err\":");
        add_bytes(answers, answer.bytes, answer.length);
        add(answers, "}");
    }
    add(answers, "]}");
    return true;
}

uint64_t given_number(const struct json *given, const char *name) {
    const struct json *value = json_member(given, name);
    return value == NULL ? 0 : value->number;
}

uint8_t given_enum(const struct json *given, const char *name, const char *const *names, size_t count) {
    const struct json *value = json_member(given, name);
    for (size_t at = 0; value != NULL && value->kind == JSON_STRING && at < count; at += 1) {
        if (strcmp(names[at], (const char *)value->bytes) == 0) {
            return (uint8_t)at;
        }
    }
    return 0;
}

uint8_t *given_bytes(const struct json *given, const char *name, size_t *length) {
    const struct json *value = json_member(given, name);
    if (value == NULL) {
        return NULL;
    }
    *length = value->length / 2;
    uint8_t *bytes = room(*length);
    for (size_t at = 0; at < *length; at += 1) {
        bytes[at] = (uint8_t)(hex_digit(value->bytes[2 * at]) << 4 | hex_digit(value->bytes[2 * at + 1]));
    }
    return bytes;
}
