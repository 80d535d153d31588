// SPDX-License-Identifier: MIT
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "v3npu/cmd_check.h"

/* Regions lie apart, so that an access past one of them is a fault and not another's bytes */
#define REGION_SPACING	(1ull << 31)

/* One thread: the tests of the engine are elsewhere, and most programs here are tiny */
static const struct v3npu_config default_config = { 2048, 1u << 20, 16000, 64, 64, 1000, 1, NULL };

struct v3c_target sim_target(void)
{
	return sim_target_of(&default_config);
}

struct v3c_target sim_target_of(const struct v3npu_config *config)
{
	return (struct v3c_target){
		.macs = config->macs, .sram_size = config->sram_size,
		.dram_mbps = config->dram_mbps, .dram_latency = config->dram_latency,
		.dram_burst = config->dram_burst, .clock_mhz = config->clock_mhz,
		.sram_va = V3NPU_VA_SRAM,
	};
}

size_t sim_size(const struct v3c_tensor *t)
{
	size_t n = v3c_dtype_size(t->dtype);
	int i;

	for (i = 0; i < t->rank; i++)
		n *= t->dim[i];
	return n;
}

static void *map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	struct sim *sim = opaque;
	uint64_t number = addr / REGION_SPACING, offset = addr % REGION_SPACING;

	(void)want;
	if (number >= sim->region_count || offset >= sim->region[number].size ||
	    (write && !sim->region[number].writable))
		return NULL;
	*run = sim->region[number].size - offset;
	return sim->region[number].data + offset;
}

static bool add_region(struct sim *sim, unsigned int number, uint64_t size, const uint8_t *data)
{
	if (number >= SIM_MAX_REGIONS || size > REGION_SPACING)
		return false;
	/* Not zeroes: what a program reads before it writes must not look right by chance */
	sim->region[number].data = aligned_alloc(64, (size + 64) & ~63ull);
	if (!sim->region[number].data)
		return false;
	memset(sim->region[number].data, 0xa5, size);
	if (data)
		memcpy(sim->region[number].data, data, size);
	sim->region[number].size = size;
	sim->region[number].va = number * REGION_SPACING;
	sim->region[number].writable = !data;
	if (sim->region_count <= number)
		sim->region_count = number + 1;
	return true;
}

/* Relocated, every command must be valid and end where the next one starts */
static bool relocate(struct sim *sim, uint32_t sram_size)
{
	const struct v3c_program *p = sim->program;
	size_t at = 0, i;
	uint32_t count = 0;

	for (i = 0; i < p->reloc_count; i++) {
		const struct v3c_reloc *r = &p->relocs[i];
		uint64_t address;

		if (r->region >= sim->region_count || r->offset % 8 ||
		    r->offset + 8 > p->cmds_size) {
			printf("# relocation %zu: offset %u, region %u\n", i, r->offset,
			       r->region);
			return false;
		}
		memcpy(&address, sim->cmds + r->offset, sizeof(address));
		address += sim->region[r->region].va;
		memcpy(sim->cmds + r->offset, &address, sizeof(address));
	}
	for (at = 0; at < p->cmds_size; count++) {
		int ret = v3npu_cmd_check(sim->cmds + at, p->cmds_size - at, sram_size);

		if (ret) {
			printf("# command %u is not valid: %d\n", count, ret);
			return false;
		}
		at += ((struct v3npu_cmd_hdr *)(sim->cmds + at))->size;
	}
	if (count != p->cmd_count)
		printf("# %u commands, not %u\n", count, p->cmd_count);
	return count == p->cmd_count;
}

bool sim_load(struct sim *sim, const struct v3c_program *program)
{
	return sim_load_on(sim, program, &default_config);
}

