// SPDX-License-Identifier: MIT
/*
 * The simulator: the NPU's datapath in this process. A worker thread takes the
 * place of the firmware: it takes jobs by priority and walks their commands.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drm/v3npu_accel.h"
#include "sim.h"
#include "v3npu/cmd_check.h"

/* The engine's view of memory: only the buffers that the job lists */
static void *map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	const struct sim_context *ctx = opaque;
	size_t i;

	(void)want;
	for (i = 0; i < ctx->ref_count; i++) {
		const struct sim_buffer *b = (const struct sim_buffer *)ctx->refs[i].buffer;

		if (addr < b->base.va || addr - b->base.va >= b->base.size)
			continue;
		if (write && b->readonly)
			return NULL;
		*run = b->base.size - (addr - b->base.va);
		return (char *)b->host + (addr - b->base.va);
	}
	return NULL;
}

/* Copies one command, as far as it lies in memory; returns how many bytes that are */
static size_t fetch(struct sim_context *ctx, uint64_t addr, void *cmd, size_t want)
{
	size_t run;
	const void *p = map(ctx, addr, want, false, &run);

	if (!p)
		return 0;
	if (run < want)
		want = run;
	memcpy(cmd, p, want);
	return want;
}

static void add_counters(struct v3npu_run_stats *stats, const struct v3npu_counters *c)
{
	stats->cycles += c->cycles;
	stats->macs += c->macs;
	stats->dram_read += c->dram_read;
	stats->dram_write += c->dram_write;
	stats->sram_read += c->sram_read;
	stats->sram_write += c->sram_write;
	stats->commands++;
}

/* Walks the job's commands as the firmware does: copy, check the copy, use the copy */
static void run_job(struct sim_device *sim, struct sim_context *ctx)
{
	_Alignas(8) uint8_t cmd[V3NPU_CMD_MAX_SIZE];
	const struct v3npu_cmd_hdr *hdr = (const void *)cmd;
	struct v3npu_memory memory = { ctx, map };
	struct v3npu_fault *fault = &ctx->fault;
	struct v3npu_counters counters;
	uint32_t pos, got;
	int ret;

	for (pos = 0; pos < ctx->cmds_size && !atomic_load(&ctx->abort); pos += hdr->size) {
		uint32_t left = ctx->cmds_size - pos;

		memset(cmd, 0, sizeof(cmd));
		got = fetch(ctx, ctx->cmds + pos, cmd, left < sizeof(cmd) ? left : sizeof(cmd));
		if (got < sizeof(*hdr)) {
			fault->kind = DRM_V3NPU_FAULT_FETCH;
			fault->va = ctx->cmds + pos;
			return;
		}
		fault->cmd_opcode = hdr->opcode;
		fault->cmd_tag = hdr->tag;
		ret = v3npu_cmd_check(cmd, got, sim->base.info.sram_size);
		if (ret) {
			fault->kind = DRM_V3NPU_FAULT_CMD;
			fault->detail = -ret;
			return;
		}
		switch (v3npu_engine_run(sim->engine, cmd, &memory, &ctx->abort, &counters,
					 &fault->va)) {
		case V3NPU_RESULT_DONE:
			break;
		case V3NPU_RESULT_FAULT:
			fault->kind = DRM_V3NPU_FAULT_MMU;
			return;
		case V3NPU_RESULT_ILLEGAL:
			fault->kind = DRM_V3NPU_FAULT_CMD;
			return;
		case V3NPU_RESULT_ABORTED:
			return;
		}
		add_counters(&ctx->stats, &counters);
		fault->cmd_index++;
	}
}

/* Whether two jobs use a buffer which either writes */
static bool share(const struct sim_context *a, const struct sim_context *b)
{
	size_t i, k;

	for (i = 0; i < a->ref_count; i++)
		for (k = 0; k < b->ref_count; k++)
			if (a->refs[i].buffer == b->refs[k].buffer &&
			    (a->refs[i].write || b->refs[k].write))
				return true;
	return false;
}

