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
 * A device and a model may be used from several threads; a session from one at
 * a time, but for v3npu_session_cancel(). Free sessions before their model and
 * models before their device.
 *
 * Structures that the caller has begin with their size, so that they can grow:
 *
 *	struct v3npu_model_info info = { .struct_size = sizeof(info) };
 *
 * A structure smaller than this library's is filled as far as it goes; one that is
 * larger, of a newer header, keeps what it had in the fields that this library does
 * not know. -EINVAL if struct_size is not set; -E2BIG if a field is set that this
 * library does not know and cannot heed.
 */
#ifndef V3NPU_H
#define V3NPU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* The release that this header is of; v3npu_version() tells that of the library */
#define V3NPU_VERSION_MAJOR	1
#define V3NPU_VERSION_MINOR	1
#define V3NPU_VERSION_PATCH	0

/* For comparisons: #if V3NPU_VERSION >= V3NPU_MAKE_VERSION(1, 2, 0) */
#define V3NPU_MAKE_VERSION(major, minor, patch)	((major) << 16 | (minor) << 8 | (patch))
#define V3NPU_VERSION \
	V3NPU_MAKE_VERSION(V3NPU_VERSION_MAJOR, V3NPU_VERSION_MINOR, V3NPU_VERSION_PATCH)

struct v3npu_analysis;
struct v3npu_device;
struct v3npu_model;
struct v3npu_profile;
struct v3npu_session;

/**
 * v3npu_error() - the calling thread's last error
 *
 * Return: one line, never NULL; valid until the thread's next error.
 */
const char *v3npu_error(void);

/**
 * v3npu_version() - the library's release
 *
 * Return: text such as "1.0.0".
 */
const char *v3npu_version(void);

/**
 * enum v3npu_log_level - how much the library tells about its work
 * @V3NPU_LOG_LEVEL_NONE: nothing, the default: v3npu_error() has what went wrong
 * @V3NPU_LOG_LEVEL_ERROR: what failed: devices, models, sessions, runs
 * @V3NPU_LOG_LEVEL_INFO: and devices that were opened, models that were compiled
 * @V3NPU_LOG_LEVEL_DEBUG: and each session and run
 */
enum v3npu_log_level {
	V3NPU_LOG_LEVEL_NONE,
	V3NPU_LOG_LEVEL_ERROR,
	V3NPU_LOG_LEVEL_INFO,
	V3NPU_LOG_LEVEL_DEBUG,
};

/**
 * typedef v3npu_log_fn - takes a line of the log
 * @data: as given to v3npu_set_log()
 * @level: of the line
 * @line: text without a line end; valid during the call
 *
 * One call at a time, from any thread that uses the library. It must not call the library.
 */
typedef void (*v3npu_log_fn)(void *data, enum v3npu_log_level level, const char *line);

/**
 * v3npu_set_log() - say where the log goes
 * @level: the last level that is wanted
 * @fn: takes lines; NULL: they go to standard error
 * @data: for @fn
 *
 * For the whole process, from now on; the function before is not called any more once
 * this returns. Without it environment variable V3NPU_LOG names the level: none, error,
 * info or debug.
 */
void v3npu_set_log(enum v3npu_log_level level, v3npu_log_fn fn, void *data);

/**
 * enum v3npu_device_kind - what computes
 * @V3NPU_KIND_ACCEL: an NPU, behind the driver
 * @V3NPU_KIND_SIM: the NPU's engines in this process, to the same bytes
 * @V3NPU_KIND_CPU: the CPU, in float32
 */
enum v3npu_device_kind {
	V3NPU_KIND_ACCEL,
	V3NPU_KIND_SIM,
	V3NPU_KIND_CPU,
};

/** struct v3npu_device_desc - a device that can be opened */
struct v3npu_device_desc {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	char spec[64];			/* for v3npu_device_open() */
	enum v3npu_device_kind kind;	/* what computes */
	int status;			/* 0, or why the caller may not open it: -EACCES */
	char text[64];			/* for people: "V3NPU at 0000:00:04.0" */
};

