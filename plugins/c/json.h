// A reader of JSON. Numbers are whole and not negative: the contract has no others.
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

struct json {
    enum json_kind kind;
    // The value of a number; 1 for `true`.
    uint64_t number;
    // The contents of a string.
    uint8_t *bytes;
    size_t length;
    // The first item of a list, or the first member of an object; `next` is the one after this.
    struct json *first;
    struct json *next;
    // The name under which this is a member of an object.
    const char *name;
};

// The value that the text holds; NULL where it is not JSON.
struct json *json_read(const uint8_t *text, size_t length);

// A member of an object; NULL where there is none, or where it is `null`.
struct json *json_member(const struct json *object, const char *name);

#endif
