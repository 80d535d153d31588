// SPDX-License-Identifier: MIT
/* No NPU at all, and memory that only the CPU reaches */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define HOST_ALIGN	64	/* a cache line, and XNNPACK's widest vectors */

int v3npu_host_buffer_new(size_t size, struct v3npu_buffer **buffer)
{
	struct v3npu_buffer *b = calloc(1, sizeof(*b));

	if (b && size <= SIZE_MAX - HOST_ALIGN) {
		b->size = (size + HOST_ALIGN - 1) / HOST_ALIGN * HOST_ALIGN;
		b->map = aligned_alloc(HOST_ALIGN, b->size);
	}
	if (!b || !b->map) {
		free(b);
		return v3npu_fail(-ENOMEM, "cannot allocate %zu bytes", size);
	}
	memset(b->map, 0, b->size);
	*buffer = b;
	return 0;
}

void v3npu_host_buffer_free(struct v3npu_buffer *buffer)
{
	free(buffer->map);
	free(buffer);
}

static void cpu_close(struct v3npu_device *device)
{
	free(device);
}

static const struct v3npu_device_ops cpu_ops = {
	.close = cpu_close,
};

int v3npu_device_open_cpu(struct v3npu_device **device)
{
	struct v3npu_device *cpu = calloc(1, sizeof(*cpu));

	if (!cpu)
		return v3npu_fail(-ENOMEM, "out of memory");
	cpu->ops = &cpu_ops;
	strcpy(cpu->info.name, "cpu");
	*device = cpu;
	return 0;
}