/**
 * v3npu_device_list() - which devices there are
 * @k: from 0: the NPUs of this machine, then the simulator, then the CPU
 * @desc: the result; its struct_size is set
 *
 * Nothing is opened. NPUs can come and go between two calls.
 *
 * Return: 0, -ERANGE if there is no number @k, -EINVAL if struct_size is not set.
 */
int v3npu_device_list(size_t k, struct v3npu_device_desc *desc);

/**
 * v3npu_device_open() - open an NPU
 * @spec: "accel" (the first V3NPU), "accel:N" (the N-th V3NPU, from 0), a device node's path,
 *	"cpu" or "cpu:threads=4" (no NPU: all operators run on the CPU, without a number in
 *	one thread for each processor),
 *	"sim" or "sim:macs=512,sram=384K,dram-mbps=3750,clock-mhz=1000,threads=2": the
 *	engine library in this process
 * @device: the result, for v3npu_device_close(); NULL on failure
 *
 * With no device, the error says which of the usual causes it is: module not
 * loaded, no permission, firmware missing.
 *
 * Return: 0, -EINVAL for a @spec that means nothing, -ENODEV, -EACCES, or another
 * negative errno.
 */
int v3npu_device_open(const char *spec, struct v3npu_device **device);

/**
 * v3npu_device_close() - close a device
 * @device: device, of which no model is left; NULL does nothing
 */
void v3npu_device_close(struct v3npu_device *device);

/** struct v3npu_device_info - what was opened */
struct v3npu_device_info {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	char name[64];			/* "/dev/accel/accel0", "sim", "cpu" */
	uint32_t macs;			/* int8, a cycle; 0 for "cpu", as all that follows */
	uint32_t sram_size;		/* bytes of on-chip memory */
	uint32_t dram_mbps;		/* DRAM bandwidth in 10^6 bytes a second */
	uint32_t dram_latency;		/* cycles from request to first byte */
	uint32_t dram_burst;		/* bytes of a full-speed burst */
	uint32_t clock_mhz;		/* clock */
	uint32_t fw_version;		/* major << 16 | minor << 8 | patch; 0 for "sim" */
};

/**
 * v3npu_device_get_info() - what a device is
 * @device: device
 * @info: the result; its struct_size is set
 *
 * Return: 0, or -EINVAL if struct_size is not set.
 */
int v3npu_device_get_info(const struct v3npu_device *device, struct v3npu_device_info *info);

/** enum v3npu_dtype - element types; intermediate tensors are int8 or uint8 */
enum v3npu_dtype {
	V3NPU_INT8,
	V3NPU_FLOAT32,
	V3NPU_INT32,
	V3NPU_INT64,
	V3NPU_UINT8,
};

/** struct v3npu_tensor_info - an input, output or intermediate tensor */
struct v3npu_tensor_info {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	const char *name;		/* its name in the file; valid while the model is */
	int index;			/* its number in the file */
	int rank;			/* dimensions used of dim, 0..6 */
	uint32_t dim[6];		/* shape; row-major without gaps */
	float scale;			/* of int8, uint8: real = scale * (q - zero_point) */
	int32_t zero_point;		/* of int8 and uint8 */
	size_t size;			/* bytes of all elements */
	enum v3npu_dtype dtype;		/* element type */
};

/** struct v3npu_model_options - how to load a model; fields that are 0 are the defaults */
struct v3npu_model_options {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	int keep_tensors;		/* not 0: intermediate tensors can be read after a run */
	int reserved;			/* 0; so that no part of the structure is without a name */
};

