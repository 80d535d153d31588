// SPDX-License-Identifier: MIT
#include "names.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Metadata is somebody else's text: nothing that a terminal would act on gets through */
static void copy_name(char to[NAME_SIZE], const char *from)
{
	int i;

	for (i = 0; from[i] && i < NAME_SIZE - 1; i++)
		to[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7f ? '?' : from[i];
	/* Do not cut a UTF-8 character in half */
	if (from[i])
		while (i > 0 && ((unsigned char)from[i] & 0xc0) == 0x80)
			i--;
	to[i] = '\0';
}

int v3v_names_parse(const char *metadata, int count, struct names *names)
{
	json_t *root = metadata ? json_loads(metadata, 0, NULL) : NULL;
	json_t *list = json_object_get(root, "names");
	int i;

	names->count = count;
	names->name = calloc(count, NAME_SIZE);
	for (i = 0; names->name && i < count; i++) {
		const char *name;
		char key[16];

		snprintf(key, sizeof(key), "%d", i);
		name = json_string_value(json_is_array(list) ? json_array_get(list, i) :
							       json_object_get(list, key));
		if (name)
			copy_name(names->name[i], name);
		else
			snprintf(names->name[i], NAME_SIZE, "class %d", i);
	}
	json_decref(root);
	return names->name ? 0 : -1;
}

void v3v_names_free(struct names *names)
{
	free(names->name);
	names->name = NULL;
}
