/* SPDX-License-Identifier: MIT */
/*
 * Structures that the libraries' callers have: they begin with the size that they had when the
 * caller was compiled, which may be before or after the library was. Each library has these
 * once, with its own error line.
 */
#ifndef V3NPU_COMMON_STRUCT_SIZE_H
#define V3NPU_COMMON_STRUCT_SIZE_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Sets an error line; returns @err */
typedef int (*struct_size_fail)(int err, const char *format, ...);

/* Where the fields end that struct @type had when @last was its last one */
#define STRUCT_END_OF(type, last) \
	(offsetof(struct type, last) + sizeof(((struct type *)0)->last))

/* What both know of the structure at @theirs, without its size; 0 with an error if that is not set */
static inline size_t struct_known(struct_size_fail fail, const void *theirs, size_t size,
				  size_t least, const char *name, size_t *given)
{
	memcpy(given, theirs, sizeof(*given));
	if (*given >= least)
		return (*given < size ? *given : size) - sizeof(*given);
	fail(-EINVAL, "struct_size is %zu, a struct %s has at least %zu; set it to sizeof(struct "
	     "%s) before the call", *given, name, least, name);
	return 0;
}

/**
 * struct_fill() - fill a caller's structure as far as it goes
 * @fail: tells what is wrong
 * @to: the caller's, which begins with its size
 * @from: the library's
 * @size: of @from
 * @least: what the first release of the library had
 * @name: of the structure
 *
 * Return: 0, or -EINVAL with the error line set.
 */
static inline int struct_fill(struct_size_fail fail, void *to, const void *from, size_t size,
			      size_t least, const char *name)
{
	size_t given, n = struct_known(fail, to, size, least, name, &given);

	if (!n)
		return -EINVAL;
	memcpy((char *)to + sizeof(given), (const char *)from + sizeof(given), n);
	return 0;
}

/**
 * struct_take() - copy what a caller asks for
 * @to: the library's; what the caller does not know becomes 0
 * @from: the caller's, which begins with its size
 *
 * As struct_fill() otherwise, and -E2BIG if the caller asks for what the library does
 * not know.
 */
static inline int struct_take(struct_size_fail fail, void *to, const void *from, size_t size,
			      size_t least, const char *name)
{
	size_t given, i, n = struct_known(fail, from, size, least, name, &given);
	const char *bytes = from;

	if (!n)
		return -EINVAL;
	for (i = size; i < given; i++)
		if (bytes[i])
			return fail(-E2BIG, "struct %s has a field set at byte %zu that this "
				    "library does not know; leave it 0, or install a newer library",
				    name, i);
	memset(to, 0, size);
	memcpy((char *)to + sizeof(given), bytes + sizeof(given), n);
	return 0;
}

#endif /* V3NPU_COMMON_STRUCT_SIZE_H */
