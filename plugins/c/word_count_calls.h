// The host's functions for agents by their permissions, for tests.
#ifndef WORD_COUNT_CALLS_H
#define WORD_COUNT_CALLS_H

#include "conformance.h"

extern const struct function AGENT_FUNCTIONS[];

#endif
