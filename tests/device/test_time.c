// SPDX-License-Identifier: MIT
/* The estimate of a command's time is above what it takes with the slowest kernels in one thread */
#include <math.h>
#include <string.h>
#include <time.h>

#include "hw.h"
#include "tap.h"

/* All addresses are these bytes, a page at a time */
static uint8_t page[V3NPU_PAGE_SIZE];

static void *map_page(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	(void)opaque;
	(void)want;
	(void)write;
	*run = sizeof(page) - addr % sizeof(page);
	return page + addr % sizeof(page);
}

static const struct v3npu_memory memory = { .map = map_page };

static struct v3npu_tensor dense(uint64_t addr, uint32_t h, uint32_t w, uint32_t c)
{
	return (struct v3npu_tensor) { addr, { 1, h, w, c }, { h * w * c, w * c, c, 1 } };
}

/* The same, channel by channel */
static struct v3npu_tensor planar(uint64_t addr, uint32_t h, uint32_t w, uint32_t c)
{
	return (struct v3npu_tensor) { addr, { 1, h, w, c }, { h * w * c, w, 1, h * w } };
}

#define IN	0x100000
#define OUT	0x100000000ull
#define TRIES	20

static struct v3npu_cmd_conv conv(struct v3npu_tensor in, struct v3npu_tensor out,
				  uint16_t kernel_h, uint16_t kernel_w)
{
	return (struct v3npu_cmd_conv) {
		.hdr = { .opcode = V3NPU_OP_CONV, .size = sizeof(struct v3npu_cmd_conv) },
		.in = in, .out = out, .output = { .min = -128, .max = 127 },
		.weights = IN, .kernel = { kernel_h, kernel_w },
		.stride = { 1, 1 }, .dilation = { 1, 1 }, .groups = 1,
	};
}

static struct v3npu_cmd_pool pool(struct v3npu_tensor in, struct v3npu_tensor out,
				  uint16_t kernel_h, uint16_t kernel_w)
{
	return (struct v3npu_cmd_pool) {
		.hdr = { .opcode = V3NPU_OP_POOL, .size = sizeof(struct v3npu_cmd_pool) },
		.in = in, .out = out, .kernel = { kernel_h, kernel_w }, .stride = { 1, 1 },
		.op = V3NPU_POOL_AVG, .min = -128, .max = 127,
	};
}

/* Time of this process's processors, so that others do not count */
static double cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static void expect_within(struct v3npu_engine *engine, const void *cmd, size_t size,
			  const char *what)
{
	_Alignas(8) uint8_t padded[V3NPU_CMD_MAX_SIZE] = { 0 };
	struct v3npu_counters counters;
	uint64_t estimate, fault;
	double took = INFINITY;
	int i;

	memcpy(padded, cmd, size);
	estimate = v3npu_cmd_time(padded, 1u << 20);
	/* Some of a busy machine's own work counts as the program's, but not each time */
	for (i = 0; i < TRIES && took > estimate; i++) {
		double start = cpu_ns();

		if (v3npu_engine_run(engine, padded, &memory, NULL, &counters, &fault) !=
		    V3NPU_RESULT_DONE)
			tap_bail("%s: did not run", what);
		took = fmin(took, cpu_ns() - start);
	}
	tap_ok(took <= estimate, "time: %s", what);
	tap_note("%.1f ms, %.1f ms at most", took / 1e6, estimate / 1e6);
}

#define EXPECT_WITHIN(cmd, what)	expect_within(engine, &(cmd), sizeof(cmd), what)

int main(void)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	struct v3npu_engine *engine;
	struct v3npu_cmd_conv c;
	struct v3npu_cmd_pool p;
	struct v3npu_cmd_matmul m = {
		.hdr = { .opcode = V3NPU_OP_MATMUL, .size = sizeof(m) },
		.output = { .min = -128, .max = 127, .flags = V3NPU_OUTPUT_PER_TENSOR },
	};
	struct v3npu_cmd_copy copy = {
		.hdr = { .opcode = V3NPU_OP_COPY, .size = sizeof(copy) },
	};
	struct v3npu_cmd_resize r = {
		.hdr = { .opcode = V3NPU_OP_RESIZE, .size = sizeof(r) },
		.mode = V3NPU_RESIZE_BILINEAR,
	};

	config.threads = 1;
	config.kernel = "c";
	engine = v3npu_engine_new(&config, NULL, NULL, NULL);
	if (!engine)
		tap_bail("no engine");

	c = conv(dense(IN, 40, 40, 64), dense(OUT, 38, 38, 64), 3, 3);
	EXPECT_WITHIN(c, "a usual convolution");
	c = conv(dense(IN, 40, 40, 256), dense(OUT, 38, 38, 256), 3, 3);
	c.groups = 256;
	EXPECT_WITHIN(c, "a depthwise convolution");
	c = conv(dense(IN, 1, 4096, 1), dense(OUT, 1, 4096, 16), 1, 1);
	EXPECT_WITHIN(c, "a convolution of depth 1");
	c = conv(dense(IN, 400, 400, 1), dense(OUT, 337, 40, 1), 65, 9);
	c.stride[1] = 9;
	EXPECT_WITHIN(c, "windows that are gathered tap by tap");
	c = conv(planar(IN, 80, 80, 64), planar(OUT, 78, 78, 16), 3, 3);
	EXPECT_WITHIN(c, "a convolution of planes");
	p = pool(dense(IN, 2000, 1, 1), dense(OUT, 1500, 1, 1), 500, 1);
	EXPECT_WITHIN(p, "pooling of a column");
	p = pool(dense(IN, 40, 40, 64), dense(OUT, 36, 36, 64), 5, 5);
	EXPECT_WITHIN(p, "usual pooling");
	m.a = planar(IN, 1, 64, 2048);
	m.b = planar(IN, 1, 200, 2048);
	m.out = dense(OUT, 1, 64, 200);
	EXPECT_WITHIN(m, "a product of transposed operands");
	copy.in = dense(IN, 1, 512, 512);
	copy.in.stride[3] = 5000;
	copy.out = dense(OUT, 1, 512, 512);
	EXPECT_WITHIN(copy, "a copy of elements in a page each");
	r.in = planar(IN, 40, 40, 64);
	r.out = dense(OUT, 80, 80, 64);
	EXPECT_WITHIN(r, "resizing");

	v3npu_engine_free(engine);
	return tap_done();
}
