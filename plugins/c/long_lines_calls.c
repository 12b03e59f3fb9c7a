#include "long_lines_calls.h"

#include "judge.h"
#include "refusal.h"

typedef assize_plugin_types_refusal_t refusal_t;

static const char *const SIDES[] = {"base", "head"};
static const char *const KINDS[] = {"file", "executable", "symlink", "submodule", "folder"};

static judge_string_t text_of(const struct json *given, const char *name) {
    const struct json *value = json_member(given, name);
    return value == NULL ? (judge_string_t){NULL, 0} : (judge_string_t){value->bytes, value->length};
}

static void add_member(struct text *answer, const char *before, const judge_string_t *string) {
    add(answer, before);
    add_quoted(answer, string->ptr, string->len);
}

static void add_word(struct text *answer, const char *before, const char *word) {
    add(answer, before);
    add(answer, word);
    add(answer, "\"");
}

static void add_count(struct text *answer, const char *before, uint64_t number) {
    add(answer, before);
    add_number(answer, number);
}

static bool end_page(struct text *answer, bool has_next, uint32_t next) {
    if (has_next) {
        add_count(answer, "],\"next\":", next);
    } else {
        add(answer, "],\"next\":null");
    }
    add(answer, "}");
    return true;
}

static void add_blob(struct text *answer, const char *before, bool is_some, const assize_plugin_evidence_blob_t *blob) {
    add(answer, before);
    if (is_some) {
        add_word(answer, "{\"kind\":\"", KINDS[blob->kind]);
        add_count(answer, ",\"bytes\":", blob->bytes);
        add(answer, "}");
    } else {
        add(answer, "null");
    }
}

