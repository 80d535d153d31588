/* SPDX-License-Identifier: MIT */
/*
 * How much a model file may make the compiler allocate and do. A model is
 * untrusted: everything that grows with what it says is bounded here.
 */
#ifndef V3C_LIMITS_H
#define V3C_LIMITS_H

#include <stdint.h>

#include "v3npu/cmd.h"

#define V3C_MAX_FILE		(1ull << 31)	/* what flatbuffer offsets reach */
#define V3C_MAX_TENSORS		(1u << 16)
#define V3C_MAX_OPERATORS	(1u << 14)
#define V3C_MAX_OPERANDS	(1u << 18)	/* operators' inputs and outputs together */
#define V3C_MAX_IO		64		/* model inputs, and model outputs */
#define V3C_MAX_BORDERS		1024		/* inputs of a piece of a model, and outputs */
#define V3C_MAX_PARTS		1024		/* pieces of a model, on the NPU and on the CPU */
#define V3C_MAX_RANK		6
#define V3C_MAX_ELEMENTS	V3NPU_ELEMENTS_MAX	/* of one tensor */
#define V3C_MAX_COMMANDS	(1u << 16)
#define V3C_MAX_ARENA		(1ull << 30)
#define V3C_MAX_WINDOWS		(1u << 26)	/* on the CPU: output pixels times elements of a window, summed up */
#define V3C_MAX_METADATA	(1u << 20)

/* Bytes that compiling a file of @size bytes may allocate, apart from its result */
static inline uint64_t v3c_max_memory(uint64_t size)
{
	return 4 * size + (64u << 20);
}

/*
 * Bytes of constants, before equal ones are merged, for a file of @size bytes;
 * a convolution of one output channel pads its weights to sixteen
 */
static inline uint64_t v3c_max_consts(uint64_t size)
{
	return 4 * size + (16u << 20);
}

#endif /* V3C_LIMITS_H */
