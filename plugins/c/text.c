#include "text.h"

#include <stdlib.h>
#include <string.h>

static const size_t SHOWN_BYTES_MAX = 1024;

void *room(size_t size) {
    void *place = malloc(size == 0 ? 1 : size);
    if (place == NULL) {
        __builtin_trap();
    }
    return place;
}

void add_bytes(struct text *text, const void *bytes, size_t length) {
    if (text->room - text->length < length) {
        size_t wanted = (text->length + length) * 2;
        char *larger = realloc(text->bytes, wanted);
        if (larger == NULL) {
            __builtin_trap();
        }
        text->bytes = larger;
        text->room = wanted;
    }
    if (length > 0) {
        memcpy(text->bytes + text->length, bytes, length);
    }
    text->length += length;
}

void add(struct text *text, const char *words) {
    add_bytes(text, words, strlen(words));
}

void add_number(struct text *text, uint64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        at -= 1;
        digits[at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add_bytes(text, digits + at, sizeof digits - at);
}

static void add_hex_digits(struct text *text, uint8_t byte) {
    static const char DIGITS[] = "0123456789abcdef";
    char pair[2] = {DIGITS[byte >> 4], DIGITS[byte & 15]};
    add_bytes(text, pair, 2);
}

void add_quoted(struct text *text, const void *bytes, size_t length) {
    const uint8_t *letters = bytes;
    add(text, "\"");
    for (size_t at = 0; at < length; at += 1) {
        if (letters[at] == '"' || letters[at] == '\\') {
            add(text, "\\");
            add_bytes(text, &letters[at], 1);
        } else if (letters[at] < 0x20) {
            add(text, "\\u00");
            add_hex_digits(text, letters[at]);
        } else {
            add_bytes(text, &letters[at], 1);
        }
    }
    add(text, "\"");
}

void add_hex(struct text *text, const uint8_t *bytes, size_t length) {
    if (length > SHOWN_BYTES_MAX) {
        add_number(text, length);
        return;
    }
    add(text, "\"");
    for (size_t at = 0; at < length; at += 1) {
        add_hex_digits(text, bytes[at]);
    }
    add(text, "\"");
}

int hex_digit(uint8_t letter) {
    if (letter >= '0' && letter <= '9') {
        return letter - '0';
    }
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}
