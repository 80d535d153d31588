// SPDX-License-Identifier: MIT
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include "v3npu_vision.h"

static _Thread_local char line[512];

const char *v3npu_vision_error(void)
{
	return line;
}

int v3v_fail(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return err;
}

int v3v_fill_struct(void *to, const void *from, size_t size, size_t least, const char *name)
{
	return struct_fill(v3v_fail, to, from, size, least, name);
}

int v3v_take_struct(void *to, const void *from, size_t size, size_t least, const char *name)
{
	return struct_take(v3v_fail, to, from, size, least, name);
}
