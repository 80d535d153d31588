// SPDX-License-Identifier: MIT
#include "npy.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC		"\x93NUMPY"
#define MAGIC_SIZE	(sizeof(MAGIC) - 1)
#define ALIGNMENT	64	/* of the first element */
#define HEAD_MAX	4096	/* bytes of a dictionary: NumPy's own are about 100 */

bool v3npu_npy_is(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && !strcmp(path + n - 4, ".npy");
}

/* What stands behind a key of the dictionary, a Python literal with these three keys */
static const char *find_value(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	if (!at)
		return NULL;
	at += strlen(key);
	at += strspn(at, " ");
	if (*at != ':')
		return NULL;
	at++;
	return at + strspn(at, " ");
}

static int parse_descr(const char *at, struct npy_head *head)
{
	size_t n;

	if (!at || (*at != '\'' && *at != '"'))
		return -1;
	n = strcspn(at + 1, "'\"");
	if (!n || n >= sizeof(head->descr) || !at[1 + n])
		return -1;
	memcpy(head->descr, at + 1, n);
	head->descr[n] = '\0';
	return 0;
}

static int parse_shape(const char *at, struct npy_head *head)
{
	char *end;

	if (!at || *at != '(')
		return -1;
	for (at++, head->rank = 0;; head->rank++) {
		at += strspn(at, " ,");
		if (*at == ')')
			return 0;
		if (*at < '0' || *at > '9' || head->rank == NPY_RANK)
			return -1;
		head->dim[head->rank] = strtoull(at, &end, 10);
		at = end;
	}
}

static int parse(const char *text, struct npy_head *head)
{
	const char *order = find_value(text, "'fortran_order'");

	if (!order || (strncmp(order, "True", 4) && strncmp(order, "False", 5)))
		return -1;
	head->fortran_order = *order == 'T';
	return parse_descr(find_value(text, "'descr'"), head) ||
	       parse_shape(find_value(text, "'shape'"), head) ? -1 : 0;
}

int v3npu_npy_read(FILE *f, struct npy_head *head)
{
	uint8_t start[MAGIC_SIZE + 2], length[4] = {};
	char text[HEAD_MAX + 1];
	size_t size;

	if (fread(start, 1, sizeof(start), f) != sizeof(start) || memcmp(start, MAGIC, MAGIC_SIZE) ||
	    start[MAGIC_SIZE] < 1 || start[MAGIC_SIZE] > 3)
		return -1;
	size = start[MAGIC_SIZE] == 1 ? 2 : 4;
	if (fread(length, 1, size, f) != size)
		return -1;
	size = length[0] | length[1] << 8 | length[2] << 16 | (size_t)length[3] << 24;
	if (size > HEAD_MAX || fread(text, 1, size, f) != size)
		return -1;
	text[size] = '\0';
	return parse(text, head);
}

void v3npu_npy_write(FILE *f, const struct npy_head *head)
{
	char text[512];
	size_t used, size;
	int n, i;

	n = snprintf(text, sizeof(text), "{'descr': '%s', 'fortran_order': %s, 'shape': (",
		     head->descr, head->fortran_order ? "True" : "False");
	for (i = 0; i < head->rank; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%llu%s", i ? " " : "",
			      (unsigned long long)head->dim[i], i < head->rank - 1 ? "," : "");
	/* A tuple of one has a comma */
	n += snprintf(text + n, sizeof(text) - n, "%s), }", head->rank == 1 ? "," : "");
	used = MAGIC_SIZE + 4 + n + 1;
	size = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - MAGIC_SIZE - 4;
	fwrite(MAGIC "\x01\x00", 1, MAGIC_SIZE + 2, f);
	putc(size & 0xff, f);
	putc(size >> 8, f);
	fprintf(f, "%-*s\n", (int)size - 1, text);
}
