// SPDX-License-Identifier: MIT
#include "json_text.h"

#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *text)
{
	json_t *json = json_string(text);
	char *copy, *p;

	if (json)
		return json;
	copy = strdup(text);
	for (p = copy; p && *p; p++)
		if (*p & 0x80)
			*p = '?';
	json = json_string(copy ? copy : "");
	free(copy);
	return json;
}
