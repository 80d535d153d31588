// SPDX-License-Identifier: MIT
/*
 * foreign_fence: a job that waits for another driver's fence outlives all files of the NPU.
 *
 * Submits such a job, closes all of the NPU's but the job's fence, which is kept in a sync
 * file and in the reservation of vgem's buffer, and goes on with each removal of the file
 * that it is told and creates: first the fence is signalled, and then all is closed.
 */
#include <err.h>
#include <errno.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xf86drm.h>

#include "dmabuf.h"

#define PAGE		4096ul

/* The job's fence; the NPU's file is closed */
static int submit(const struct dmabuf *buf)
{
	int fd = npu_open(), sync_file;
	struct npu_bo cmds = npu_bo_create(fd, PAGE, 0);
	struct npu_bo foreign = dmabuf_import(fd, buf->fd);
	struct npu_job job = {
		.ctx = npu_ctx_create(fd),
		.cmds = &cmds,
		.cmds_size = npu_cmd_nop(cmds.map, 1),
		.out = npu_syncobj(fd),
		.write = &foreign,
	};

	if (npu_submit(fd, &job))
		errx(1, "SUBMIT");
	if (drmSyncobjExportSyncFile(fd, job.out, &sync_file))
		err(1, "EXPORT_SYNC_FILE");
	munmap(cmds.map, cmds.size);
	close(fd);
	return sync_file;
}

int main(int argc, char **argv)
{
	struct sync_fence_info fence = {};
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	struct dmabuf buf = dmabuf_vgem(PAGE);
	int foreign, sync_file;
	struct pollfd pollfd;

	if (argc != 2)
		errx(2, "usage: foreign_fence FLAG");
	foreign = dmabuf_vgem_begin(&buf, true);
	if (foreign < 0)
		errx(1, "a fence of vgem");
	sync_file = submit(&buf);
	npu_wait_for_removal(argv[1]);

	dmabuf_vgem_end(&buf, foreign);
	pollfd = (struct pollfd){ .fd = sync_file, .events = POLLIN };
	if (poll(&pollfd, 1, 20000) != 1)
		errx(1, "the job does not end");
	if (ioctl(sync_file, SYNC_IOC_FILE_INFO, &info) || info.status != -ECANCELED)
		errx(1, "the job ended with %d", info.status);
	npu_wait_for_removal(argv[1]);
	return 0;
}
