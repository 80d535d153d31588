// SPDX-License-Identifier: MIT
#include "struct_size.h"

#include <errno.h>
#include <string.h>

#include "internal.h"

/* What both know of the structure at @theirs, without its size; 0 if that is not set */
static size_t known(const void *theirs, size_t size, size_t least, size_t *given)
{
	memcpy(given, theirs, sizeof(*given));
	if (*given < least)
		return 0;
	return (*given < size ? *given : size) - sizeof(*given);
}

static int fail_size(const char *name, size_t given, size_t least)
{
	return v3npu_fail(-EINVAL, "struct_size is %zu, a struct %s has at least %zu; set it to "
			  "sizeof(struct %s) before the call", given, name, least, name);
}

int v3npu_fill_struct(void *to, const void *from, size_t size, size_t least, const char *name)
{
	size_t given, n = known(to, size, least, &given);

	if (!n)
		return fail_size(name, given, least);
	memcpy((char *)to + sizeof(given), (const char *)from + sizeof(given), n);
	return 0;
}

int v3npu_take_struct(void *to, const void *from, size_t size, size_t least, const char *name)
{
	size_t given, i, n = known(from, size, least, &given);
	const char *bytes = from;

	if (!n)
		return fail_size(name, given, least);
	for (i = size; i < given; i++)
		if (bytes[i])
			return v3npu_fail(-E2BIG, "struct %s has a field set at byte %zu that this "
					  "library does not know; leave it 0, or install a newer "
					  "library", name, i);
	memset(to, 0, size);
	memcpy((char *)to + sizeof(given), bytes + sizeof(given), n);
	return 0;
}
