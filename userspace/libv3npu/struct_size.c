// SPDX-License-Identifier: MIT
#include "struct_size.h"

#include "internal.h"

int v3npu_fill_struct(void *to, const void *from, size_t size, size_t least, const char *name)
{
	return struct_fill(v3npu_fail, to, from, size, least, name);
}

int v3npu_take_struct(void *to, const void *from, size_t size, size_t least, const char *name)
{
	return struct_take(v3npu_fail, to, from, size, least, name);
}
