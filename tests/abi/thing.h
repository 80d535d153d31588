/* SPDX-License-Identifier: MIT */
#ifndef THING_H
#define THING_H

#include <stddef.h>
#include <stdint.h>

enum v3npu_colour {
#ifdef ENUM_CHANGED
	V3NPU_BLUE,
#endif
	V3NPU_RED,
	V3NPU_GREEN,
};

struct v3npu_thing {
	size_t size;
#ifdef FIELD_BEFORE
	int64_t before;
#endif
#ifdef FIELD_WIDER
	int64_t value;
#else
	int32_t value;
#endif
	int32_t other;
#ifdef FIELD_AT_END
	int64_t later;
#endif
};

int v3npu_thing_get(const struct v3npu_thing *thing, enum v3npu_colour colour);

#ifdef PARAMETER_CHANGED
int v3npu_thing_put(struct v3npu_thing *thing, int64_t value);
#else
int v3npu_thing_put(struct v3npu_thing *thing, int32_t value);
#endif
int v3npu_thing_count(void);

#endif /* THING_H */
