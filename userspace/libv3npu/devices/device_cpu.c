// SPDX-License-Identifier: MIT
/* No NPU at all, and memory that only the CPU reaches */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libv3npu/internal.h"

#define CPU_THREADS_MAX	256
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

/* "threads=N", the only property that there is */
static int parse_threads(const char *args, uint32_t *threads)
{
	char *end;
	unsigned long n;

	if (strncmp(args, "threads=", 8))
		return v3npu_fail(-EINVAL, "cpu: no property '%s'; there is threads=number", args);
	args += 8;
	n = strtoul(args, &end, 10);
	if (!isdigit((unsigned char)*args) || *end || n < 1 || n > CPU_THREADS_MAX)
		return v3npu_fail(-EINVAL, "cpu: threads=%s is not a number from 1 to %d", args,
				  CPU_THREADS_MAX);
	*threads = n;
	return 0;
}

int v3npu_device_open_cpu(const char *args, struct v3npu_device **device)
{
	struct v3npu_device *cpu;
	uint32_t threads = 0;
	int ret = args ? parse_threads(args, &threads) : 0;

	if (ret)
		return ret;
	cpu = calloc(1, sizeof(*cpu));
	if (!cpu)
		return v3npu_fail(-ENOMEM, "out of memory");
	cpu->ops = &cpu_ops;
	cpu->cpu_threads = threads;
	strcpy(cpu->info.name, "cpu");
	*device = cpu;
	return 0;
}
