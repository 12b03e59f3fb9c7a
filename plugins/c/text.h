// Text that grows. Nothing is given back: each call of a plugin is a fresh instance.
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;
    size_t length;
    size_t room;
};

// Room for `size` bytes; ends the plugin where there is none.
void *room(size_t size);

void add_bytes(struct text *text, const void *bytes, size_t length);
void add(struct text *text, const char *words);
void add_number(struct text *text, uint64_t number);

// Adds a text as a string of JSON, with its quotation marks.
void add_quoted(struct text *text, const void *bytes, size_t length);

// Adds bytes as a string of hex digits; only their number, where they are more than 1,024.
void add_hex(struct text *text, const uint8_t *bytes, size_t length);

// The value of a hex digit; -1 where it is none.
int hex_digit(uint8_t letter);

#endif
