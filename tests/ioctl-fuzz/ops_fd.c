// SPDX-License-Identifier: MIT
/* Operations: file descriptors of all kinds, other processes. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <linux/udmabuf.h>
#include <xf86drm.h>

#include "fuzz.h"
#include "npu.h"

/* As sw_sync has it, which has no header for programs */
struct sw_sync_create_fence {
	uint32_t value;
	char name[32];
	int32_t fence;
};

#define SW_SYNC_CREATE_FENCE	_IOWR('W', 0, struct sw_sync_create_fence)
#define SW_SYNC_INC		_IOW('W', 1, uint32_t)
#define SW_SYNC_FENCES		8

#define TICK_USEC		20000

/* Close a file with all that it has, while others use it, and open it anew. */
void op_reopen(struct thread *t, struct chooser *c)
{
	unsigned int index;

	choose_file(t, c, &index);
	/* It takes long */
	if (one_in(c, 4))
		open_file(t->world, index);
}

void op_dup(struct thread *t, struct chooser *c)
{
	keep_fd(t, c, fcntl(choose_file(t, c, NULL)->fd, F_DUPFD_CLOEXEC, 0));
}

void op_close_fd(struct thread *t, struct chooser *c)
{
	int fd = __atomic_exchange_n(&t->world->fds[choose(c, FUZZ_FDS)], -1, __ATOMIC_RELAXED);

	if (fd >= 0)
		close(fd);
}

void op_poll(struct thread *t, struct chooser *c)
{
	struct pollfd fds[3] = {
		{ .fd = choose_fd(t, c), .events = POLLIN },
		{ .fd = choose_fd(t, c), .events = POLLOUT },
		{ .fd = choose_file(t, c, NULL)->fd, .events = POLLIN | POLLOUT },
	};

	poll(fds, 3, choose(c, 3));
}

void op_dma_buf(struct thread *t, struct chooser *c)
{
	int fd = choose_fd(t, c);
	struct dma_buf_export_sync_file out = { .flags = 1 + choose(c, 3), .fd = -1 };
	struct dma_buf_import_sync_file in = { .flags = 1 + choose(c, 3), .fd = choose_fd(t, c) };
	struct dma_buf_sync sync = { .flags = choose(c, 8) };
	uint8_t byte;
	void *map;

	switch (choose(c, 4)) {
	case 0:
		op_ioctl(t, c, fd, DMA_BUF_IOCTL_SYNC, &sync);
		break;
	case 1:
		op_ioctl(t, c, fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &out);
		keep_fd(t, c, out.fd);
		break;
	case 2:
		op_ioctl(t, c, fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &in);
		break;
	default:
		map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			break;
		copy_safely(t, &byte, map, 1);
		copy_safely(t, map, &byte, 1);
		munmap(map, PAGE);
		break;
	}
}

/* A dma-buf of pages that are no buffer of the device. */
void op_foreign_buffer(struct thread *t, struct chooser *c)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = 4 * PAGE };
	int udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int memfd = memfd_create("fuzz", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	create.memfd = (uint32_t)memfd;
	if (udmabuf >= 0 && memfd >= 0 && !ftruncate(memfd, (off_t)create.size) &&
	    !fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		keep_fd(t, c, ioctl(udmabuf, UDMABUF_CREATE, &create));
	close(memfd);
	close(udmabuf);
}

void op_sync_file(struct thread *t, struct chooser *c)
{
	int fd = choose_fd(t, c);
	struct sync_merge_data merge = { .fd2 = choose_fd(t, c), .fence = -1 };
	struct sync_fence_info fences[4] = {};
	struct sync_file_info info = { .num_fences = choose(c, 5) };

	if (choose(c, 2)) {
		op_ioctl(t, c, fd, SYNC_IOC_MERGE, &merge);
		keep_fd(t, c, merge.fence);
	} else {
		info.sync_fence_info = (uintptr_t)place(t, c, fences, sizeof(fences));
		op_ioctl(t, c, fd, SYNC_IOC_FILE_INFO, &info);
	}
}

/*
 * Fences that signal when a program wants, or with an error when their
 * timeline is closed: jobs that wait for them wait for long.
 */
void op_sw_sync(struct thread *t, struct chooser *c)
{
	struct sw_sync_create_fence create = { .value = 1 + choose(c, SW_SYNC_FENCES) };
	uint32_t step = 1;
	int fd;

	switch (choose(c, 3)) {
	case 0:
		keep_fd(t, c, open("/sys/kernel/debug/sync/sw_sync", O_RDWR | O_CLOEXEC));
		break;
	case 1:
		fd = choose_fd(t, c);
		if (!ioctl(fd, SW_SYNC_CREATE_FENCE, &create))
			keep_fd(t, c, create.fence);
		break;
	default:
		ioctl(choose_fd(t, c), SW_SYNC_INC, &step);
		break;
	}
}

static void read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[PAGE];

	if (fd < 0)
		return;
	for (int i = 0; i < 16 && read(fd, text, sizeof(text)) > 0; i++)
		;
	close(fd);
}

/* What the driver says of itself: debugfs (root alone), sysfs, fdinfo. */
void op_read_kernel_files(struct thread *t, struct chooser *c)
{
	static const char *const folders[] = {
		"/sys/kernel/debug/accel/0", "/sys/class/accel/accel0/device",
	};
	unsigned int number = 0, wanted = choose(c, 48);
	char path[512];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", choose_file(t, c, NULL)->fd);
	read_file(path);
	snprintf(path, sizeof(path), "%s", folders[choose(c, COUNT(folders))]);
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (entry->d_type != DT_REG || number++ != wanted)
			continue;
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%.255s",
			 entry->d_name);
		read_file(path);
		break;
	}
	closedir(folder);
}

/* The same call, many times, with something different: limits are reached. */
void op_repeat(struct thread *t, struct chooser *c)
{
	struct fuzz_call call = { .op = (uint8_t)choose(c, 256) };
	unsigned int times = one_in(c, 16) ? 300 : 1 + choose(c, 24);
	const struct op *op = &fuzz_ops[call.op % fuzz_op_count];

	/* Nothing that is slow, and so has little weight, nor what repeats itself */
	if (t->depth || op->weight < 3 || op->run == op_repeat)
		return;
	for (unsigned int i = 0; i < FUZZ_CHOICES; i++)
		call.choice[i] = (uint8_t)choose(c, 256);
	t->depth++;
	for (unsigned int i = 0; i < times; i++) {
		call.choice[FUZZ_CHOICES - 1 - i % 4] = (uint8_t)i;
		op_call(t, &call);
	}
	t->depth--;
}

/* A child with all files of its parent, which runs calls of its own and ends. */
void op_fork(struct thread *t, struct chooser *c)
{
	struct itimerval tick = { { 0, TICK_USEC }, { 0, TICK_USEC } };
	uint64_t rng = choose(c, 1 << 24);
	struct fuzz_call call;
	pid_t child;

	/* It takes long */
	if (t->depth || !one_in(c, 8))
		return;
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setitimer(ITIMER_REAL, &tick, NULL);
		/* Coverage is the parent's */
		t->kcov = NULL;
		t->depth++;
		for (unsigned int i = 1 + choose(c, 4); i; i--) {
			op_random(&rng, &call);
			op_call(t, &call);
		}
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}