static bool evidence_changes(const struct json *given, struct text *answer) {
    static const char *const STATUS[] = {"added", "deleted", "modified", "renamed"};
    static const char *const FORMS[] = {"text", "binary", "oversized"};
    assize_plugin_evidence_change_page_t page;
    refusal_t refusal;
    if (!assize_plugin_evidence_changes((uint32_t)given_number(given, "from"), &page, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"changes\":[");
    for (size_t at = 0; at < page.changes.len; at += 1) {
        const assize_plugin_evidence_change_t *change = &page.changes.ptr[at];
        add_member(answer, at == 0 ? "{\"path\":" : ",{\"path\":", &change->path);
        if (change->old_path.is_some) {
            add_member(answer, ",\"old-path\":", &change->old_path.val);
        } else {
            add(answer, ",\"old-path\":null");
        }
        add_word(answer, ",\"status\":\"", STATUS[change->status]);
        add_blob(answer, ",\"base\":", change->base.is_some, &change->base.val);
        add_blob(answer, ",\"head\":", change->head.is_some, &change->head.val);
        add_word(answer, ",\"form\":\"", FORMS[change->form]);
        add_count(answer, ",\"added-lines\":", change->added_lines);
        add_count(answer, ",\"removed-lines\":", change->removed_lines);
        add(answer, "}");
    }
    return end_page(answer, page.next.is_some, page.next.val);
}

static void add_lines(struct text *answer, const char *before, const judge_list_string_t *lines) {
    add(answer, before);
    for (size_t at = 0; at < lines->len; at += 1) {
        add_member(answer, at == 0 ? "" : ",", &lines->ptr[at]);
    }
    add(answer, "]");
}

static bool evidence_hunks(const struct json *given, struct text *answer) {
    judge_string_t path = text_of(given, "path");
    assize_plugin_evidence_hunk_page_t page;
    refusal_t refusal;
    if (!assize_plugin_evidence_hunks(&path, (uint32_t)given_number(given, "from"), &page, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"hunks\":[");
    for (size_t at = 0; at < page.hunks.len; at += 1) {
        const assize_plugin_evidence_hunk_t *hunk = &page.hunks.ptr[at];
        add_count(answer, at == 0 ? "{\"base-start\":" : ",{\"base-start\":", hunk->base_start);
        add_lines(answer, ",\"removed\":[", &hunk->removed);
        add_count(answer, ",\"head-start\":", hunk->head_start);
        add_lines(answer, ",\"added\":[", &hunk->added);
        add(answer, "}");
    }
    return end_page(answer, page.next.is_some, page.next.val);
}

static bool evidence_read(const struct json *given, struct text *answer) {
    judge_string_t path = text_of(given, "path");
    judge_list_u8_t bytes;
    refusal_t refusal;
    uint8_t side = given_enum(given, "side", SIDES, 2);
    uint32_t length = (uint32_t)given_number(given, "length");
    if (!assize_plugin_evidence_read(side, &path, given_number(given, "offset"), length, &bytes, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add_hex(answer, bytes.ptr, bytes.len);
    judge_list_u8_free(&bytes);
    return true;
}

static bool evidence_list(const struct json *given, struct text *answer) {
    judge_string_t path = text_of(given, "path");
    assize_plugin_evidence_entry_page_t page;
    refusal_t refusal;
    uint8_t side = given_enum(given, "side", SIDES, 2);
    if (!assize_plugin_evidence_list(side, &path, (uint32_t)given_number(given, "from"), &page, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"entries\":[");
    for (size_t at = 0; at < page.entries.len; at += 1) {
        add_member(answer, at == 0 ? "{\"name\":" : ",{\"name\":", &page.entries.ptr[at].name);
        add_word(answer, ",\"kind\":\"", KINDS[page.entries.ptr[at].kind]);
        add(answer, "}");
    }
    return end_page(answer, page.next.is_some, page.next.val);
}

static bool evidence_search(const struct json *given, struct text *answer) {
    judge_string_t texts[64];
    judge_list_string_t literals = {texts, 0};
    const struct json *list = json_member(given, "literals");
    for (const struct json *item = list == NULL ? NULL : list->first; item != NULL && literals.len < 64; item = item->next) {
        texts[literals.len] = (judge_string_t){item->bytes, item->length};
        literals.len += 1;
    }
    assize_plugin_evidence_list_match_t matches;
    refusal_t refusal;
    uint8_t side = given_enum(given, "side", SIDES, 2);
    uint32_t max = (uint32_t)given_number(given, "max");
    if (!assize_plugin_evidence_search(side, &literals, max, &matches, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "[");
    for (size_t at = 0; at < matches.len; at += 1) {
        add_member(answer, at == 0 ? "{\"path\":" : ",{\"path\":", &matches.ptr[at].path);
        add_count(answer, ",\"line\":", matches.ptr[at].line);
        add_count(answer, ",\"literal\":", matches.ptr[at].literal);
        add(answer, "}");
    }
    add(answer, "]");
    return true;
}

static bool evidence_document(const struct json *given, struct text *answer) {
    judge_string_t name = text_of(given, "name");
    judge_list_u8_t bytes;
    refusal_t refusal;
    uint32_t length = (uint32_t)given_number(given, "length");
    if (!assize_plugin_evidence_document(&name, given_number(given, "offset"), length, &bytes, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add_hex(answer, bytes.ptr, bytes.len);
    judge_list_u8_free(&bytes);
    return true;
}

static bool log_write(const struct json *given, struct text *answer) {
    static const char *const LEVELS[] = {"debug", "info", "warn", "error"};
    judge_string_t message = text_of(given, "message");
    assize_plugin_log_write(given_enum(given, "level", LEVELS, 4), &message);
    add(answer, "null");
    return true;
}

const struct function JUDGE_FUNCTIONS[] = {
    {"evidence.changes", evidence_changes},
    {"evidence.hunks", evidence_hunks},
    {"evidence.read", evidence_read},
    {"evidence.list", evidence_list},
    {"evidence.search", evidence_search},
    {"evidence.document", evidence_document},
    {"log.write", log_write},
    {NULL, NULL},
};
