// A judge: notes added lines that are longer than `max_characters` of its rule (120 where policy says nothing).

#include <string.h>

#include "judge.h"
#include "long_lines_calls.h"
#include "refusal.h"

static const char RULE[] = "long-lines/too-long";
static const uint64_t CHARACTERS_MAX = 120;
static const size_t FINDINGS_MAX = 1000;

struct look {
    uint64_t characters_max;
    assize_plugin_types_list_finding_t findings;
    uint64_t files;
    uint64_t unread;
    bool hidden;
};

static bool is(const judge_string_t *string, const char *words) {
    return string->len == strlen(words) && memcmp(string->ptr, words, string->len) == 0;
}

static bool starts_with(const judge_string_t *string, const char *words) {
    return string->len >= strlen(words) && memcmp(string->ptr, words, strlen(words)) == 0;
}

static judge_string_t handed_over(const struct text *text) {
    return (judge_string_t){(uint8_t *)text->bytes, text->length};
}

void exports_judge_describe(judge_description_t *description) {
    static const char *const WANTS[] = {"evidence.changes", "evidence.hunks"};
    judge_string_dup(&description->name, "long-lines");
    judge_string_dup(&description->version, "0.1.0");
    judge_string_dup(&description->summary, "Notes lines that are too long to read with ease.");
    // A judge would name here what it cannot do without. This one also serves tests of refusals, so it starts with nothing.
    description->requires_ = (judge_list_string_t){NULL, 0};
    size_t count = sizeof WANTS / sizeof WANTS[0];
    description->wants = (judge_list_string_t){room(count * sizeof(judge_string_t)), count};
    for (size_t at = 0; at < count; at += 1) {
        judge_string_dup(&description->wants.ptr[at], WANTS[at]);
    }
}

static uint64_t characters_max(const judge_case_t *brief) {
    for (size_t at = 0; at < brief->settings.len; at += 1) {
        const assize_plugin_types_rule_setting_t *setting = &brief->settings.ptr[at];
        for (size_t which = 0; is(&setting->rule, RULE) && which < setting->parameters.len; which += 1) {
            if (is(&setting->parameters.ptr[which].name, "max_characters")) {
                return setting->parameters.ptr[which].value;
            }
        }
    }
    return CHARACTERS_MAX;
}

// How many characters a line has, without a carriage return at its end.
static uint64_t characters_of(const judge_string_t *line) {
    size_t length = line->len > 0 && line->ptr[line->len - 1] == '\r' ? line->len - 1 : line->len;
    uint64_t characters = 0;
    for (size_t at = 0; at < length; at += 1) {
        // All bytes of a character but the first begin with the bits 10.
        characters += (line->ptr[at] & 0xc0) != 0x80;
    }
    return characters;
}

static void look_at_line(struct look *look, const judge_string_t *path, uint32_t line, uint64_t characters) {
    if (characters <= look->characters_max || look->findings.len == FINDINGS_MAX) {
        return;
    }
    struct text message = {0}, place = {0};
    add(&message, "The line has ");
    add_number(&message, characters);
    add(&message, " characters; ");
    add_number(&message, look->characters_max);
    add(&message, " are enough.");
    add_bytes(&place, path->ptr, path->len);
    if (look->findings.ptr == NULL) {
        look->findings.ptr = room(FINDINGS_MAX * sizeof *look->findings.ptr);
    }
    assize_plugin_types_finding_t *finding = &look->findings.ptr[look->findings.len];
    look->findings.len += 1;
    judge_string_dup(&finding->rule, RULE);
    finding->severity = ASSIZE_PLUGIN_TYPES_SEVERITY_WARNING;
    finding->message = handed_over(&message);
    finding->location.is_some = true;
    finding->location.val =
        (assize_plugin_types_location_t){ASSIZE_PLUGIN_TYPES_SIDE_HEAD, handed_over(&place), line, line};
    finding->suggestion.is_some = false;
}

static void look_at_hunks(struct look *look, judge_string_t *path) {
    bool more = true;
    for (uint32_t start = 0; more;) {
        assize_plugin_evidence_hunk_page_t page;
        assize_plugin_evidence_refusal_t refusal;
        if (!assize_plugin_evidence_hunks(path, start, &page, &refusal)) {
            look->unread += 1;
            return;
        }
        for (size_t at = 0; at < page.hunks.len; at += 1) {
            const assize_plugin_evidence_hunk_t *hunk = &page.hunks.ptr[at];
            for (uint32_t line = 0; line < hunk->added.len; line += 1) {
                look_at_line(look, path, hunk->head_start + line, characters_of(&hunk->added.ptr[line]));
            }
        }
        more = page.next.is_some;
        start = page.next.val;
        assize_plugin_evidence_hunk_page_free(&page);
    }
}

static void look_at_changes(struct look *look) {
    bool more = true;
    for (uint32_t start = 0; more;) {
        assize_plugin_evidence_change_page_t page;
        assize_plugin_evidence_refusal_t refusal;
        if (!assize_plugin_evidence_changes(start, &page, &refusal)) {
            look->hidden = true;
            return;
        }
        for (size_t at = 0; at < page.changes.len; at += 1) {
            assize_plugin_evidence_change_t *change = &page.changes.ptr[at];
            look->files += 1;
            if (change->form == ASSIZE_PLUGIN_EVIDENCE_FORM_TEXT && change->head.is_some) {
                look_at_hunks(look, &change->path);
            }
        }
        more = page.next.is_some;
        start = page.next.val;
        assize_plugin_evidence_change_page_free(&page);
    }
}

static judge_string_t rationale(const struct look *look) {
    struct text why = {0};
    add(&why, "Looked at ");
    add_number(&why, look->files);
    add(&why, " changed files and found ");
    add_number(&why, look->findings.len);
    add(&why, " lines that are too long.");
    if (look->unread > 0) {
        add(&why, " ");
        add_number(&why, look->unread);
        add(&why, " files could not be read.");
    }
    if (look->hidden) {
        add(&why, " The list of changes could not be read to its end.");
    }
    return handed_over(&why);
}

bool exports_judge_judge(judge_case_t *brief, judge_opinion_t *opinion, judge_fault_t *fault) {
    *opinion = (judge_opinion_t){.vote = ASSIZE_PLUGIN_TYPES_VOTE_APPROVE};
    for (size_t at = 0; at < brief->messages.len; at += 1) {
        const judge_string_t *message = &brief->messages.ptr[at];
        if (starts_with(message, "{\"calls\"")) {
            struct text answers = {0};
            if (!conformance(json_read(message->ptr, message->len), JUDGE_FUNCTIONS, &answers)) {
                judge_string_dup(&fault->message, "The calls are not those of the contract.");
                return false;
            }
            opinion->rationale = handed_over(&answers);
            return true;
        }
    }
    struct look look = {.characters_max = characters_max(brief)};
    look_at_changes(&look);
    if (look.hidden) {
        opinion->vote = ASSIZE_PLUGIN_TYPES_VOTE_ABSTAIN;
    }
    opinion->findings = look.findings;
    opinion->rationale = rationale(&look);
    return true;
}
