// SPDX-License-Identifier: MIT
/*
 * The .v3m format: what is read is what was written, files for another NPU are
 * refused with a line that says what to do, and no damage does harm. Built with
 * the address and undefined-behaviour sanitizers.
 *
 *   v3m_test [DIR]
 *
 * DIR is what tests/compiler/ops.py wrote.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "compiler/v3m.h"
#include "sim.h"
#include "userspace/tap.h"
#include "v3npu/cmd_check.h"

#define CASES		40	/* damaged copies of each file */
#define MAX_MODELS	512

static const size_t crc_at = offsetof(struct v3m_header, crc32);
static uint64_t state = 88172645463325252ull;
static unsigned int accepted, refused;

/* Marsaglia's xorshift: the same cases in every run */
static uint64_t random_below(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

/* A file whose checksum is right, whatever else is not */
static void seal(uint8_t *data, size_t size)
{
	uint32_t crc;

	if (size < crc_at + sizeof(crc))
		return;
	crc = crc32_z(0, data + crc_at + sizeof(crc), size - crc_at - sizeof(crc));
	memcpy(data + crc_at, &crc, sizeof(crc));
}

/* Reads exactly @size bytes, so that the sanitizer sees the first byte past them */
static struct v3c_program *read_copy(const uint8_t *data, size_t size,
				     const struct v3c_target *target, char error[V3C_ERROR_SIZE])
{
	uint8_t *copy = malloc(size ? size : 1);
	struct v3c_program *p;

	memcpy(copy, data, size);
	p = v3m_read(copy, size, target, error);
	free(copy);
	return p;
}

static bool same_tensors(const struct v3c_tensor *a, const struct v3c_tensor *b, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(a[i].name, b[i].name) || a[i].index != b[i].index ||
		    a[i].dtype != b[i].dtype || a[i].rank != b[i].rank ||
		    a[i].scale != b[i].scale || a[i].zero_point != b[i].zero_point ||
		    memcmp(a[i].dim, b[i].dim, a[i].rank * sizeof(a[i].dim[0])) ||
		    memcmp(a[i].stride, b[i].stride, a[i].rank * sizeof(a[i].stride[0])) ||
		    a[i].region != b[i].region || a[i].offset != b[i].offset)
			return false;
	return true;
}

static bool same_program(const struct v3c_program *a, const struct v3c_program *b)
{
	return a->cmds_size == b->cmds_size && !memcmp(a->cmds, b->cmds, a->cmds_size) &&
	       a->consts_size == b->consts_size &&
	       (!a->consts_size || !memcmp(a->consts, b->consts, a->consts_size)) &&
	       a->reloc_count == b->reloc_count &&
	       !memcmp(a->relocs, b->relocs, a->reloc_count * sizeof(*a->relocs)) &&
	       a->input_count == b->input_count && a->output_count == b->output_count &&
	       same_tensors(a->inputs, b->inputs, a->input_count) &&
	       same_tensors(a->outputs, b->outputs, a->output_count) &&
	       a->cmd_count == b->cmd_count && a->op_count == b->op_count &&
	       a->arena_size == b->arena_size && a->macs == b->macs &&
	       !a->metadata == !b->metadata &&
	       (!a->metadata || !strcmp(a->metadata, b->metadata));
}

/* What the runtime relies on, from scratch */
static bool is_sound(const struct v3c_program *p)
{
	size_t at, i, regions = V3C_REGION_IO + p->input_count + p->output_count;
	uint32_t count = 0;

	for (at = 0; at < p->cmds_size; count++) {
		if (v3npu_cmd_check(p->cmds + at, p->cmds_size - at, sim_target().sram_size))
			return false;
		at += ((struct v3npu_cmd_hdr *)(p->cmds + at))->size;
	}
	for (i = 0; i < p->reloc_count; i++)
		if (p->relocs[i].offset % 8 || p->relocs[i].offset + 8ull > p->cmds_size ||
		    !p->relocs[i].region || p->relocs[i].region >= regions)
			return false;
	for (i = 0; i < p->input_count + p->output_count; i++) {
		const struct v3c_tensor *t = i < p->input_count ? &p->inputs[i] :
					     &p->outputs[i - p->input_count];

		if (t->rank < 0 || t->rank > 6 || sim_size(t) > V3NPU_ELEMENTS_MAX ||
		    strlen(t->name) >= V3M_NAME_SIZE)
			return false;
	}
	return count == p->cmd_count && p->arena_size <= 1ull << 30;
}

static bool survives(const uint8_t *data, size_t size)
{
	const struct v3c_target target = sim_target();
	char error[V3C_ERROR_SIZE];
	struct v3c_program *p;
	bool good;

	errno = 0;
	p = read_copy(data, size, &target, error);
	*(p ? &accepted : &refused) += 1;
	good = p ? is_sound(p) : error[0] && !strchr(error, '\n') &&
				 (errno == EINVAL || errno == ENOTSUP);
	if (!good)
		printf("# %s\n", p ? "an unsound program" : error);
	v3c_program_free(p);
	return good;
}

/* Any byte of the header, the relocations or the tensors; else of the whole file */
static size_t pick_byte(const struct v3m_header *h, size_t size)
{
	static const enum v3m_section sections[] = {
		V3M_COMMANDS, V3M_RELOCATIONS, V3M_TENSORS,
	};
	uint64_t pick = random_below(6);

	if (pick < 2)
		return random_below(sizeof(*h));
	if (pick < 5 && h->section[sections[pick - 2]].size)
		return h->section[sections[pick - 2]].offset +
		       random_below(h->section[sections[pick - 2]].size);
	return random_below(size);
}

