// SPDX-License-Identifier: MIT
#include "metadata.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "compiler/base/limits.h"

static char *read_member(zip_t *archive, const char *name)
{
	zip_stat_t stat;
	zip_file_t *file;
	char *text;

	if (zip_stat(archive, name, 0, &stat) || !(stat.valid & ZIP_STAT_SIZE) ||
	    stat.size > V3C_MAX_METADATA)
		return NULL;
	file = zip_fopen(archive, name, 0);
	if (!file)
		return NULL;
	text = malloc(stat.size + 1);
	if (text && zip_fread(file, text, stat.size) != (zip_int64_t)stat.size) {
		free(text);
		text = NULL;
	}
	if (text)
		text[stat.size] = '\0';
	zip_fclose(file);
	return text;
}

char *v3c_metadata(const void *data, size_t size)
{
	static const char *const names[] = { "metadata.json", "metadata.yaml" };
	zip_source_t *source = zip_source_buffer_create(data, size, 0, NULL);
	zip_t *archive;
	char *text = NULL;
	size_t i;

	if (!source)
		return NULL;
	archive = zip_open_from_source(source, ZIP_RDONLY, NULL);
	if (!archive) {
		zip_source_free(source);
		return NULL;
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && !text; i++)
		text = read_member(archive, names[i]);
	zip_discard(archive);
	return text;
}
