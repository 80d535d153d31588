/* SPDX-License-Identifier: MIT */
/*
 * What the files of libv3npu share: errors, buffers, and the operations that
 * a real NPU (device_accel.c) and the simulator (device_sim.c) both have.
 */
#ifndef V3NPU_INTERNAL_H
#define V3NPU_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "compiler/split.h"
#include "cpu/cpu.h"
#include "v3npu.h"

/* Sets the calling thread's error line; returns @err, a negative errno */
int v3npu_fail(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Milliseconds of CLOCK_MONOTONIC */
double v3npu_now_ms(void);

/* The time of CLOCK_MONOTONIC in @timeout_ms milliseconds */
struct timespec v3npu_deadline(int timeout_ms);

/**
 * struct v3npu_buffer - memory that the NPU can reach
 * @map: the caller's view of it; NULL for an imported dma-buf
 * @size: bytes
 * @va: NPU address
 */
struct v3npu_buffer {
	void *map;
	size_t size;
	uint64_t va;
};

/** struct v3npu_buffer_ref - a buffer that a job uses */
struct v3npu_buffer_ref {
	struct v3npu_buffer *buffer;
	bool write;
};

/** struct v3npu_fault - why a job failed; the fields of struct drm_v3npu_ctx_query */
struct v3npu_fault {
	uint32_t kind;			/* enum drm_v3npu_fault */
	uint64_t va;
	uint32_t cmd_index;
	uint32_t cmd_opcode;
	uint32_t cmd_tag;
	uint32_t detail;
};

/* Sets the error line for a failed job; returns the negative errno of its kind */
int v3npu_fail_job(const struct v3npu_fault *fault);

/* A queue of jobs on a device, at most one of them unfinished */
struct v3npu_context {
	struct v3npu_device *device;
};

/**
 * struct v3npu_device_ops - what a kind of device does
 * @close: frees the device; all that a device without an NPU has
 * @buffer_new: makes a zeroed buffer; @readonly: the NPU can only read it
 * @buffer_import: makes a buffer of a dma-buf of at least @size bytes, or finds the one
 *	that there is; @readonly: no job of the caller writes it
 * @buffer_export: makes a dma-buf of a buffer that was not imported, for the caller to close;
 *	no unfinished job may use the buffer. Its address and its map stay
 * @buffer_free: no unfinished job may use it, but for others' jobs that share it
 * @context_new: makes a context
 * @context_free: ends its unfinished job first
 * @submit: starts a job; @refs lists every buffer it uses, the one with the
 *	commands too, and stays valid until the job is done
 * @wait: -ETIMEDOUT if the job is not done after @timeout_ms (< 0: no limit),
 *	otherwise how it ended
 * @cancel: ends the job, if there is one, early; @wait still follows. A job that was done
 *	already may be one that failed, then. At any time from any thread
 * @fence_fd: makes a descriptor that becomes readable when the job is done, for the caller
 *	to close
 *
 * Jobs wait for those submitted before them that use a buffer which either writes.
 *
 * All but @close may be called from several threads, but for @cancel one at a time for
 * each context. Failures set the error line.
 */
struct v3npu_device_ops {
	void (*close)(struct v3npu_device *device);
	int (*buffer_new)(struct v3npu_device *device, size_t size, bool readonly,
			  struct v3npu_buffer **buffer);
	int (*buffer_import)(struct v3npu_device *device, int fd, size_t size, bool readonly,
			     struct v3npu_buffer **buffer);
	int (*buffer_export)(struct v3npu_device *device, struct v3npu_buffer *buffer, int *fd);
	void (*buffer_free)(struct v3npu_device *device, struct v3npu_buffer *buffer);
	int (*context_new)(struct v3npu_device *device, enum v3npu_priority priority,
			   struct v3npu_context **context);
	void (*context_free)(struct v3npu_context *context);
	int (*submit)(struct v3npu_context *context, uint64_t cmds, uint32_t cmds_size,
		      const struct v3npu_buffer_ref *refs, size_t ref_count);
	int (*wait)(struct v3npu_context *context, int timeout_ms, struct v3npu_run_stats *stats);
	void (*cancel)(struct v3npu_context *context);
	int (*fence_fd)(struct v3npu_context *context, int *fd);
};

/**
 * struct v3npu_device - an open device
 * @ops: what its kind does
 * @has_npu: false for "cpu", which has no buffers nor contexts
 * @info: for the user
 * @sram_va: address of the NPU's on-chip memory
 * @cpu_threads: of what runs on the CPU; 0: one for each processor
 */
struct v3npu_device {
	const struct v3npu_device_ops *ops;
	bool has_npu;
	struct v3npu_device_info info;
	uint64_t sram_va;
	uint32_t cpu_threads;
};

/**
 * struct v3npu_piece - a piece of a model: either @npu or @cpu is not NULL
 * @npu: program for the NPU
 * @consts: its constants, where the NPU can read them; NULL if there are none
 * @cpu: program for the CPU
 * @input_slots: slot of each input
 * @output_slots: slot of each output
 */
struct v3npu_piece {
	const struct v3c_program *npu;
	struct v3npu_buffer *consts;
	struct v3cpu_program *cpu;
	const uint32_t *input_slots;
	const uint32_t *output_slots;
};

/**
 * struct v3npu_slot - a tensor between pieces, or of the user
 * @tensor: what it is
 * @npu: the NPU uses it
 * @cpu: the CPU does
 */
struct v3npu_slot {
	const struct v3c_tensor *tensor;
	bool npu;
	bool cpu;
};

/**
 * struct v3npu_model - a loaded model
 * @device: it runs on, as far as it can
 * @split: the compiled model
 * @pieces: @split->piece_count of them, in execution order
 * @slots: @split->slot_count of them, the model's inputs first
 * @threads: of the CPU's pieces; NULL if there are none
 * @has_npu: there is a piece for the NPU
 * @has_cpu: there is a piece for the CPU
 * @operators_npu: of a run
 * @operators_cpu: of a run
 * @compile_ms: time it took
 */
struct v3npu_model {
	struct v3npu_device *device;
	struct v3c_split *split;
	struct v3npu_piece *pieces;
	struct v3npu_slot *slots;
	struct pthreadpool *threads;
	bool has_npu;
	bool has_cpu;
	uint32_t operators_npu;
	uint32_t operators_cpu;
	double compile_ms;
};

/* Bytes of a tensor, dense */
size_t v3npu_tensor_size(const struct v3c_tensor *tensor);

/* Finds kept intermediate tensor @k, and the piece that makes it; NULL if there are fewer */
const struct v3c_tensor *v3npu_find_tensor(const struct v3npu_model *model, size_t k,
					   size_t *piece);

/* A zeroed buffer that only the CPU can reach */
int v3npu_host_buffer_new(size_t size, struct v3npu_buffer **buffer);
void v3npu_host_buffer_free(struct v3npu_buffer *buffer);

/* The kinds of devices; @args is what follows "sim:" or "cpu:", or NULL */
int v3npu_device_open_accel(const char *node, struct v3npu_device **device);
int v3npu_device_open_cpu(const char *args, struct v3npu_device **device);
int v3npu_device_open_sim(const char *args, struct v3npu_device **device);

#define V3NPU_NODE_SIZE 32

/**
 * v3npu_find_node() - find the @n-th V3NPU's device node
 * @root: in front of /sys, /dev and /lib; "" but for tests
 * @n: from 0
 * @node: the result, without @root
 *
 * Return: 0, or -ENODEV with an error line that names the cause.
 */
int v3npu_find_node(const char *root, unsigned int n, char node[V3NPU_NODE_SIZE]);

/* As v3npu_device_list(), with @root as v3npu_find_node() has it */
int v3npu_list_device(const char *root, size_t k, struct v3npu_device_desc *desc);

/* Sets the error line for a node that could not be opened; returns -@err */
int v3npu_fail_open(const char *node, int err);

#endif /* V3NPU_INTERNAL_H */
