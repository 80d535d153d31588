// SPDX-License-Identifier: MIT
#include "metadata.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "compiler/base/limits.h"

/* Reads a member, if it is one and can be read; 0 or -ENOMEM */
static int read_member(zip_t *archive, zip_int64_t index, char **text)
{
	zip_stat_t stat;
	zip_file_t *file;

	if (index < 0 || zip_stat_index(archive, index, 0, &stat) ||
	    !(stat.valid & ZIP_STAT_SIZE) || stat.size > V3C_MAX_METADATA)
		return 0;
	file = zip_fopen_index(archive, index, 0);
	if (!file)
		return zip_error_code_zip(zip_get_error(archive)) == ZIP_ER_MEMORY ? -ENOMEM : 0;
	*text = malloc(stat.size + 1);
	if (!*text) {
		zip_fclose(file);
		return -ENOMEM;
	}
	(*text)[stat.size] = '\0';
	if (zip_fread(file, *text, stat.size) != (zip_int64_t)stat.size) {
		free(*text);
		*text = NULL;
	}
	zip_fclose(file);
	return 0;
}

/* The first file of labels, -1 if there is none */
static zip_int64_t find_labels(zip_t *archive)
{
	zip_int64_t count = zip_get_num_entries(archive, 0), i;

	for (i = 0; i < count; i++) {
		const char *name = zip_get_name(archive, i, 0);
		size_t n = name ? strlen(name) : 0;

		if (n > 4 && !strcasecmp(name + n - 4, ".txt") && strcasestr(name, "label"))
			return i;
	}
	return -1;
}

int v3c_metadata(const void *data, size_t size, char **text)
{
	static const char *const names[] = {
		"metadata.json", "metadata.yaml", "temp_meta.txt", "meta.txt",
	};
	zip_source_t *source = zip_source_buffer_create(data, size, 0, NULL);
	zip_error_t error;
	zip_t *archive;
	int ret = 0;
	size_t i;

	*text = NULL;
	if (!source)
		return -ENOMEM;
	zip_error_init(&error);
	archive = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (!archive) {
		ret = zip_error_code_zip(&error) == ZIP_ER_MEMORY ? -ENOMEM : 0;
		zip_error_fini(&error);
		zip_source_free(source);
		return ret;
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && !ret && !*text; i++)
		ret = read_member(archive, zip_name_locate(archive, names[i], 0), text);
	if (!ret && !*text)
		ret = read_member(archive, find_labels(archive), text);
	zip_discard(archive);
	return ret;
}
