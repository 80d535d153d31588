// SPDX-License-Identifier: MIT
#include "model_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/whole_file.h"
#include "compiler/v3m.h"

#define MODEL_SIZE_MAX	(1ull << 30)

struct v3c_target v3npu_target(const struct v3npu_device *device)
{
	return (struct v3c_target) {
		.macs = device->info.macs,
		.sram_size = device->info.sram_size,
		.dram_mbps = device->info.dram_mbps,
		.dram_latency = device->info.dram_latency,
		.dram_burst = device->info.dram_burst,
		.clock_mhz = device->info.clock_mhz,
		.sram_va = device->sram_va,
	};
}

int v3npu_fail_path(int err, const char *path)
{
	char error[V3C_ERROR_SIZE + 64];

	strncpy(error, v3npu_error(), sizeof(error) - 1);
	error[sizeof(error) - 1] = '\0';
	return v3npu_fail(err, "%s: %s", path, error);
}

/* Reads the file rather than mapping it: a file that shrinks must not end the process */
static int read_file(int fd, const char *path, void **data, size_t *size)
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

int v3npu_read_model(const char *path, void **data, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return v3npu_fail(-errno, "%s: %s", path, strerror(errno));
	ret = read_file(fd, path, data, size);
	close(fd);
	return ret;
}

/* Whole or not at all: what was at @path stays until the new file has all its bytes */
static int write_file(const char *path, const void *data, size_t size)
{
	struct whole_file f;
	int ret = v3npu_whole_file_open(&f, path);

	if (ret)
		return ret;
	fwrite(data, 1, size, f.file);
	return v3npu_whole_file_commit(&f);
}

int v3npu_model_save(const struct v3npu_model *model, const char *path)
{
	const struct v3c_target target = v3npu_target(model->device);
	struct v3c_program program;
	uint8_t *data;
	size_t size;
	int ret;

	if (model->has_cpu)
		return v3npu_fail(-ENOTSUP, "%s: the CPU computes %u operators of the model, and a "
				  ".v3m file is for the NPU alone; keep the .tflite file", path,
				  model->operators_cpu);
	program = *model->pieces[0].npu;
	program.metadata = model->split->metadata;
	data = v3m_write(&program, &target, &size);
	if (!data)
		return v3npu_fail(-ENOMEM, "%s: out of memory", path);
	ret = write_file(path, data, size);
	free(data);
	return ret ? v3npu_fail(ret, "%s: cannot be written: %s", path, strerror(-ret)) : 0;
}
