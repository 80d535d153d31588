// SPDX-License-Identifier: MIT
/* A small library, as released and with the changes that defines ask for, to test the test */
#include <stddef.h>
#include <stdint.h>

#include "thing.h"

int v3npu_thing_get(const struct v3npu_thing *thing, enum v3npu_colour colour)
{
	return (int)thing->size + (int)colour;
}

#ifndef FUNCTION_GONE
#ifdef PARAMETER_CHANGED
int v3npu_thing_put(struct v3npu_thing *thing, int64_t value)
#else
int v3npu_thing_put(struct v3npu_thing *thing, int32_t value)
#endif
{
	thing->value = value;
	return 0;
}
#endif

#ifdef FUNCTION_ADDED
int v3npu_thing_count(void)
{
	return 0;
}
#endif
