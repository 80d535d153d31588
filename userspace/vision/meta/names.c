// SPDX-License-Identifier: MIT
#include "names.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A character of UTF-8 and its bytes; 1 byte and a control character for what is none */
static int next_character(const char *from, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *at = (const uint8_t *)from;
	int bytes = *at < 0x80 ? 1 : *at >> 5 == 6 ? 2 : *at >> 4 == 14 ? 3 : *at >> 3 == 30 ? 4 : 0;
	int i;

	*c = bytes < 2 ? *at : *at & (0x7f >> bytes);
	for (i = 1; i < bytes; i++) {
		if (at[i] >> 6 != 2)
			break;
		*c = *c << 6 | (at[i] & 0x3f);
	}
	if (!bytes || i < bytes || *c < least[bytes] || *c > 0x10ffff ||
	    (*c >= 0xd800 && *c < 0xe000)) {
		*c = 0;
		return 1;
	}
	return bytes;
}

/* What a terminal would act on: control characters, and what turns the direction of text */
static int is_control(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* Metadata is somebody else's text: whatever it is, a name is UTF-8 that can be printed */
static void copy_name(char to[NAME_SIZE], const char *from)
{
	int n = 0, bytes;
	uint32_t c;

	for (; *from; from += bytes) {
		bytes = next_character(from, &c);
		if (n + (is_control(c) ? 1 : bytes) >= NAME_SIZE)
			break;
		if (is_control(c)) {
			to[n++] = '?';
			continue;
		}
		memcpy(to + n, from, bytes);
		n += bytes;
	}
	to[n] = '\0';
}

int v3v_names_make(const struct metadata *m, int first, int count, struct names *names)
{
	int i;

	names->count = count;
	names->name = calloc(count, NAME_SIZE);
	for (i = 0; names->name && i < count; i++) {
		const char *name;
		char key[16];

		snprintf(key, sizeof(key), "%d", first + i);
		name = json_string_value(json_is_array(m->names) ?
					 json_array_get(m->names, first + i) :
					 json_object_get(m->names, key));
		if (name)
			copy_name(names->name[i], name);
		else
			snprintf(names->name[i], NAME_SIZE, "class %d", i);
	}
	return names->name ? 0 : -1;
}

int v3v_names_parse(const char *metadata, int count, struct names *names)
{
	struct metadata m;
	int ret;

	names->name = NULL;
	ret = v3v_metadata_read(metadata, &m);
	if (!ret)
		ret = v3v_names_make(&m, 0, count, names);
	v3v_metadata_free(&m);
	return ret;
}

void v3v_names_free(struct names *names)
{
	free(names->name);
	names->name = NULL;
}