/* Whether no queued job has to be before this one; as the driver does by buffers' fences */
static bool is_ready(const struct sim_device *sim, const struct sim_context *ctx)
{
	const struct sim_context *other;
	int p;

	for (p = V3NPU_PRIORITY_LOW; p <= V3NPU_PRIORITY_REALTIME; p++)
		for (other = sim->queue[p]; other; other = other->next)
			if (other->number < ctx->number && share(other, ctx))
				return false;
	return true;
}

/* The first of the highest priority that is ready; the first of all jobs always is */
static struct sim_context *take_job(struct sim_device *sim)
{
	struct sim_context **ctx, *taken;
	int p;

	for (p = V3NPU_PRIORITY_REALTIME; p >= V3NPU_PRIORITY_LOW; p--) {
		for (ctx = &sim->queue[p]; *ctx; ctx = &(*ctx)->next) {
			if (!is_ready(sim, *ctx))
				continue;
			taken = *ctx;
			*ctx = taken->next;
			return taken;
		}
	}
	return NULL;
}

/* The device is locked */
static void finish(struct sim_device *sim, struct sim_context *ctx)
{
	ctx->state = SIM_DONE;
	v3npu_done_signal(&ctx->done);
	pthread_cond_broadcast(&sim->done);
}

static void *worker(void *arg)
{
	struct sim_device *sim = arg;
	struct sim_context *ctx;

	pthread_mutex_lock(&sim->lock);
	while (!sim->stop) {
		ctx = take_job(sim);
		if (!ctx) {
			pthread_cond_wait(&sim->work, &sim->lock);
			continue;
		}
		ctx->state = SIM_RUNNING;
		pthread_mutex_unlock(&sim->lock);
		run_job(sim, ctx);
		ctx->stats.wall_ms = v3npu_now_ms() - ctx->submit_ms;
		pthread_mutex_lock(&sim->lock);
		finish(sim, ctx);
	}
	pthread_mutex_unlock(&sim->lock);
	return NULL;
}

static int sim_context_new(struct v3npu_device *device, enum v3npu_priority priority,
			   struct v3npu_context **context)
{
	struct sim_context *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return v3npu_fail(-ENOMEM, "out of memory");
	ctx->base.device = device;
	ctx->priority = priority;
	ctx->done.fd = -1;
	*context = &ctx->base;
	return 0;
}

static void unqueue(struct sim_device *sim, struct sim_context *ctx)
{
	struct sim_context **p;

	for (p = &sim->queue[ctx->priority]; *p != ctx; p = &(*p)->next)
		;
	*p = ctx->next;
}

/* The device is locked */
static void cancel(struct sim_device *sim, struct sim_context *ctx)
{
	if (ctx->state != SIM_QUEUED && ctx->state != SIM_RUNNING)
		return;
	ctx->cancelled = true;
	atomic_store(&ctx->abort, true);
	if (ctx->state == SIM_QUEUED) {
		unqueue(sim, ctx);
		finish(sim, ctx);
	}
}

static void sim_cancel(struct v3npu_context *context)
{
	struct sim_device *sim = to_sim(context->device);

	pthread_mutex_lock(&sim->lock);
	cancel(sim, (struct sim_context *)context);
	pthread_mutex_unlock(&sim->lock);
}

static void sim_context_free(struct v3npu_context *context)
{
	struct sim_device *sim = to_sim(context->device);
	struct sim_context *ctx = (struct sim_context *)context;

	pthread_mutex_lock(&sim->lock);
	cancel(sim, ctx);
	while (ctx->state == SIM_RUNNING)
		pthread_cond_wait(&sim->done, &sim->lock);
	pthread_mutex_unlock(&sim->lock);
	v3npu_done_begin(&ctx->done);
	free(ctx);
}