bool sim_load_on(struct sim *sim, const struct v3c_program *program,
		 const struct v3npu_config *config)
{
	const struct v3c_program *p = program;
	bool ok;
	size_t i;

	memset(sim, 0, sizeof(*sim));
	sim->program = program;
	sim->engine = v3npu_engine_new(config, NULL, NULL, NULL);
	sim->cmds = calloc(1, p->cmds_size + V3NPU_CMD_MAX_SIZE);
	ok = sim->engine && sim->cmds &&
	     add_region(sim, V3C_REGION_CONST, p->consts_size, p->consts) &&
	     add_region(sim, V3C_REGION_ARENA, p->arena_size, NULL);
	for (i = 0; ok && i < p->input_count; i++)
		ok = add_region(sim, V3C_REGION_IO + i, sim_size(&p->inputs[i]), NULL);
	for (i = 0; ok && i < p->output_count; i++)
		ok = add_region(sim, V3C_REGION_IO + p->input_count + i,
				sim_size(&p->outputs[i]), NULL);
	if (!ok) {
		printf("# cannot load the program\n");
		return false;
	}
	if (p->cmds_size)
		memcpy(sim->cmds, p->cmds, p->cmds_size);
	return relocate(sim, config->sram_size);
}

bool sim_fill_sram(struct sim *sim, uint32_t sram_size)
{
	const struct v3npu_memory memory = { .opaque = sim, .map = map };
	const uint32_t chunk = 4096;
	uint64_t cmd[V3NPU_CMD_MAX_SIZE / sizeof(uint64_t)] = {};
	struct v3npu_cmd_copy copy = {
		.hdr = { .opcode = V3NPU_OP_COPY, .size = sizeof(copy) },
		.in = {
			.addr = sim->region[V3C_REGION_CONST].va,
			.dim = { 1, 1, sram_size / chunk, chunk },
			.stride = { 0, 0, 0, sim->program->consts_size >= chunk },
		},
		.out = {
			.addr = V3NPU_VA_SRAM,
			.dim = { 1, 1, sram_size / chunk, chunk }, .stride = { 0, 0, chunk, 1 },
		},
	};
	struct v3npu_counters counters;
	uint64_t fault;

	if (!sram_size)
		return true;
	memcpy(cmd, &copy, sizeof(copy));
	return v3npu_engine_run(sim->engine, cmd, &memory, NULL, &counters, &fault) ==
	       V3NPU_RESULT_DONE;
}

bool sim_run(struct sim *sim)
{
	const struct v3npu_memory memory = { .opaque = sim, .map = map };
	size_t at;

	sim->cycles = 0;
	sim->dram_bytes = 0;
	for (at = 0; at < sim->program->cmds_size;) {
		const struct v3npu_cmd_hdr *hdr = (void *)(sim->cmds + at);
		struct v3npu_counters counters;
		enum v3npu_result result;
		uint64_t fault = 0;

		result = v3npu_engine_run(sim->engine, hdr, &memory, NULL, &counters, &fault);
		if (result != V3NPU_RESULT_DONE) {
			printf("# command at byte %zu, operator %u: result %d, fault at %#llx\n",
			       at, hdr->tag, result, (unsigned long long)fault);
			return false;
		}
		sim->cycles += counters.cycles;
		sim->dram_bytes += counters.dram_read + counters.dram_write;
		at += hdr->size;
	}
	return true;
}

uint8_t *sim_tensor(const struct sim *sim, const struct v3c_tensor *t)
{
	return sim->region[t->region].data + t->offset;
}

uint8_t *sim_gather(const struct sim *sim, const struct v3c_tensor *t)
{
	const uint8_t *base = sim_tensor(sim, t);
	size_t count = sim_size(t), k;
	uint8_t *dense = malloc(count);

	for (k = 0; dense && k < count; k++) {
		uint64_t offset = 0, rest = k;
		int i;

		for (i = t->rank - 1; i >= 0; i--) {
			offset += rest % t->dim[i] * t->stride[i];
			rest /= t->dim[i];
		}
		dense[k] = base[offset];
	}
	return dense;
}

void sim_unload(struct sim *sim)
{
	unsigned int i;

	v3npu_engine_free(sim->engine);
	free(sim->cmds);
	for (i = 0; i < sim->region_count; i++)
		free(sim->region[i].data);
}

void *sim_read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	long length;

	if (!f)
		return NULL;
	length = fseek(f, 0, SEEK_END) ? -1 : ftell(f);
	if (length >= 0 && !fseek(f, 0, SEEK_SET)) {
		data = malloc(length + 1);
		if (data && fread(data, 1, length, f) != (size_t)length) {
			free(data);
			data = NULL;
		}
		if (data)
			data[length] = '\0';
		*size = length;
	}
	fclose(f);
	return data;
}
