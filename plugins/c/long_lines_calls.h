// The host's functions for judges by their permissions, for tests.
#ifndef LONG_LINES_CALLS_H
#define LONG_LINES_CALLS_H

#include "conformance.h"

extern const struct function JUDGE_FUNCTIONS[];

#endif
