/* SPDX-License-Identifier: MIT */
/*
 * libv3npu: load a model and run it on an NPU.
 *
 *	struct v3npu_device *dev;
 *	struct v3npu_model *model;
 *	struct v3npu_session *s;
 *
 *	v3npu_device_open("accel", &dev);
 *	v3npu_model_load_file(dev, "model.tflite", NULL, &model);
 *	v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &s);
 *	memcpy(v3npu_session_input(s, 0), pixels, size);
 *	v3npu_session_run(s);
 *	use(v3npu_session_output(s, 0));
 *
 * Functions that can fail return 0 or a negative errno; v3npu_error() then
 * gives the calling thread a line that says what happened and what to do.
 * A device may be used from several threads; a session from one at a time.
 * Free sessions before their model and models before their device.
 */
#ifndef V3NPU_H
#define V3NPU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct v3npu_device;
struct v3npu_model;
struct v3npu_session;

/* The calling thread's last error as one line, never NULL */
const char *v3npu_error(void);

/**
 * v3npu_device_open() - open an NPU
 * @spec: "accel" (the first V3NPU), "accel:N" (the N-th V3NPU, from 0), a device node's path,
 *	"cpu" (no NPU: all operators run on the CPU),
 *	"sim" or "sim:macs=512,sram=384K,dram-mbps=3750,clock-mhz=1000,threads=2": the
 *	engine library in this process
 * @device: the result
 *
 * With no device, the error says which of the usual causes it is: module not
 * loaded, no permission, firmware missing.
 */
int v3npu_device_open(const char *spec, struct v3npu_device **device);
void v3npu_device_close(struct v3npu_device *device);

/** struct v3npu_device_info - what was opened */
struct v3npu_device_info {
	char name[64];			/* "/dev/accel/accel0", "sim", "cpu" */
	uint32_t macs;			/* a cycle; 0 for "cpu", as all that follows */
	uint32_t sram_size;
	uint32_t dram_mbps;
	uint32_t dram_latency;
	uint32_t dram_burst;
	uint32_t clock_mhz;
	uint32_t fw_version;		/* 0 for "sim" */
};

void v3npu_device_get_info(const struct v3npu_device *device, struct v3npu_device_info *info);

/** enum v3npu_dtype - element types; those of intermediate tensors are int8 */
enum v3npu_dtype {
	V3NPU_INT8,
	V3NPU_FLOAT32,
	V3NPU_INT32,
	V3NPU_INT64,
};

/** struct v3npu_tensor_info - an input, output or intermediate tensor */
struct v3npu_tensor_info {
	const char *name;		/* valid while the model is */
	int index;			/* in the model file */
	int rank;
	uint32_t dim[6];
	float scale;			/* of int8: real = scale * (q - zero_point) */
	int32_t zero_point;
	size_t size;			/* bytes, dense */
	enum v3npu_dtype dtype;
};

/** struct v3npu_model_options - NULL for defaults, zero-initialize for later fields */
struct v3npu_model_options {
	int keep_tensors;		/* intermediate tensors can be read after a run */
};

/** struct v3npu_model_info - a loaded model */
struct v3npu_model_info {
	const char *metadata;		/* text from the file, NULL if none */
	size_t inputs;
	size_t outputs;
	size_t tensors;			/* intermediate tensors kept */
	uint32_t operators;
	uint32_t commands;
	uint64_t macs;
	uint64_t arena_size;
	uint64_t consts_size;
	double compile_ms;
	uint32_t operators_npu;		/* of a run, once unrolled products are one operator */
	uint32_t operators_cpu;
	uint32_t pieces;		/* that run one after another, on the NPU and on the CPU */
};

int v3npu_model_load_file(struct v3npu_device *device, const char *path,
			  const struct v3npu_model_options *options, struct v3npu_model **model);
int v3npu_model_load(struct v3npu_device *device, const void *data, size_t size,
		     const struct v3npu_model_options *options, struct v3npu_model **model);