/** struct v3npu_model_info - a loaded model */
struct v3npu_model_info {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	const char *metadata;		/* text of the file or NULL; valid while the model is */
	size_t inputs;			/* how many */
	size_t outputs;			/* how many */
	size_t tensors;			/* intermediate tensors kept */
	uint32_t operators;		/* of the file, once unrolled products are one operator */
	uint32_t commands;		/* for the NPU */
	uint64_t macs;			/* multiply-accumulates of a run */
	uint64_t arena_size;		/* bytes of intermediate tensors */
	uint64_t consts_size;		/* bytes of constants */
	double compile_ms;		/* milliseconds that compiling took; 0 of a .v3m file */
	uint32_t operators_npu;		/* those that a run computes on the NPU */
	uint32_t operators_cpu;		/* those that it computes on the CPU */
	uint32_t pieces;		/* that run one after another, on the NPU and on the CPU */
};

/**
 * v3npu_model_load_file() - load a model, and compile it if it is not
 * @device: device that is to run it
 * @path: a .tflite or .v3m file of at most 1 GiB
 * @options: NULL for the defaults
 * @model: the result, for v3npu_model_free(); NULL on failure
 *
 * What the NPU cannot compute runs on the CPU, as struct v3npu_model_info tells.
 *
 * Return: 0, -EINVAL for a damaged file, -ENOTSUP for what nothing here can run,
 * -ENOMEM, or the errno of opening the file.
 */
int v3npu_model_load_file(struct v3npu_device *device, const char *path,
			  const struct v3npu_model_options *options, struct v3npu_model **model);

/**
 * v3npu_model_load() - load a model from memory
 * @data: the file's bytes; not used any more after the call
 * @size: how many
 *
 * As v3npu_model_load_file() otherwise.
 */
int v3npu_model_load(struct v3npu_device *device, const void *data, size_t size,
		     const struct v3npu_model_options *options, struct v3npu_model **model);

/**
 * v3npu_model_free() - free a model
 * @model: model, of which no session is left; NULL does nothing
 */
void v3npu_model_free(struct v3npu_model *model);

/**
 * v3npu_model_get_info() - what a model is
 * @model: model
 * @info: the result; its struct_size is set
 *
 * Return: 0, or -EINVAL if struct_size is not set.
 */
int v3npu_model_get_info(const struct v3npu_model *model, struct v3npu_model_info *info);

/**
 * v3npu_model_input_info() - what an input is
 * @model: model
 * @k: its number, from 0
 * @info: the result; its struct_size is set
 *
 * v3npu_model_output_info() and v3npu_model_tensor_info() do this for outputs, and for
 * the intermediate tensors that were kept.
 *
 * Return: 0, -ERANGE if there is no number @k, -EINVAL if struct_size is not set.
 */
int v3npu_model_input_info(const struct v3npu_model *model, size_t k,
			   struct v3npu_tensor_info *info);
int v3npu_model_output_info(const struct v3npu_model *model, size_t k,
			    struct v3npu_tensor_info *info);
int v3npu_model_tensor_info(const struct v3npu_model *model, size_t k,
			    struct v3npu_tensor_info *info);

/**
 * v3npu_model_save() - write a compiled model to a file
 * @model: a model that is on the NPU as a whole
 * @path: the file, .v3m by custom; it is there whole or not at all, and replaces one that
 *	there was
 *
 * The file is for NPUs with the properties of the model's device. Loading it takes no
 * compiling.
 *
 * Return: 0, -ENOTSUP if the CPU computes a part of the model, -ENOMEM, or the errno of
 * writing the file.
 */
int v3npu_model_save(const struct v3npu_model *model, const char *path);

/** struct v3npu_op_info - an operator of a model file */
struct v3npu_op_info {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	const char *name;		/* "CONV_2D"; all texts are valid while the analysis is */
	uint64_t macs;			/* multiply-accumulates, by the shapes in the file */
	int on_npu;			/* 1: the NPU computes it, or nothing has to; 0: the CPU */
	const char *reason;		/* why the NPU does not; NULL if it does */
	const char *advice;		/* what to change in the model; NULL if it does */
};

/**
 * v3npu_analyze_file() - find out which operators of a model the NPU computes
 * @device: the NPU, or a simulated one
 * @path: a .tflite file
 * @analysis: the result, for v3npu_analysis_free(); NULL on failure
 *
 * The model need not be one that v3npu_model_load_file() can load: also what neither
 * the NPU nor the CPU runs has its reason.
 *
 * Return: 0, -EINVAL for a damaged file, -ENOTSUP for a .v3m file, a device without an NPU
 * or a model beyond the compiler's bounds, -ENOMEM, or the errno of opening the file.
 */
