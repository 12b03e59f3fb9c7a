// What a refusal says. To be included behind the bindings of a world, which has types of its own for text.
#ifndef REFUSAL_H
#define REFUSAL_H

#include "text.h"

// Adds a refusal as JSON.
static inline bool add_refusal(struct text *text, const assize_plugin_types_refusal_t *refusal) {
    static const char *const NAMES[] = {"denied", "limit", "invalid", "not-found", "conflict", "unavailable"};
    add(text, "{\"");
    add(text, NAMES[refusal->tag]);
    add(text, "\":");
    if (refusal->tag == ASSIZE_PLUGIN_TYPES_REFUSAL_DENIED) {
        const assize_plugin_types_denial_t *denial = &refusal->val.denied;
        add(text, "{\"permission\":");
        add_quoted(text, denial->permission.ptr, denial->permission.len);
        add(text, ",\"needs\":");
        add_quoted(text, denial->needs.ptr, denial->needs.len);
        add(text, "}");
    } else {
        // All others carry one text, at the same place.
        add_quoted(text, refusal->val.limit.ptr, refusal->val.limit.len);
    }
    add(text, "}");
    return false;
}

// Adds why something was refused, for people.
static inline void add_why(struct text *text, const assize_plugin_types_refusal_t *refusal) {
    if (refusal->tag == ASSIZE_PLUGIN_TYPES_REFUSAL_DENIED) {
        const assize_plugin_types_denial_t *denial = &refusal->val.denied;
        add_bytes(text, denial->permission.ptr, denial->permission.len);
        add(text, " is not granted; ");
        add_bytes(text, denial->needs.ptr, denial->needs.len);
    } else {
        add_bytes(text, refusal->val.limit.ptr, refusal->val.limit.len);
    }
}

#endif
