// SPDX-License-Identifier: MIT
/*
 * many_tables FILES [PROCS]: maps the same buffers in many files, and so makes many page
 * tables. With PROCS, a control group's cgroup.procs, the process that opens the files is
 * in it, and the one that has the buffers is not.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xf86drm.h>

#include "npu.h"

/* Just too small for large pages: a table for each */
#define BUFFERS	64
#define SIZE	((2ul << 20) - 4096)

static int dma_bufs[BUFFERS];

static void open_files(int files, const char *procs)
{
	struct rlimit many = { 4096, 4096 };
	int fd;

	setrlimit(RLIMIT_NOFILE, &many);
	if (procs) {
		fd = open(procs, O_WRONLY);
		if (fd < 0 || dprintf(fd, "%d", getpid()) < 0)
			err(1, "%s", procs);
		close(fd);
	}
	while (files--) {
		uint32_t handle;

		fd = npu_open();
		for (int i = 0; i < BUFFERS; i++)
			if (drmPrimeFDToHandle(fd, dma_bufs[i], &handle))
				err(1, "import");
	}
	exit(0);
}

int main(int argc, char **argv)
{
	int fd = npu_open(), status;
	pid_t child;

	if (argc < 2)
		errx(2, "usage: many_tables FILES [PROCS]");
	for (int i = 0; i < BUFFERS; i++) {
		struct drm_v3npu_bo_create create = { .size = SIZE };

		if (npu_ioctl(fd, DRM_IOCTL_V3NPU_BO_CREATE, &create))
			errx(1, "BO_CREATE");
		if (drmPrimeHandleToFD(fd, create.handle, DRM_CLOEXEC, &dma_bufs[i]))
			err(1, "export");
	}
	child = fork();
	if (!child)
		open_files(atoi(argv[1]), argc > 2 ? argv[2] : NULL);
	return waitpid(child, &status, 0) != child || status;
}
