#include "word_count_calls.h"

#include "agent.h"
#include "refusal.h"

typedef assize_plugin_types_refusal_t refusal_t;

static agent_string_t text_of(const struct json *given, const char *name) {
    const struct json *value = json_member(given, name);
    return value == NULL ? (agent_string_t){NULL, 0} : (agent_string_t){value->bytes, value->length};
}

// The text of an argument that may be missing: NULL then.
static agent_string_t *text_if_given(const struct json *given, const char *name, agent_string_t *text) {
    *text = text_of(given, name);
    return json_member(given, name) == NULL ? NULL : text;
}

// The texts of an argument that is a list, at most as many as there is room for.
static agent_list_string_t texts_of(const struct json *given, const char *name, agent_string_t *texts, size_t most) {
    agent_list_string_t list = {texts, 0};
    const struct json *items = json_member(given, name);
    for (const struct json *item = items == NULL ? NULL : items->first; item != NULL && list.len < most; item = item->next) {
        texts[list.len] = (agent_string_t){item->bytes, item->length};
        list.len += 1;
    }
    return list;
}

static agent_list_u8_t bytes_of(const struct json *given, const char *name) {
    agent_list_u8_t bytes = {NULL, 0};
    bytes.ptr = given_bytes(given, name, &bytes.len);
    return bytes;
}

static void add_string(struct text *answer, const agent_string_t *string) {
    add_quoted(answer, string->ptr, string->len);
}

static void add_option(struct text *answer, bool is_some, const agent_string_t *string) {
    if (is_some) {
        add_string(answer, string);
    } else {
        add(answer, "null");
    }
}

static bool add_nothing(struct text *answer) {
    add(answer, "null");
    return true;
}

