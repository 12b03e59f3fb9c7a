#include "json.h"

#include <string.h>

#include "text.h"

static const int DEPTH_MAX = 32;

struct reader {
    const uint8_t *text;
    size_t length;
    size_t at;
    int depth;
};

static struct json *value(struct reader *reader);

static int look(struct reader *reader) {
    while (reader->at < reader->length) {
        uint8_t letter = reader->text[reader->at];
        if (letter != ' ' && letter != '\n' && letter != '\r' && letter != '\t') {
            return letter;
        }
        reader->at += 1;
    }
    return -1;
}

static bool take(struct reader *reader, char wanted) {
    if (look(reader) != wanted) {
        return false;
    }
    reader->at += 1;
    return true;
}

static bool take_word(struct reader *reader, const char *word) {
    size_t length = strlen(word);
    if (reader->length - reader->at < length || memcmp(reader->text + reader->at, word, length) != 0) {
        return false;
    }
    reader->at += length;
    return true;
}

static struct json *new_value(enum json_kind kind) {
    struct json *json = room(sizeof *json);
    *json = (struct json){.kind = kind};
    return json;
}

static struct json *word(struct reader *reader) {
    if (take_word(reader, "null")) {
        return new_value(JSON_NULL);
    }
    bool is_true = take_word(reader, "true");
    if (!is_true && !take_word(reader, "false")) {
        return NULL;
    }
    struct json *json = new_value(JSON_BOOL);
    json->number = is_true;
    return json;
}

static struct json *number(struct reader *reader) {
    struct json *json = new_value(JSON_NUMBER);
    size_t start = reader->at;
    while (reader->at < reader->length && reader->text[reader->at] >= '0' && reader->text[reader->at] <= '9') {
        uint8_t digit = reader->text[reader->at] - '0';
        if (json->number > (UINT64_MAX - digit) / 10) {
            return NULL;
        }
        json->number = json->number * 10 + digit;
        reader->at += 1;
    }
    return reader->at > start ? json : NULL;
}

// The value of four hex digits; -1 where they are none.
static int32_t four_digits(struct reader *reader) {
    int32_t number = 0;
    for (int count = 0; count < 4; count += 1) {
        int digit = reader->at < reader->length ? hex_digit(reader->text[reader->at]) : -1;
        if (digit < 0) {
            return -1;
        }
        reader->at += 1;
        number = number * 16 + digit;
    }
    return number;
}

static void add_utf8(struct text *text, uint32_t letter) {
    uint8_t bytes[4];
    size_t length = letter < 0x80 ? 1 : letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;
    static const uint8_t LEAD[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t at = length; at > 1; at -= 1) {
        bytes[at - 1] = 0x80 | (letter & 0x3f);
        letter >>= 6;
    }
    bytes[0] = LEAD[length] | (uint8_t)letter;
    add_bytes(text, bytes, length);
}

static bool unicode_escape(struct reader *reader, struct text *text) {
    int32_t letter = four_digits(reader);
    if (letter >= 0xd800 && letter < 0xdc00) {
        int32_t second = take_word(reader, "\\u") ? four_digits(reader) : -1;
        if (second < 0xdc00 || second > 0xdfff) {
            return false;
        }
        letter = 0x10000 + ((letter - 0xd800) << 10) + (second - 0xdc00);
    } else if (letter < 0 || (letter >= 0xdc00 && letter <= 0xdfff)) {
        return false;
    }
    add_utf8(text, (uint32_t)letter);
    return true;
}

static bool escape(struct reader *reader, struct text *text) {
    static const char NAMES[] = "\"\\/bfnrt";
    static const char MEANT[] = "\"\\/\b\f\n\r\t";
    if (reader->at >= reader->length) {
        return false;
    }
    uint8_t letter = reader->text[reader->at];
    reader->at += 1;
    if (letter == 'u') {
        return unicode_escape(reader, text);
    }
    const char *found = letter == 0 ? NULL : strchr(NAMES, letter);
    if (found == NULL) {
        return false;
    }
    add_bytes(text, &MEANT[found - NAMES], 1);
    return true;
}

static struct json *string(struct reader *reader) {
    struct text text = {0};
    reader->at += 1;
    while (reader->at < reader->length) {
        uint8_t letter = reader->text[reader->at];
        reader->at += 1;
        if (letter == '"') {
            struct json *json = new_value(JSON_STRING);
            json->length = text.length;
            // A zero behind the end, so that it also serves as a name.
            add_bytes(&text, "", 1);
            json->bytes = (uint8_t *)text.bytes;
            return json;
        }
        if (letter < 0x20 || (letter == '\\' && !escape(reader, &text))) {
            return NULL;
        }
        if (letter != '\\') {
            add_bytes(&text, &letter, 1);
        }
    }
    return NULL;
}

// A list, or an object; both are items between two signs.
static struct json *items(struct reader *reader, enum json_kind kind, char end) {
    struct json *json = new_value(kind);
    struct json **last = &json->first;
    reader->at += 1;
    if (take(reader, end)) {
        return json;
    }
    do {
        const char *name = NULL;
        if (kind == JSON_OBJECT) {
            struct json *key = look(reader) == '"' ? string(reader) : NULL;
            if (key == NULL || !take(reader, ':')) {
                return NULL;
            }
            name = (const char *)key->bytes;
        }
        struct json *item = value(reader);
        if (item == NULL) {
            return NULL;
        }
        item->name = name;
        *last = item;
        last = &item->next;
    } while (take(reader, ','));
    return take(reader, end) ? json : NULL;
}

static struct json *value(struct reader *reader) {
    struct json *json = NULL;
    if (reader->depth >= DEPTH_MAX) {
        return NULL;
    }
    reader->depth += 1;
    switch (look(reader)) {
        case '{': json = items(reader, JSON_OBJECT, '}'); break;
        case '[': json = items(reader, JSON_LIST, ']'); break;
        case '"': json = string(reader); break;
        case 'n':
        case 't':
        case 'f': json = word(reader); break;
        default: json = number(reader); break;
    }
    reader->depth -= 1;
    return json;
}

struct json *json_read(const uint8_t *text, size_t length) {
    struct reader reader = {.text = text, .length = length};
    struct json *json = value(&reader);
    return look(&reader) < 0 ? json : NULL;
}

struct json *json_member(const struct json *object, const char *name) {
    if (object == NULL || object->kind != JSON_OBJECT) {
        return NULL;
    }
    for (struct json *member = object->first; member != NULL; member = member->next) {
        if (strcmp(member->name, name) == 0) {
            return member->kind == JSON_NULL ? NULL : member;
        }
    }
    return NULL;
}