void v3npu_model_free(struct v3npu_model *model);
void v3npu_model_get_info(const struct v3npu_model *model, struct v3npu_model_info *info);
int v3npu_model_input_info(const struct v3npu_model *model, size_t k,
			   struct v3npu_tensor_info *info);
int v3npu_model_output_info(const struct v3npu_model *model, size_t k,
			    struct v3npu_tensor_info *info);
int v3npu_model_tensor_info(const struct v3npu_model *model, size_t k,
			    struct v3npu_tensor_info *info);

enum v3npu_priority {
	V3NPU_PRIORITY_LOW,
	V3NPU_PRIORITY_NORMAL,
	V3NPU_PRIORITY_HIGH,
	V3NPU_PRIORITY_REALTIME,
};

/* A session: a context on the NPU with buffers of its own for one inference at a time */
int v3npu_session_create(struct v3npu_model *model, enum v3npu_priority priority,
			 struct v3npu_session **session);
void v3npu_session_free(struct v3npu_session *session);

/*
 * The mapped bytes of input or output k; NULL if there is no such tensor, or if
 * the input is a dma-buf. Not while a run is going on.
 */
void *v3npu_session_input(struct v3npu_session *session, size_t k);
const void *v3npu_session_output(struct v3npu_session *session, size_t k);

/* Copies intermediate tensor k, dense, to out (its info's size bytes) */
int v3npu_session_read_tensor(struct v3npu_session *session, size_t k, void *out);

/*
 * Use a dma-buf as input k from the next run on (at least its size); fd stays
 * the caller's. A run starts when the writers' fences in it have signalled.
 * -ENOTSUP if the CPU reads the input.
 */
int v3npu_session_set_input_dmabuf(struct v3npu_session *session, size_t k, int fd);

int v3npu_session_run(struct v3npu_session *session);

/* Starts a run and returns; exactly one v3npu_session_wait() follows */
int v3npu_session_submit(struct v3npu_session *session);

/* timeout_ms < 0 waits without limit; -ETIMEDOUT: not done, wait again */
int v3npu_session_wait(struct v3npu_session *session, int timeout_ms);

/** struct v3npu_run_stats - the last finished run */
struct v3npu_run_stats {
	double wall_ms;			/* submit to fence, or to the end of the last piece */
	uint64_t cycles;
	uint64_t macs;
	uint64_t dram_read;
	uint64_t dram_write;
	uint64_t sram_read;
	uint64_t sram_write;
	uint64_t commands;
	uint32_t operators_npu;
	uint32_t operators_cpu;
	double cpu_ms;			/* of wall_ms, in pieces on the CPU */
};

int v3npu_session_get_stats(struct v3npu_session *session, struct v3npu_run_stats *stats);

/** enum v3npu_unit - what of the datapath executes a command */
enum v3npu_unit {
	V3NPU_UNIT_MAC_ARRAY,
	V3NPU_UNIT_VECTOR,
};

/** struct v3npu_profile_cmd - what a command costs, by the cycle model */
struct v3npu_profile_cmd {
	uint32_t op;			/* number of its operator in the file */
	const char *op_name;		/* "CONV_2D"; the opcode's name, of a .v3m file's */
	const char *opcode;		/* "conv" */
	enum v3npu_unit unit;
	uint64_t start;			/* cycles of the commands before it */
	uint64_t cycles;
	uint64_t macs;
	uint64_t dram_read;		/* bytes; so are all that follow */
	uint64_t dram_write;
	uint64_t sram_read;
	uint64_t sram_write;
	uint64_t sram_used;		/* hold something while it runs; 0 of a .v3m file's */
};

/**
 * v3npu_model_profile() - what each command of an inference costs the NPU
 * @model: a model with a piece for the NPU
 * @cmds: in the order in which they run, for free(); names are valid while the model is
 * @count: how many
 *
 * The costs depend on the model and the NPU's properties alone, so nothing
 * has to run for them; a run's counters are their sums.
 */
int v3npu_model_profile(const struct v3npu_model *model, struct v3npu_profile_cmd **cmds,
			size_t *count);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* V3NPU_H */
