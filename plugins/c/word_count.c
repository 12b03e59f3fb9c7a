// An agent: counts lines and words of the text files in a folder, and writes them into a report.
//
// Its input is null or {"folder": "docs", "report": "word-count.tsv"}; each of the two may be missing.

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "refusal.h"
#include "word_count_calls.h"

static const uint32_t PIECE_BYTES = 1 << 20;
static const size_t TEXT_SHOWS_WITHIN = 8000;

struct count {
    agent_string_t report;
    struct text rows;
    uint64_t files;
    uint64_t lines;
    uint64_t words;
    uint64_t unread;
};

static agent_string_t words_of(const char *words) {
    return (agent_string_t){(uint8_t *)words, strlen(words)};
}

static agent_string_t handed_over(const struct text *text) {
    return (agent_string_t){(uint8_t *)text->bytes, text->length};
}

void exports_agent_describe(agent_description_t *description) {
    static const char *const WANTS[] = {"workspace.list", "workspace.read", "workspace.write"};
    agent_string_dup(&description->name, "word-count");
    agent_string_dup(&description->version, "0.1.0");
    agent_string_dup(&description->summary, "Counts the words of a folder's text files and writes them into a report.");
    // A plugin would name here what it cannot do without. This one also serves tests of refusals, so it starts with nothing.
    description->requires_ = (agent_list_string_t){NULL, 0};
    size_t count = sizeof WANTS / sizeof WANTS[0];
    description->wants = (agent_list_string_t){room(count * sizeof(agent_string_t)), count};
    for (size_t at = 0; at < count; at += 1) {
        agent_string_dup(&description->wants.ptr[at], WANTS[at]);
    }
}

static void count_file(struct count *count, agent_string_t *path) {
    uint64_t lines = 0, words = 0, offset = 0;
    bool inside = false;
    for (;;) {
        agent_list_u8_t piece;
        assize_plugin_workspace_refusal_t refusal;
        if (!assize_plugin_workspace_read(path, offset, PIECE_BYTES, &piece, &refusal)) {
            count->unread += 1;
            return;
        }
        size_t start = piece.len < TEXT_SHOWS_WITHIN ? piece.len : TEXT_SHOWS_WITHIN;
        bool is_binary = offset == 0 && start > 0 && memchr(piece.ptr, 0, start) != NULL;
        for (size_t at = 0; at < piece.len; at += 1) {
            uint8_t byte = piece.ptr[at];
            bool is_space = byte == ' ' || (byte >= '\t' && byte <= '\r');
            lines += byte == '\n';
            words += !is_space && !inside;
            inside = !is_space;
        }
        offset += piece.len;
        bool is_end = piece.len == 0;
        agent_list_u8_free(&piece);
        if (is_binary) {
            return;
        }
        if (is_end) {
            break;
        }
    }
    add_bytes(&count->rows, path->ptr, path->len);
    add(&count->rows, "\t");
    add_number(&count->rows, lines);
    add(&count->rows, "\t");
    add_number(&count->rows, words);
    add(&count->rows, "\n");
    count->files += 1;
    count->lines += lines;
    count->words += words;
}

static void count_folder(struct count *count, agent_string_t *folder) {
    agent_string_t *after = NULL, next;
    do {
        assize_plugin_workspace_entry_page_t page;
        assize_plugin_workspace_refusal_t refusal;
        if (!assize_plugin_workspace_list(folder, after, &page, &refusal)) {
            count->unread += 1;
            return;
        }
        for (size_t at = 0; at < page.entries.len; at += 1) {
            const assize_plugin_workspace_entry_t *entry = &page.entries.ptr[at];
            struct text joined = {0};
            if (folder->len > 0) {
                add_bytes(&joined, folder->ptr, folder->len);
                add(&joined, "/");
            }
            add_bytes(&joined, entry->name.ptr, entry->name.len);
            agent_string_t path = handed_over(&joined);
            bool is_report = path.len == count->report.len && memcmp(path.ptr, count->report.ptr, path.len) == 0;
            bool is_file = entry->kind == ASSIZE_PLUGIN_WORKSPACE_KIND_FILE ||
                           entry->kind == ASSIZE_PLUGIN_WORKSPACE_KIND_EXECUTABLE;
            if (entry->kind == ASSIZE_PLUGIN_WORKSPACE_KIND_FOLDER) {
                count_folder(count, &path);
            } else if (is_file && !is_report) {
                count_file(count, &path);
            }
            free(joined.bytes);
        }
        after = page.next.is_some ? &next : NULL;
        next = page.next.val;
    } while (after != NULL);
}

static void report(struct count *count, agent_outcome_t *outcome) {
    struct text summary = {0}, table = {0}, output = {0};
    add(&summary, "Counted ");
    add_number(&summary, count->words);
    add(&summary, " words in ");
    add_number(&summary, count->files);
    add(&summary, " files.");
    if (count->unread > 0) {
        add(&summary, " ");
        add_number(&summary, count->unread);
        add(&summary, " files or folders could not be read.");
    }
    add(&table, "file\tlines\twords\n");
    add_bytes(&table, count->rows.bytes, count->rows.length);
    agent_list_u8_t contents = {(uint8_t *)table.bytes, table.length};
    assize_plugin_workspace_refusal_t refusal;
    bool written = assize_plugin_workspace_write(
        &count->report, &contents, ASSIZE_PLUGIN_WORKSPACE_EXISTING_REPLACE, &refusal);
    if (!written) {
        add(&summary, " The report was not written: ");
        add_why(&summary, &refusal);
        add(&summary, ".");
    }
    const struct { const char *name; uint64_t number; } NUMBERS[] = {
        {"{\"files\":", count->files},
        {",\"lines\":", count->lines},
        {",\"words\":", count->words},
        {",\"unread\":", count->unread},
    };
    for (size_t at = 0; at < sizeof NUMBERS / sizeof NUMBERS[0]; at += 1) {
        add(&output, NUMBERS[at].name);
        add_number(&output, NUMBERS[at].number);
    }
    add(&output, written ? ",\"written\":true}" : ",\"written\":false}");
    outcome->summary = handed_over(&summary);
    outcome->output = handed_over(&output);
}

static agent_string_t member_or(const struct json *object, const char *name, const char *otherwise) {
    const struct json *member = json_member(object, name);
    bool is_text = member != NULL && member->kind == JSON_STRING;
    return is_text ? (agent_string_t){member->bytes, member->length} : words_of(otherwise);
}

bool exports_agent_run(agent_task_t *task, agent_outcome_t *outcome, agent_fault_t *fault) {
    const struct json *wanted = json_read(task->input.ptr, task->input.len);
    if (wanted == NULL || (wanted->kind != JSON_OBJECT && wanted->kind != JSON_NULL)) {
        agent_string_dup(&fault->message, "The input is not an object of JSON, such as {\"folder\": \"docs\"}.");
        return false;
    }
    if (json_member(wanted, "calls") != NULL) {
        struct text answers = {0};
        if (!conformance(wanted, AGENT_FUNCTIONS, &answers)) {
            agent_string_dup(&fault->message, "The calls are not those of the contract.");
            return false;
        }
        agent_string_dup(&outcome->summary, "Called the host as asked.");
        outcome->output = handed_over(&answers);
        return true;
    }
    struct count count = {.report = member_or(wanted, "report", "word-count.tsv")};
    agent_string_t folder = member_or(wanted, "folder", "");
    count_folder(&count, &folder);
    report(&count, outcome);
    return true;
}