static int sim_submit(struct v3npu_context *context, uint64_t cmds, uint32_t cmds_size,
		      const struct v3npu_buffer_ref *refs, size_t ref_count)
{
	struct sim_device *sim = to_sim(context->device);
	struct sim_context *ctx = (struct sim_context *)context, **p;

	ctx->cmds = cmds;
	ctx->cmds_size = cmds_size;
	ctx->refs = refs;
	ctx->ref_count = ref_count;
	ctx->fault = (struct v3npu_fault) {};
	ctx->stats = (struct v3npu_run_stats) {};
	ctx->next = NULL;
	ctx->submit_ms = v3npu_now_ms();

	pthread_mutex_lock(&sim->lock);
	atomic_store(&ctx->abort, false);
	ctx->cancelled = false;
	v3npu_done_begin(&ctx->done);
	ctx->number = sim->submitted++;
	for (p = &sim->queue[ctx->priority]; *p; p = &(*p)->next)
		;
	*p = ctx;
	ctx->state = SIM_QUEUED;
	pthread_cond_signal(&sim->work);
	pthread_mutex_unlock(&sim->lock);
	return 0;
}

static int sim_fence_fd(struct v3npu_context *context, int *fd)
{
	struct sim_device *sim = to_sim(context->device);
	struct sim_context *ctx = (struct sim_context *)context;
	int ret;

	pthread_mutex_lock(&sim->lock);
	ret = v3npu_done_get(&ctx->done, ctx->state == SIM_DONE || ctx->state == SIM_IDLE, fd);
	pthread_mutex_unlock(&sim->lock);
	return ret;
}

static int sim_wait(struct v3npu_context *context, int timeout_ms, struct v3npu_run_stats *stats)
{
	struct sim_device *sim = to_sim(context->device);
	struct sim_context *ctx = (struct sim_context *)context;
	struct timespec deadline;
	int ret = 0;

	if (timeout_ms >= 0)
		deadline = v3npu_deadline(timeout_ms);
	pthread_mutex_lock(&sim->lock);
	while (ctx->state != SIM_DONE && !ret)
		ret = timeout_ms < 0 ? pthread_cond_wait(&sim->done, &sim->lock) :
				       pthread_cond_timedwait(&sim->done, &sim->lock, &deadline);
	if (ctx->state == SIM_DONE) {
		ctx->state = SIM_IDLE;
		ret = 0;
	}
	pthread_mutex_unlock(&sim->lock);

	if (ret)
		return v3npu_fail(-ETIMEDOUT, "the job is not done yet");
	if (ctx->cancelled)
		return v3npu_fail(-ECANCELED, "job failed: it was cancelled");
	if (ctx->fault.kind)
		return v3npu_fail_job(&ctx->fault);
	*stats = ctx->stats;
	return 0;
}

static void sim_close(struct v3npu_device *device)
{
	struct sim_device *sim = to_sim(device);

	pthread_mutex_lock(&sim->lock);
	sim->stop = true;
	pthread_cond_signal(&sim->work);
	pthread_mutex_unlock(&sim->lock);
	pthread_join(sim->worker, NULL);
	v3npu_engine_free(sim->engine);
	pthread_cond_destroy(&sim->done);
	pthread_cond_destroy(&sim->work);
	pthread_mutex_destroy(&sim->lock);
	free(sim);
}

static const struct v3npu_device_ops sim_ops = {
	.close = sim_close,
	.buffer_new = v3npu_sim_buffer_new,
	.buffer_import = v3npu_sim_buffer_import,
	.buffer_export = v3npu_sim_buffer_export,
	.buffer_free = v3npu_sim_buffer_free,
	.context_new = sim_context_new,
	.context_free = sim_context_free,
	.submit = sim_submit,
	.wait = sim_wait,
	.cancel = sim_cancel,
	.fence_fd = sim_fence_fd,
};

