/* SPDX-License-Identifier: MIT */
/* The simulator's insides: its contexts and jobs (device_sim.c), its memory (sim_buffer.c) */
#ifndef V3NPU_SIM_H
#define V3NPU_SIM_H

#include <pthread.h>
#include <stdatomic.h>

#include "libv3npu/done.h"
#include "libv3npu/internal.h"
#include "model/engine.h"

/**
 * struct sim_buffer - memory of the simulated NPU
 * @base: what the runtime sees
 * @host: the memory
 * @mapped: bytes at @host
 * @readonly: no job may write it
 * @memfd: file of a buffer that was exported; -1 without one
 * @dev: device of an imported or exported buffer's file; with @ino what tells files apart
 * @ino: 0 of a buffer that is neither
 * @users: sessions that have it
 * @next: in the device's list, by address
 */
struct sim_buffer {
	struct v3npu_buffer base;
	void *host;
	size_t mapped;
	bool readonly;
	int memfd;
	dev_t dev;
	ino_t ino;
	unsigned int users;
	struct sim_buffer *next;
};

enum sim_state {
	SIM_IDLE,
	SIM_QUEUED,
	SIM_RUNNING,
	SIM_DONE,
};

struct sim_context {
	struct v3npu_context base;
	enum v3npu_priority priority;
	enum sim_state state;
	struct sim_context *next;	/* in the device's queue */
	uint64_t number;		/* of the job: it is after those of lower numbers */
	atomic_bool abort;
	bool cancelled;			/* the job ends, or has ended, before its end */
	struct v3npu_done done;

	/* The job, and how it ended */
	uint64_t cmds;
	uint32_t cmds_size;
	const struct v3npu_buffer_ref *refs;
	size_t ref_count;
	double submit_ms;
	struct v3npu_fault fault;
	struct v3npu_run_stats stats;
};

struct sim_device {
	struct v3npu_device base;
	struct v3npu_engine *engine;
	pthread_t worker;
	pthread_mutex_t lock;		/* for all below and the contexts' state */
	pthread_cond_t work;		/* a job was queued, or stop was set */
	pthread_cond_t done;		/* a job is done */
	bool stop;
	uint64_t submitted;		/* jobs so far */
	struct sim_context *queue[V3NPU_PRIORITY_REALTIME + 1];
	struct sim_buffer *buffers;
};

static inline struct sim_device *to_sim(struct v3npu_device *device)
{
	return (struct sim_device *)device;
}

/* As the functions of struct v3npu_device_ops */
int v3npu_sim_buffer_new(struct v3npu_device *device, size_t size, bool readonly,
			 struct v3npu_buffer **buffer);
int v3npu_sim_buffer_import(struct v3npu_device *device, int fd, size_t size, bool readonly,
			    struct v3npu_buffer **buffer);
int v3npu_sim_buffer_export(struct v3npu_device *device, struct v3npu_buffer *buffer, int *fd);
void v3npu_sim_buffer_free(struct v3npu_device *device, struct v3npu_buffer *buffer);

#endif /* V3NPU_SIM_H */
