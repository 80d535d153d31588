// SPDX-License-Identifier: MIT
#include "done.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"

void v3npu_done_begin(struct v3npu_done *done)
{
	if (done->fd >= 0)
		close(done->fd);
	done->fd = -1;
}

void v3npu_done_signal(const struct v3npu_done *done)
{
	if (done->fd >= 0)
		eventfd_write(done->fd, 1);
}

int v3npu_done_get(struct v3npu_done *done, bool over, int *fd)
{
	if (done->fd < 0)
		done->fd = eventfd(over, EFD_CLOEXEC | EFD_NONBLOCK);
	*fd = done->fd < 0 ? -1 : fcntl(done->fd, F_DUPFD_CLOEXEC, 0);
	if (*fd < 0)
		return v3npu_fail(-errno, "cannot make a file descriptor for the run: %s",
				  strerror(errno));
	return 0;
}
