// SPDX-License-Identifier: MIT
/*
 * camera: the NPU reads a picture where a camera has put it, in a dma-buf.
 *
 *	camera MODEL INPUT [DEVICE]
 *
 * The camera is played by memory that this program fills and /dev/udmabuf makes a dma-buf
 * of; V4L2 gives you one with VIDIOC_EXPBUF. Exit status 77: there is no such device here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <v3npu.h>

/* A dma-buf with the file's bytes in it; -1 with errno set */
static int take_picture(FILE *file, size_t size)
{
	long page = sysconf(_SC_PAGESIZE);
	struct udmabuf_create create = { .size = (size + page - 1) / page * page };
	int memory = memfd_create("camera", MFD_ALLOW_SEALING), dev, fd = -1;
	void *map = MAP_FAILED;

	/* Memory that a device uses must not shrink */
	if (memory >= 0 && !ftruncate(memory, create.size) &&
	    !fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK))
		map = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	dev = open("/dev/udmabuf", O_RDWR);
	create.memfd = memory;
	if (map != MAP_FAILED && dev >= 0 && fread(map, 1, size, file) == size)
		fd = ioctl(dev, UDMABUF_CREATE, &create);
	if (map != MAP_FAILED)
		munmap(map, create.size);
	if (dev >= 0)
		close(dev);
	close(memory);
	return fd;
}

int main(int argc, char **argv)
{
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_device *device = NULL;
	struct v3npu_model *model = NULL;
	struct v3npu_session *session = NULL;
	FILE *file = argc > 2 ? fopen(argv[2], "rb") : NULL;
	int fd = -1, ret = 1;

	if (!file) {
		fprintf(stderr, "usage: camera MODEL INPUT [DEVICE]; INPUT is there\n");
		return 2;
	}
	if (v3npu_device_open(argc > 3 ? argv[3] : "accel", &device) ||
	    v3npu_model_load_file(device, argv[1], NULL, &model) ||
	    v3npu_model_input_info(model, 0, &in) ||
	    v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &session)) {
		fprintf(stderr, "camera: %s\n", v3npu_error());
	} else if ((fd = take_picture(file, in.size)) < 0) {
		ret = errno == ENOENT || errno == ENODEV ? 77 : 1;
		fprintf(stderr, "camera: no dma-buf: %s\n", strerror(errno));
	} else if (v3npu_session_set_input_dmabuf(session, 0, fd) || v3npu_session_run(session)) {
		fprintf(stderr, "camera: %s\n", v3npu_error());
	} else {
		printf("the first byte of the result: %d\n",
		       *(const signed char *)v3npu_session_output(session, 0));
		ret = 0;
	}
	if (fd >= 0)
		close(fd);
	v3npu_session_free(session);
	v3npu_model_free(model);
	v3npu_device_close(device);
	fclose(file);
	return ret;
}