int v3npu_analyze_file(struct v3npu_device *device, const char *path,
		       struct v3npu_analysis **analysis);

/**
 * v3npu_analyze() - as v3npu_analyze_file(), of a file in memory
 * @data: the file's bytes; not used any more after the call
 * @size: how many
 */
int v3npu_analyze(struct v3npu_device *device, const void *data, size_t size,
		  struct v3npu_analysis **analysis);

/** v3npu_analysis_count() - how many operators the model file has */
size_t v3npu_analysis_count(const struct v3npu_analysis *analysis);

/**
 * v3npu_analysis_get_op() - an operator of the model file
 * @analysis: analysis
 * @k: its number in the file, from 0
 * @info: the result; its struct_size is set
 *
 * Return: 0, -ERANGE if there is no number @k, -EINVAL if struct_size is not set.
 */
int v3npu_analysis_get_op(const struct v3npu_analysis *analysis, size_t k,
			  struct v3npu_op_info *info);

/** v3npu_analysis_free() - free an analysis; NULL does nothing */
void v3npu_analysis_free(struct v3npu_analysis *analysis);

/** enum v3npu_priority - of a session; HIGH and REALTIME need CAP_SYS_NICE on an NPU */
enum v3npu_priority {
	V3NPU_PRIORITY_LOW,
	V3NPU_PRIORITY_NORMAL,
	V3NPU_PRIORITY_HIGH,
	V3NPU_PRIORITY_REALTIME,
};

/**
 * v3npu_session_create() - make a session
 * @model: model; it can have many sessions
 * @priority: of its runs on the NPU
 * @session: the result, for v3npu_session_free(); NULL on failure
 *
 * A session is a queue on the NPU with buffers of its own for one inference at a time.
 *
 * Return: 0, -EINVAL for a priority that there is not, -EACCES or -EPERM for one that
 * the caller may not have, -ENOSPC when there are too many sessions, -ENOMEM.
 */
int v3npu_session_create(struct v3npu_model *model, enum v3npu_priority priority,
			 struct v3npu_session **session);

/**
 * v3npu_session_free() - free a session, and end its run if there is one
 * @session: session; NULL does nothing
 */
void v3npu_session_free(struct v3npu_session *session);

/**
 * v3npu_session_input() - where an input's bytes are
 * @session: session
 * @k: the input's number, from 0
 *
 * Write them before a run, and not while one is going on.
 *
 * Return: memory of the session, as many bytes as the input's info says; NULL if there
 * is no such input, or if it is a dma-buf.
 */
void *v3npu_session_input(struct v3npu_session *session, size_t k);

/**
 * v3npu_session_output() - where an output's bytes are
 * @session: session
 * @k: the output's number, from 0
 *
 * Read them after a run, and not while one is going on.
 *
 * Return: memory of the session, as many bytes as the output's info says; NULL if there
 * is no such output, or if it is a dma-buf.
 */
const void *v3npu_session_output(struct v3npu_session *session, size_t k);

/**
 * v3npu_session_read_tensor() - copy an intermediate tensor
 * @session: session
 * @k: the tensor's number, from 0
 * @out: gets as many bytes as the tensor's info says
 *
 * Return: 0, -ERANGE if there is no such tensor, -EBUSY while a run is going on,
 * -ENOTSUP if it was never in memory.
 */
int v3npu_session_read_tensor(struct v3npu_session *session, size_t k, void *out);

