// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints of v3npu_trace.h. */

#ifndef __CHECKER__
#define CREATE_TRACE_POINTS
#include "v3npu_trace.h"
#endif
