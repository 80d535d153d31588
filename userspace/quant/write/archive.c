// SPDX-License-Identifier: MIT
/*
 * Offsets in an archive count from the start of the file that it is in. Other
 * than that, its bytes stay as they are.
 *
 * Format: APPNOTE.TXT of PKWARE, sections 4.3.12 and 4.3.16.
 */
#include "archive.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/tflite/flatbuffer.h"

#define END_SIZE	22	/* end of central directory record */
#define END_MAX_COMMENT	65535
#define ENTRY_SIZE	46	/* central directory header, without its variable part */
#define LOCAL_SIZE	30	/* local header, likewise */

static const uint8_t end_magic[4] = { 'P', 'K', 5, 6 };
static const uint8_t entry_magic[4] = { 'P', 'K', 1, 2 };
static const uint8_t local_magic[4] = { 'P', 'K', 3, 4 };

static uint32_t le16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static void put32(uint8_t *p, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		p[i] = value >> 8 * i;
}

static const uint8_t *find_end(const uint8_t *data, size_t size)
{
	size_t back;

	for (back = END_SIZE; back <= size && back <= END_SIZE + END_MAX_COMMENT; back++)
		if (!memcmp(data + size - back, end_magic, 4))
			return data + size - back;
	return NULL;
}

/*
 * Finds the first byte of the archive, that of its lowest local header. With
 * @copy, where these bytes are in another file, adds @shift to the offsets there.
 */
static bool walk(const uint8_t *data, size_t size, size_t *start, uint8_t *copy, size_t shift)
{
	const uint8_t *end = find_end(data, size);
	size_t at, stop, i, count, first = *start;

	if (!end)
		return false;
	stop = end - data;
	count = le16(end + 10);
	at = fb_le32(end + 16);
	*start = at;
	if (at > stop)
		return false;
	if (copy)
		put32(copy + stop - first + 16, at + shift);
	for (i = 0; i < count; i++) {
		const uint8_t *entry = data + at;
		size_t local;

		if (stop - at < ENTRY_SIZE || memcmp(entry, entry_magic, 4))
			return false;
		local = fb_le32(entry + 42);
		if (size < LOCAL_SIZE || local > size - LOCAL_SIZE ||
		    memcmp(data + local, local_magic, 4))
			return false;
		if (copy)
			put32(copy + at - first + 42, local + shift);
		*start = local < *start ? local : *start;
		at += ENTRY_SIZE + le16(entry + 28) + le16(entry + 30) + le16(entry + 32);
		if (at > stop)
			return false;
	}
	return true;
}

int archive_append(const void *from, size_t from_size, uint8_t **to, size_t *to_size)
{
	size_t start = 0, bytes;
	uint8_t *grown;

	if (!walk(from, from_size, &start, NULL, 0))
		return 0;
	bytes = from_size - start;
	grown = realloc(*to, *to_size + bytes);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + *to_size, (const uint8_t *)from + start, bytes);
	walk(from, from_size, &start, grown + *to_size, *to_size - start);
	*to = grown;
	*to_size += bytes;
	return 0;
}