/**
 * v3npu_session_set_input_dmabuf() - have the NPU read an input in place
 * @session: session
 * @k: the input's number, from 0
 * @fd: a dma-buf of at least the input's bytes; it stays the caller's, who may close it
 *
 * From the next run on. A run starts when the writers' fences in it have signalled: those of
 * other devices, and of other sessions' runs that were submitted before. The simulator
 * takes any file that can be mapped, and heeds the runs of the same struct v3npu_device
 * alone.
 *
 * Return: 0, -ERANGE if there is no such input, -EBUSY while a run is going on,
 * -EINVAL if it is too small or another input or output of the session, -ENOTSUP if the
 * CPU reads the input.
 */
int v3npu_session_set_input_dmabuf(struct v3npu_session *session, size_t k, int fd);

/**
 * v3npu_session_set_output_dmabuf() - have the NPU write an output in place
 * @session: session
 * @k: the output's number, from 0
 * @fd: a dma-buf of at least the output's bytes; it stays the caller's, who may close it
 *
 * As v3npu_session_set_input_dmabuf(), but a run also starts only when all readers' fences
 * in it have signalled, and leaves its own in it, for which others wait.
 *
 * Return: 0, -ERANGE if there is no such output, -EBUSY while a run is going on,
 * -EINVAL if it is too small or another input or output of the session, -EACCES if it
 * cannot be written, -ENOTSUP if the CPU uses the output.
 */
int v3npu_session_set_output_dmabuf(struct v3npu_session *session, size_t k, int fd);

/**
 * v3npu_session_export_output() - share an output as a dma-buf
 * @session: session
 * @k: the output's number, from 0
 * @fd: the result, for the caller to close; -1 on failure
 *
 * The memory stays the session's, and v3npu_session_output() stays valid; who has the
 * dma-buf can use it after the session is gone. A run of a model that is one piece (struct
 * v3npu_model_info) puts its fence into it when it is submitted: another session that has
 * it as its input may be submitted at once, and waits by itself. Of a model in several
 * pieces the run has to be waited for. In the simulator it is a memfd.
 *
 * Return: 0, -ERANGE if there is no such output, -EBUSY while a run is going on, -EINVAL
 * if it is a dma-buf already, -ENOTSUP if only the CPU uses the output.
 */
int v3npu_session_export_output(struct v3npu_session *session, size_t k, int *fd);

/**
 * v3npu_session_export_input() - share an input as a dma-buf
 *
 * As v3npu_session_export_output(): for another's output that is to be this input, or
 * for a camera that fills it.
 */
int v3npu_session_export_input(struct v3npu_session *session, size_t k, int *fd);

/**
 * v3npu_session_run() - run once and wait for the end
 * @session: session, its inputs set
 *
 * Return: 0, or what v3npu_session_submit() or v3npu_session_wait() returns.
 */
int v3npu_session_run(struct v3npu_session *session);

/**
 * v3npu_session_submit() - start a run
 * @session: session, its inputs set
 *
 * Returns at once; exactly one v3npu_session_wait() that does not time out follows.
 *
 * Return: 0, -EBUSY if a run is going on, -ECANCELED if the driver ended the session
 * since its runs failed again and again, or another negative errno.
 */
int v3npu_session_submit(struct v3npu_session *session);

/**
 * v3npu_session_wait() - wait for the end of a run
 * @session: session
 * @timeout_ms: milliseconds to wait at most; < 0: without limit; 0: only look
 *
 * Return: 0, -ETIMEDOUT: not done, wait again; -EINVAL if no run is going on. A run that
 * failed: -EFAULT, -EINVAL, -ETIME (it ran longer than the driver allows), -EIO,
 * -ECANCELED; the session can be used again.
 */
int v3npu_session_wait(struct v3npu_session *session, int timeout_ms);

/**
 * v3npu_session_fence_fd() - something to poll for the end of a run
 * @session: session, after v3npu_session_submit() and before v3npu_session_wait()
 * @fd: the result, for the caller to close, whenever it likes; -1 on failure
 *
 * It becomes readable (POLLIN) when this run is done, also if it failed or was cancelled,
 * and stays so; v3npu_session_wait() then returns at once and says how the run ended. Only
 * poll it. A run on an NPU alone has a sync_file, which others' drivers take, too; others
 * have an eventfd.
 *
 * Return: 0, -EINVAL if no run is going on, -EMFILE, or another negative errno.
 */