static bool workspace_list(const struct json *given, struct text *answer) {
    static const char *const KINDS[] = {"file", "executable", "symlink", "folder", "other"};
    agent_string_t path = text_of(given, "path"), after;
    assize_plugin_workspace_entry_page_t page;
    refusal_t refusal;
    if (!assize_plugin_workspace_list(&path, text_if_given(given, "after", &after), &page, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"entries\":[");
    for (size_t at = 0; at < page.entries.len; at += 1) {
        const assize_plugin_workspace_entry_t *entry = &page.entries.ptr[at];
        add(answer, at == 0 ? "{\"name\":" : ",{\"name\":");
        add_string(answer, &entry->name);
        add(answer, ",\"kind\":\"");
        add(answer, KINDS[entry->kind]);
        add(answer, "\",\"bytes\":");
        add_number(answer, entry->bytes);
        add(answer, "}");
    }
    add(answer, "],\"next\":");
    add_option(answer, page.next.is_some, &page.next.val);
    add(answer, "}");
    return true;
}

static bool workspace_read(const struct json *given, struct text *answer) {
    agent_string_t path = text_of(given, "path");
    agent_list_u8_t bytes;
    refusal_t refusal;
    uint32_t length = (uint32_t)given_number(given, "length");
    if (!assize_plugin_workspace_read(&path, given_number(given, "offset"), length, &bytes, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add_hex(answer, bytes.ptr, bytes.len);
    agent_list_u8_free(&bytes);
    return true;
}

static bool workspace_write(const struct json *given, struct text *answer) {
    static const char *const EXISTING[] = {"keep", "replace", "append"};
    agent_string_t path = text_of(given, "path");
    agent_list_u8_t contents = bytes_of(given, "contents");
    refusal_t refusal;
    bool granted =
        assize_plugin_workspace_write(&path, &contents, given_enum(given, "existing", EXISTING, 3), &refusal);
    return granted ? add_nothing(answer) : add_refusal(answer, &refusal);
}

static bool workspace_remove(const struct json *given, struct text *answer) {
    agent_string_t path = text_of(given, "path");
    refusal_t refusal;
    return assize_plugin_workspace_remove(&path, &refusal) ? add_nothing(answer) : add_refusal(answer, &refusal);
}

static bool workspace_rename(const struct json *given, struct text *answer) {
    agent_string_t from = text_of(given, "from"), to = text_of(given, "to");
    refusal_t refusal;
    bool granted = assize_plugin_workspace_rename(&from, &to, &refusal);
    return granted ? add_nothing(answer) : add_refusal(answer, &refusal);
}

static bool workspace_search(const struct json *given, struct text *answer) {
    agent_string_t path = text_of(given, "path"), texts[64];
    agent_list_string_t literals = texts_of(given, "literals", texts, 64);
    assize_plugin_workspace_list_match_t matches;
    refusal_t refusal;
    uint32_t max = (uint32_t)given_number(given, "max");
    if (!assize_plugin_workspace_search(&path, &literals, max, &matches, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "[");
    for (size_t at = 0; at < matches.len; at += 1) {
        add(answer, at == 0 ? "{\"path\":" : ",{\"path\":");
        add_string(answer, &matches.ptr[at].path);
        add(answer, ",\"line\":");
        add_number(answer, matches.ptr[at].line);
        add(answer, ",\"literal\":");
        add_number(answer, matches.ptr[at].literal);
        add(answer, "}");
    }
    add(answer, "]");
    return true;
}

static bool workspace_diff(const struct json *given, struct text *answer) {
    static const char *const STATUS[] = {"added", "deleted", "modified"};
    agent_string_t after;
    assize_plugin_workspace_change_page_t page;
    refusal_t refusal;
    if (!assize_plugin_workspace_diff(text_if_given(given, "after", &after), &page, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"changes\":[");
    for (size_t at = 0; at < page.changes.len; at += 1) {
        const assize_plugin_workspace_change_t *change = &page.changes.ptr[at];
        add(answer, at == 0 ? "{\"path\":" : ",{\"path\":");
        add_string(answer, &change->path);
        add(answer, ",\"status\":\"");
        add(answer, STATUS[change->status]);
        add(answer, "\",\"hunks\":");
        add_string(answer, &change->hunks);
        add(answer, "}");
    }
    add(answer, "],\"next\":");
    add_option(answer, page.next.is_some, &page.next.val);
    add(answer, "}");
    return true;
}

static bool state_get(const struct json *given, struct text *answer) {
    agent_string_t key = text_of(given, "key");
    assize_plugin_state_option_item_t item;
    refusal_t refusal;
    if (!assize_plugin_state_get(&key, &item, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    if (!item.is_some) {
        return add_nothing(answer);
    }
    add(answer, "{\"key\":");
    add_string(answer, &item.val.key);
    add(answer, ",\"version\":");
    add_number(answer, item.val.version);
    add(answer, ",\"value\":");
    add_hex(answer, item.val.value.ptr, item.val.value.len);
    add(answer, "}");
    return true;
}

static bool state_set(const struct json *given, struct text *answer) {
    agent_string_t key = text_of(given, "key");
    agent_list_u8_t value = bytes_of(given, "value");
    uint64_t expected = given_number(given, "expected"), version;
    bool has_value = json_member(given, "value") != NULL, has_expected = json_member(given, "expected") != NULL;
    refusal_t refusal;
    if (!assize_plugin_state_set(
            &key, has_value ? &value : NULL, has_expected ? &expected : NULL, &version, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add_number(answer, version);
    return true;
}

static bool state_list(const struct json *given, struct text *answer) {
    agent_string_t prefix = text_of(given, "prefix"), after;
    assize_plugin_state_key_page_t page;
    refusal_t refusal;
    if (!assize_plugin_state_list(&prefix, text_if_given(given, "after", &after), &page, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"keys\":[");
    for (size_t at = 0; at < page.keys.len; at += 1) {
        add(answer, at == 0 ? "" : ",");
        add_string(answer, &page.keys.ptr[at]);
    }
    add(answer, "],\"next\":");
    add_option(answer, page.next.is_some, &page.next.val);
    add(answer, "}");
    return true;
}

static bool artifacts_store(const struct json *given, struct text *answer) {
    agent_string_t name = text_of(given, "name"), media_type = text_of(given, "media-type");
    agent_list_u8_t contents = bytes_of(given, "contents");
    assize_plugin_artifacts_artifact_t artifact;
    refusal_t refusal;
    if (!assize_plugin_artifacts_store(&name, &media_type, &contents, &artifact, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"digest\":");
    add_string(answer, &artifact.digest);
    add(answer, ",\"bytes\":");
    add_number(answer, artifact.bytes);
    add(answer, "}");
    return true;
}

static bool artifacts_get(const struct json *given, struct text *answer) {
    agent_string_t digest = text_of(given, "digest");
    agent_list_u8_t bytes;
    refusal_t refusal;
    uint32_t length = (uint32_t)given_number(given, "length");
    if (!assize_plugin_artifacts_get(&digest, given_number(given, "offset"), length, &bytes, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add_hex(answer, bytes.ptr, bytes.len);
    agent_list_u8_free(&bytes);
    return true;
}

static bool process_run(const struct json *given, struct text *answer) {
    static const char *const ENDS[] = {"exited", "signalled", "stopped"};
    agent_string_t texts[64];
    uint32_t seconds = (uint32_t)given_number(given, "seconds");
    assize_plugin_process_command_t command = {
        .arguments = texts_of(given, "arguments", texts, 64),
        .dir = text_of(given, "dir"),
        .seconds = {json_member(given, "seconds") != NULL, seconds},
    };
    assize_plugin_process_ended_t ended;
    refusal_t refusal;
    if (!assize_plugin_process_run(&command, &ended, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"end\":{\"");
    add(answer, ENDS[ended.end.tag]);
    add(answer, "\":");
    if (ended.end.tag == ASSIZE_PLUGIN_PROCESS_END_STOPPED) {
        add_string(answer, &ended.end.val.stopped);
    } else {
        // Both others carry one number, at the same place.
        add_number(answer, ended.end.val.exited);
    }
    add(answer, "},\"stdout\":");
    add_hex(answer, ended.stdout_.ptr, ended.stdout_.len);
    add(answer, ",\"stderr\":");
    add_hex(answer, ended.stderr_.ptr, ended.stderr_.len);
    add(answer, ",\"dropped\":");
    add_number(answer, ended.dropped);
    add(answer, ",\"confined\":");
    add(answer, ended.confined ? "true}" : "false}");
    assize_plugin_process_ended_free(&ended);
    return true;
}

static bool http_send(const struct json *given, struct text *answer) {
    assize_plugin_http_header_t headers[64];
    uint32_t seconds = (uint32_t)given_number(given, "seconds");
    assize_plugin_http_request_t request = {
        .method = text_of(given, "method"),
        .url = text_of(given, "url"),
        .headers = {headers, 0},
        .body = bytes_of(given, "body"),
        .seconds = {json_member(given, "seconds") != NULL, seconds},
    };
    const struct json *list = json_member(given, "headers");
    const struct json *item = list == NULL ? NULL : list->first;
    for (; item != NULL && request.headers.len < 64; item = item->next) {
        headers[request.headers.len] = (assize_plugin_http_header_t){text_of(item, "name"), text_of(item, "value")};
        request.headers.len += 1;
    }
    assize_plugin_http_response_t response;
    refusal_t refusal;
    if (!assize_plugin_http_send(&request, &response, &refusal)) {
        return add_refusal(answer, &refusal);
    }
    add(answer, "{\"status\":");
    add_number(answer, response.status);
    add(answer, ",\"headers\":[");
    for (size_t at = 0; at < response.headers.len; at += 1) {
        add(answer, at == 0 ? "{\"name\":" : ",{\"name\":");
        add_string(answer, &response.headers.ptr[at].name);
        add(answer, ",\"value\":");
        add_string(answer, &response.headers.ptr[at].value);
        add(answer, "}");
    }
    add(answer, "],\"body\":");
    add_hex(answer, response.body.ptr, response.body.len);
    add(answer, "}");
    assize_plugin_http_response_free(&response);
    return true;
}

static bool log_write(const struct json *given, struct text *answer) {
    static const char *const LEVELS[] = {"debug", "info", "warn", "error"};
    agent_string_t message = text_of(given, "message");
    assize_plugin_log_write(given_enum(given, "level", LEVELS, 4), &message);
    return add_nothing(answer);
}

const struct function AGENT_FUNCTIONS[] = {
    {"workspace.list", workspace_list},
    {"workspace.read", workspace_read},
    {"workspace.write", workspace_write},
    {"workspace.remove", workspace_remove},
    {"workspace.rename", workspace_rename},
    {"workspace.search", workspace_search},
    {"workspace.diff", workspace_diff},
    {"state.get", state_get},
    {"state.set", state_set},
    {"state.list", state_list},
    {"artifacts.store", artifacts_store},
    {"artifacts.get", artifacts_get},
    {"process.run", process_run},
    {"http.send", http_send},
    {"log.write", log_write},
    {NULL, NULL},
};