/* One "name=value"; a value may end in K or M */
static int parse_property(char *text, struct v3npu_config *config)
{
	const struct {
		const char *name;
		uint32_t *value;
	} properties[] = {
		{ "macs", &config->macs },
		{ "sram", &config->sram_size },
		{ "dram-mbps", &config->dram_mbps },
		{ "dram-latency", &config->dram_latency },
		{ "dram-burst", &config->dram_burst },
		{ "clock-mhz", &config->clock_mhz },
		{ "threads", &config->threads },
	};
	char *end, *value = strchr(text, '=');
	unsigned long long n;
	size_t i;

	if (!value)
		return v3npu_fail(-EINVAL, "sim: '%s' has no value; write it as name=number", text);
	*value++ = '\0';
	for (i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (!strcmp(text, properties[i].name))
			break;
	if (i == sizeof(properties) / sizeof(properties[0]))
		return v3npu_fail(-EINVAL, "sim: no property '%s'; there are macs, sram, "
				  "dram-mbps, dram-latency, dram-burst, clock-mhz and threads",
				  text);
	n = strtoull(value, &end, 10);
	if (*end == 'K' || *end == 'M')
		n <<= *end++ == 'K' ? 10 : 20;
	if (*value < '0' || *value > '9' || *end || n > UINT32_MAX)
		return v3npu_fail(-EINVAL, "sim: %s=%s is not a number below 4096M; write digits, "
				  "with K or M behind them for 2^10 or 2^20", text, value);
	*properties[i].value = n;
	return 0;
}

static int parse_config(const char *args, struct v3npu_config *config)
{
	char text[256], *save, *property;
	const char *wrong;
	int ret;

	if (strlen(args) >= sizeof(text))
		return v3npu_fail(-EINVAL, "sim: the list of properties is too long");
	strcpy(text, args);
	for (property = strtok_r(text, ",", &save); property;
	     property = strtok_r(NULL, ",", &save)) {
		ret = parse_property(property, config);
		if (ret)
			return ret;
	}
	wrong = v3npu_config_check(config);
	return wrong ? v3npu_fail(-EINVAL, "sim: %s", wrong) : 0;
}

int v3npu_device_open_sim(const char *args, struct v3npu_device **device)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	pthread_condattr_t attr;
	struct sim_device *sim;
	int ret;

	ret = args ? parse_config(args, &config) : 0;
	if (ret)
		return ret;
	sim = calloc(1, sizeof(*sim));
	if (!sim)
		return v3npu_fail(-ENOMEM, "out of memory");
	sim->base.ops = &sim_ops;
	sim->base.has_npu = true;
	sim->base.info = (struct v3npu_device_info) {
		.name = "sim",
		.macs = config.macs,
		.sram_size = config.sram_size,
		.dram_mbps = config.dram_mbps,
		.dram_latency = config.dram_latency,
		.dram_burst = config.dram_burst,
		.clock_mhz = config.clock_mhz,
	};
	sim->base.sram_va = V3NPU_VA_SRAM;
	/* For measurements of kernels that are not this processor's best */
	config.kernel = getenv("V3NPU_KERNEL");
	sim->engine = v3npu_engine_new(&config, NULL, NULL, NULL);
	if (!sim->engine) {
		ret = v3npu_fail(-errno, "cannot start the simulator: %s", strerror(errno));
		goto err_free;
	}
	pthread_mutex_init(&sim->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&sim->work, NULL);
	pthread_cond_init(&sim->done, &attr);
	pthread_condattr_destroy(&attr);
	ret = -pthread_create(&sim->worker, NULL, worker, sim);
	if (ret) {
		v3npu_fail(ret, "cannot start the simulator: %s", strerror(-ret));
		goto err_engine;
	}
	*device = &sim->base;
	return 0;

err_engine:
	pthread_cond_destroy(&sim->done);
	pthread_cond_destroy(&sim->work);
	pthread_mutex_destroy(&sim->lock);
	v3npu_engine_free(sim->engine);
err_free:
	free(sim);
	return ret;
}