static unsigned int damage(const uint8_t *file, size_t size, const uint8_t *other,
			   size_t other_size)
{
	static const uint64_t words[] = {
		0, 1, 7, 8, 0x7fffffff, UINT32_MAX, UINT64_MAX, 1u << 30,
	};
	uint8_t *copy = malloc(size);
	struct v3m_header header;
	unsigned int i, bad = 0;

	memcpy(&header, file, sizeof(header));
	for (i = 0; i < CASES; i++) {
		size_t length = size, at = pick_byte(&header, size), n;

		memcpy(copy, file, size);
		switch (random_below(4)) {
		case 0:
			length = random_below(size);
			break;
		case 1:
			copy[at] ^= 1 << random_below(8);
			break;
		case 2:
			at &= ~(size_t)3;
			n = at + 8 <= size ? random_below(2) * 4 + 4 : 4;
			if (at + n <= size)
				memcpy(copy + at, &words[random_below(8)], n);
			break;
		default:
			n = random_below(other_size < 64 ? other_size : 64);
			if (n > size - at)
				n = size - at;
			memcpy(copy + at, other + random_below(other_size - n + 1), n);
		}
		/* Mostly with the right checksum and size, which find nearly all damage */
		if (random_below(8)) {
			uint64_t claimed = length;

			if (length >= sizeof(header) && random_below(8))
				memcpy(copy + offsetof(struct v3m_header, size), &claimed, 8);
			seal(copy, length);
		}
		bad += !survives(copy, length);
	}
	free(copy);
	return bad;
}

static bool refuses(const uint8_t *file, size_t size, const struct v3c_target *target, int err,
		    const char *word)
{
	char error[V3C_ERROR_SIZE];
	struct v3c_program *p;

	errno = 0;
	p = read_copy(file, size, target, error);
	if (p || errno != err || !strstr(error, word) ||
	    !strstr(error, "compile the model again")) {
		printf("# %s\n", p ? "accepted" : error);
		v3c_program_free(p);
		return false;
	}
	return true;
}

/* One field of the header changed, the checksum right */
static bool refuses_field(const uint8_t *file, size_t size, size_t field, uint32_t value, int err,
			  const char *word)
{
	const struct v3c_target target = sim_target();
	uint8_t *copy = malloc(size);
	bool good;

	memcpy(copy, file, size);
	memcpy(copy + field, &value, sizeof(value));
	seal(copy, size);
	good = refuses(copy, size, &target, err, word);
	free(copy);
	return good;
}

static void check_refusals(const uint8_t *file, size_t size)
{
	struct v3c_target target = sim_target();
	uint8_t *copy = malloc(size);

	ok(refuses_field(file, size, offsetof(struct v3m_header, version), 2, ENOTSUP,
			 "version 2 of the .v3m format"), "another version of the format");
	ok(refuses_field(file, size, offsetof(struct v3m_header, cmd_version), 9, ENOTSUP,
			 "version 9 of the NPU's commands"), "another version of the commands");
	target.sram_size = 384 << 10;
	ok(refuses(file, size, &target, ENOTSUP, "--target sram=384K"), "for another NPU's SRAM");
	target = sim_target();
	ok(refuses(file, size - 1, &target, EINVAL, "not as long"), "a file cut short");
	ok(refuses(file, 20, &target, EINVAL, "not as long"), "a piece of a header");
	memcpy(copy, file, size);
	copy[size - 1] ^= 1;
	ok(refuses(copy, size, &target, EINVAL, "checksum"), "a flipped bit");
	ok(!v3m_is("TFL3", 4) && v3m_is(file, size) && !v3m_is(file, 7),
	   "files are recognized by their content");
	free(copy);
}

struct file {
	uint8_t *data;
	size_t size;
};

/* Compiles a model and writes it; false if it does not come back as it was */
static bool round_trip(const char *path, struct file *file, bool *compiles)
{
	const struct v3c_target target = sim_target();
	char error[V3C_ERROR_SIZE];
	struct v3c_program *p, *back;
	size_t size;
	void *model = sim_read_file(path, &size);
	bool good;

	p = model ? v3c_compile(model, size, &target, NULL, error) : NULL;
	free(model);
	*compiles = p;
	if (!p)
		return true;
	file->data = v3m_write(p, &target, &file->size);
	back = read_copy(file->data, file->size, &target, error);
	good = back && same_program(p, back);
	if (!good)
		printf("# %s: %s\n", path, back ? "comes back differently" : error);
	v3c_program_free(back);
	v3c_program_free(p);
	return good;
}

int main(int argc, char **argv)
{
	static struct file files[MAX_MODELS];
	const char *directory = argc == 2 ? argv[1] : "build/tests/compiler/models";
	unsigned int count = 0, lost = 0, bad = 0, i;
	char path[512], name[100], *list, *line;
	size_t size;

	snprintf(path, sizeof(path), "%s/list", directory);
	list = sim_read_file(path, &size);
	for (line = list; line && count < MAX_MODELS && sscanf(line, "%*s %99s", name) == 1;) {
		bool compiles;

		snprintf(path, sizeof(path), "%s/%s.tflite", directory, name);
		lost += !round_trip(path, &files[count], &compiles);
		count += compiles;
		line = strchr(line, '\n') + 1;
	}
	free(list);
	ok(count > 10 && !lost, "%u programs come back as they were written", count);
	if (count)
		check_refusals(files[0].data, files[0].size);
	for (i = 0; i < count; i++)
		bad += damage(files[i].data, files[i].size, files[(i + 1) % count].data,
			      files[(i + 1) % count].size);
	ok(count && !bad && accepted && refused,
	   "%u damaged files: %u read, %u refused, %u wrongly", CASES * count, accepted, refused,
	   bad);
	for (i = 0; i < count; i++)
		free(files[i].data);
	return done();
}
