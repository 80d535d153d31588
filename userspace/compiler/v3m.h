/* SPDX-License-Identifier: MIT */
/*
 * The .v3m file: a program compiled ahead of time for one NPU.
 *
 * A header, then its sections, each at a multiple of V3M_ALIGN, with zeros
 * between. All numbers are little-endian. Files are untrusted: the checksum
 * finds accidents, and v3m_read() checks everything that it hands on.
 */
#ifndef V3C_V3M_H
#define V3C_V3M_H

#include <stdbool.h>

#include "compiler.h"

/* As PNG's: an 8-bit byte, a name, and line ends that a text transfer would change */
#define V3M_MAGIC	"\x89V3M\r\n\x1a\n"
#define V3M_MAGIC_SIZE	8
#define V3M_VERSION	1
#define V3M_ALIGN	64
#define V3M_NAME_SIZE	256

/**
 * enum v3m_section - what a file has
 * @V3M_COMMANDS: command stream of version @cmd_version, before relocation
 * @V3M_CONSTANTS: the program's constants
 * @V3M_RELOCATIONS: struct v3c_reloc each
 * @V3M_TENSORS: struct v3m_tensor of each input, then of each output
 * @V3M_METADATA: text of the model's metadata, empty if it has none
 */
enum v3m_section {
	V3M_COMMANDS,
	V3M_CONSTANTS,
	V3M_RELOCATIONS,
	V3M_TENSORS,
	V3M_METADATA,
	V3M_SECTION_COUNT,
};

/**
 * struct v3m_header - start of a file
 * @magic: V3M_MAGIC
 * @version: V3M_VERSION
 * @crc32: zlib's, of all that follows this field
 * @size: bytes of the file
 * @cmd_version: V3NPU_CMD_VERSION of the compiler
 * @sram_size: of the NPU that it is for; so are the next five
 * @input_count: inputs
 * @output_count: outputs
 * @cmd_count: commands
 * @op_count: operators of the model that they compute
 * @arena_size: as in struct v3c_program
 * @mac_count: multiply-accumulates of one inference
 * @section: where each section is: offset from the file's start, and bytes
 */
struct v3m_header {
	uint8_t magic[V3M_MAGIC_SIZE];
	uint32_t version;
	uint32_t crc32;
	uint64_t size;
	uint32_t cmd_version;
	uint32_t sram_size;
	uint32_t macs;
	uint32_t dram_mbps;
	uint32_t dram_latency;
	uint32_t dram_burst;
	uint32_t clock_mhz;
	uint32_t input_count;
	uint32_t output_count;
	uint32_t cmd_count;
	uint32_t op_count;
	uint32_t reserved;
	uint64_t arena_size;
	uint64_t mac_count;
	struct {
		uint64_t offset;
		uint64_t size;
	} section[V3M_SECTION_COUNT];
};

/**
 * struct v3m_tensor - an input or output, dense in the order of its shape
 * @index: its number in the .tflite file
 * @dtype: enum v3c_dtype
 * @rank: dimensions used of @dim
 * @zero_point: quantization zero point
 * @dim: shape, 0 beyond @rank
 * @scale: quantization scale
 * @reserved: 0
 * @name: NUL-terminated
 */
struct v3m_tensor {
	int32_t index;
	uint32_t dtype;
	uint32_t rank;
	int32_t zero_point;
	uint32_t dim[6];
	float scale;
	uint32_t reserved;
	char name[V3M_NAME_SIZE];
};

_Static_assert(sizeof(struct v3m_header) == 168, "file format");
_Static_assert(sizeof(struct v3m_tensor) == 304, "file format");
_Static_assert(sizeof(struct v3c_reloc) == 8, "file format");

/* Whether these bytes start like a .v3m file */
bool v3m_is(const void *data, size_t size);

/**
 * v3m_write() - make a file
 * @program: what to write, but for intermediate tensors
 * @target: the NPU that it was compiled for
 * @size: set to the file's bytes
 *
 * Return: them, for free(), or NULL: out of memory.
 */
uint8_t *v3m_write(const struct v3c_program *program, const struct v3c_target *target,
		   size_t *size);

/**
 * v3m_read() - read a file
 * @data: its bytes, untrusted, only read
 * @size: how many
 * @target: NPU that is to run it
 * @error: on failure, one line that says what is wrong and what to do
 *
 * What it allocates is at most the file's size and a few hundred bytes. Commands
 * are valid and addresses start in their region; where they end, the NPU's MMU
 * checks.
 *
 * Return: the program, or NULL with errno EINVAL (damaged), ENOTSUP (of another
 * version, or for another NPU) or ENOMEM.
 */
struct v3c_program *v3m_read(const void *data, size_t size, const struct v3c_target *target,
			     char error[V3C_ERROR_SIZE]);

#endif /* V3C_V3M_H */
