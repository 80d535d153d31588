// SPDX-License-Identifier: MIT
/* Models: read, compiled if they are not, their constants where the NPU can read them */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/v3m.h"
#include "internal.h"
#include "v3npu/ipc.h"

#define MODEL_SIZE_MAX	(1ull << 30)

/* The program of a model file of either kind, by what is in it; NULL with the error line set */
static struct v3c_program *get_program(struct v3npu_device *device, const void *data, size_t size,
				       bool keep_tensors, int *ret)
{
	const struct v3c_target target = {
		.macs = device->info.macs,
		.sram_size = device->info.sram_size,
		.dram_mbps = device->info.dram_mbps,
		.dram_latency = device->info.dram_latency,
		.dram_burst = device->info.dram_burst,
		.clock_mhz = device->info.clock_mhz,
		.sram_va = device->sram_va,
	};
	const struct v3c_options options = { .keep_tensors = keep_tensors };
	char error[V3C_ERROR_SIZE];
	struct v3c_program *program;

	if (v3m_is(data, size) && keep_tensors) {
		*ret = v3npu_fail(-ENOTSUP, "a compiled model keeps no intermediate tensors; name "
				  "the .tflite file it was made from");
		return NULL;
	}
	if (v3m_is(data, size))
		program = v3m_read(data, size, &target, error);
	else
		program = v3c_compile(data, size, &target, &options, error);
	if (!program)
		*ret = v3npu_fail(-errno, "%s", error);
	return program;
}

int v3npu_model_load(struct v3npu_device *device, const void *data, size_t size,
		     const struct v3npu_model_options *options, struct v3npu_model **model)
{
	double start = v3npu_now_ms();
	struct v3c_program *program;
	struct v3npu_model *m;
	int ret;

	*model = NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return v3npu_fail(-ENOMEM, "out of memory");
	program = get_program(device, data, size, options && options->keep_tensors, &ret);
	if (!program)
		goto err_free;
	m->compile_ms = v3m_is(data, size) ? 0 : v3npu_now_ms() - start;
	m->device = device;
	m->program = program;
	if (program->cmds_size > V3NPU_CMDS_MAX) {
		ret = v3npu_fail(-E2BIG, "the model needs %zu bytes of commands, the NPU takes %u; "
				 "use a smaller model", program->cmds_size, V3NPU_CMDS_MAX);
		goto err_program;
	}
	if (program->consts_size) {
		ret = device->ops->buffer_new(device, program->consts_size, true, &m->consts);
		if (ret)
			goto err_program;
		memcpy(m->consts->map, program->consts, program->consts_size);
	}
	*model = m;
	return 0;

err_program:
	v3c_program_free(program);
err_free:
	free(m);
	return ret;
}

/* Reads the file rather than mapping it: a file that shrinks must not end the process */
static int read_model(int fd, const char *path, void **data, size_t *size)
{
	struct stat st;
	size_t done = 0;
	ssize_t n;
	char *p;

	if (fstat(fd, &st))
		return v3npu_fail(-errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return v3npu_fail(-EINVAL, "%s: not a file; name a .tflite or .v3m file", path);
	if (!st.st_size || (uint64_t)st.st_size > MODEL_SIZE_MAX)
		return v3npu_fail(-EINVAL, "%s: %lld bytes cannot be a model; name a .tflite "
				  "or .v3m file of at most 1 GiB", path, (long long)st.st_size);
	p = malloc(st.st_size);
	if (!p)
		return v3npu_fail(-ENOMEM, "%s: out of memory", path);
	while (done < (size_t)st.st_size) {
		n = read(fd, p + done, st.st_size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	if (done < (size_t)st.st_size) {
		free(p);
		return v3npu_fail(-EIO, "%s: cannot be read to its end; check the disk and that "
				  "nobody is writing it", path);
	}
	*data = p;
	*size = done;
	return 0;
}

int v3npu_model_load_file(struct v3npu_device *device, const char *path,
			  const struct v3npu_model_options *options, struct v3npu_model **model)
{
	char error[V3C_ERROR_SIZE + 64];
	void *data = NULL;
	size_t size = 0;
	int fd, ret;

	*model = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return v3npu_fail(-errno, "%s: %s", path, strerror(errno));
	ret = read_model(fd, path, &data, &size);
	close(fd);
	if (ret)
		return ret;
	ret = v3npu_model_load(device, data, size, options, model);
	free(data);
	if (ret) {
		strncpy(error, v3npu_error(), sizeof(error) - 1);
		error[sizeof(error) - 1] = '\0';
		v3npu_fail(ret, "%s: %s", path, error);
	}
	return ret;
}

void v3npu_model_free(struct v3npu_model *model)
{
	if (!model)
		return;
	if (model->consts)
		model->device->ops->buffer_free(model->device, model->consts);
	v3c_program_free(model->program);
	free(model);
}

void v3npu_model_get_info(const struct v3npu_model *model, struct v3npu_model_info *info)
{
	const struct v3c_program *p = model->program;

	*info = (struct v3npu_model_info) {
		.metadata = p->metadata,
		.inputs = p->input_count,
		.outputs = p->output_count,
		.tensors = p->tensor_count,
		.operators = p->op_count,
		.commands = p->cmd_count,
		.macs = p->macs,
		.arena_size = p->arena_size,
		.consts_size = p->consts_size,
		.compile_ms = model->compile_ms,
	};
}

size_t v3npu_tensor_size(const struct v3c_tensor *tensor)
{
	size_t size = 1;
	int i;

	for (i = 0; i < tensor->rank; i++)
		size *= tensor->dim[i];
	return size;
}

static int tensor_info(const struct v3c_tensor *tensors, size_t count, size_t k, const char *kind,
		       struct v3npu_tensor_info *info)
{
	const struct v3c_tensor *t = &tensors[k];

	if (k >= count)
		return v3npu_fail(-ERANGE, "the model has %zu %s tensors; there is no number %zu",
				  count, kind, k);
	*info = (struct v3npu_tensor_info) {
		.name = t->name,
		.index = t->index,
		.rank = t->rank,
		.scale = t->scale,
		.zero_point = t->zero_point,
		.size = v3npu_tensor_size(t),
	};
	memcpy(info->dim, t->dim, sizeof(info->dim));
	return 0;
}

int v3npu_model_input_info(const struct v3npu_model *model, size_t k,
			   struct v3npu_tensor_info *info)
{
	return tensor_info(model->program->inputs, model->program->input_count, k, "input", info);
}

int v3npu_model_output_info(const struct v3npu_model *model, size_t k,
			    struct v3npu_tensor_info *info)
{
	return tensor_info(model->program->outputs, model->program->output_count, k, "output",
			   info);
}

int v3npu_model_tensor_info(const struct v3npu_model *model, size_t k,
			    struct v3npu_tensor_info *info)
{
	return tensor_info(model->program->tensors, model->program->tensor_count, k,
			   "intermediate", info);
}
