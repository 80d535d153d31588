// SPDX-License-Identifier: MIT
#include <stddef.h>

#include "dma.h"
#include "hw.h"
#include "log.h"
#include "panic.h"
#include "turns.h"

static struct v3npu_turns served;
static __u64 last;	/* the largest number in it */

static void find_last(const __u64 *numbers, __u32 count)
{
	while (count--)
		if (numbers[count] > last)
			last = numbers[count];
}

void turns_init(__u64 va)
{
	if (!va)
		return;
	if (dma_read(V3NPU_AS_SYSTEM, &served, va, sizeof(served), NULL)) {
		log_error("turns at %llx: no access", va);
		halt(V3NPU_HALT_SYSTEM_DMA);
	}
	find_last(served.ctx, V3NPU_NUM_CTX);
	find_last(served.as, V3NPU_NUM_AS);
	find_last(served.user, V3NPU_NUM_CTX);
}

/* A descriptor is read again at times, and the driver can write anything meanwhile */
static __u64 *of_user(const struct v3npu_ctx_desc *desc)
{
	return &served.user[desc->user % V3NPU_NUM_CTX];
}

static __u64 *of_as(const struct v3npu_ctx_desc *desc)
{
	return &served.as[desc->as % V3NPU_NUM_AS];
}

void turns_take(__u32 ctx, const struct v3npu_ctx_desc *desc)
{
	last++;
	served.ctx[ctx] = last;
	*of_as(desc) = last;
	*of_user(desc) = last;
}

bool turns_before(__u32 a, const struct v3npu_ctx_desc *a_desc, __u32 b,
		  const struct v3npu_ctx_desc *b_desc)
{
	if (a_desc->user != b_desc->user)
		return *of_user(a_desc) < *of_user(b_desc);
	if (a_desc->as != b_desc->as)
		return *of_as(a_desc) < *of_as(b_desc);
	return served.ctx[a] < served.ctx[b];
}
