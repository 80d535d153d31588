// SPDX-License-Identifier: MIT
/*
 * keep_fence: a job's fence outlives all files of the NPU. Runs a job, exports
 * its fence as a sync file, closes the rest, creates the file that it is told,
 * and looks at the sync file once more when that file is gone.
 */
#include <err.h>
#include <linux/sync_file.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xf86drm.h>

#include "npu.h"

#define PAGE		4096ul

static int sync_file_of_a_job(void)
{
	int fd = npu_open(), sync_file;
	struct npu_bo cmds = npu_bo_create(fd, PAGE, 0);
	struct npu_job job = {
		.ctx = npu_ctx_create(fd),
		.cmds = &cmds,
		.cmds_size = npu_cmd_nop(cmds.map, 1),
		.out = npu_syncobj(fd),
	};

	if (npu_submit(fd, &job) || npu_wait(fd, job.out, 20))
		errx(1, "the job failed");
	if (drmSyncobjExportSyncFile(fd, job.out, &sync_file))
		err(1, "EXPORT_SYNC_FILE");
	/* A mapping holds its file. */
	munmap(cmds.map, cmds.size);
	close(fd);
	return sync_file;
}

int main(int argc, char **argv)
{
	struct sync_fence_info fence = {};
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	int sync_file;

	if (argc != 2)
		errx(2, "usage: keep_fence FLAG");
	sync_file = sync_file_of_a_job();
	npu_wait_for_removal(argv[1]);
	if (ioctl(sync_file, SYNC_IOC_FILE_INFO, &info) || info.status != 1)
		errx(1, "the fence is not signalled");
	close(sync_file);
	return 0;
}