int v3npu_session_fence_fd(struct v3npu_session *session, int *fd);

/**
 * v3npu_session_cancel() - end a run early
 * @session: session
 *
 * Returns at once, also if another thread waits for the run; v3npu_session_wait() then
 * returns -ECANCELED, soon, also for a run that was done just before. What is in the
 * outputs is undefined. The session can be used again.
 *
 * Return: 0, or -EINVAL if no run is going on.
 */
int v3npu_session_cancel(struct v3npu_session *session);

/** struct v3npu_run_stats - the last finished run */
struct v3npu_run_stats {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	double wall_ms;			/* milliseconds from submission to the last piece's end */
	uint64_t cycles;		/* of the NPU */
	uint64_t macs;			/* multiply-accumulates on the NPU */
	uint64_t dram_read;		/* bytes; so are the next three */
	uint64_t dram_write;		/* bytes */
	uint64_t sram_read;		/* bytes */
	uint64_t sram_write;		/* bytes */
	uint64_t commands;		/* that the NPU ran */
	uint32_t operators_npu;		/* operators that the NPU computed */
	uint32_t operators_cpu;		/* operators that the CPU computed */
	double cpu_ms;			/* of wall_ms, in pieces on the CPU */
};

/**
 * v3npu_session_get_stats() - what the last run took
 * @session: session
 * @stats: the result; its struct_size is set
 *
 * Return: 0, or -EINVAL if no run has finished well, or if struct_size is not set.
 */
int v3npu_session_get_stats(struct v3npu_session *session, struct v3npu_run_stats *stats);

/** enum v3npu_unit - what of the datapath executes a command */
enum v3npu_unit {
	V3NPU_UNIT_MAC_ARRAY,
	V3NPU_UNIT_VECTOR,
};

/** struct v3npu_profile_cmd - what a command costs, by the cycle model */
struct v3npu_profile_cmd {
	size_t struct_size;		/* sizeof of this structure, set by the caller */
	uint32_t op;			/* number of its operator in the file */
	const char *op_name;		/* "CONV_2D"; of a .v3m file the opcode */
	const char *opcode;		/* "conv" */
	enum v3npu_unit unit;		/* what executes it */
	uint64_t start;			/* cycles of the commands before it */
	uint64_t cycles;		/* of its own */
	uint64_t macs;			/* multiply-accumulates */
	uint64_t dram_read;		/* bytes; so are all that follow */
	uint64_t dram_write;		/* bytes */
	uint64_t sram_read;		/* bytes */
	uint64_t sram_write;		/* bytes */
	uint64_t sram_used;		/* that hold something meanwhile; 0 of a .v3m file's */
};

/**
 * v3npu_model_profile() - what each command of an inference costs the NPU
 * @model: a model with a piece for the NPU
 * @profile: the result, for v3npu_profile_free(); NULL on failure
 *
 * The costs depend on the model and the NPU's properties alone, so nothing
 * has to run for them; a run's counters are their sums. Names are valid while the model is.
 *
 * Return: 0, -ENOTSUP if nothing is on the NPU or the model of cycles does not know it,
 * -ENOMEM.
 */
int v3npu_model_profile(const struct v3npu_model *model, struct v3npu_profile **profile);

/** v3npu_profile_count() - how many commands a profile has */
size_t v3npu_profile_count(const struct v3npu_profile *profile);

/**
 * v3npu_profile_get_cmd() - a command of a profile
 * @profile: profile
 * @k: its number, from 0, in the order in which they run
 * @cmd: the result; its struct_size is set
 *
 * Return: 0, -ERANGE if there is no number @k, -EINVAL if struct_size is not set.
 */
int v3npu_profile_get_cmd(const struct v3npu_profile *profile, size_t k,
			  struct v3npu_profile_cmd *cmd);

/** v3npu_profile_free() - free a profile; NULL does nothing */
void v3npu_profile_free(struct v3npu_profile *profile);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* V3NPU_H */
