// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sync_file.h>
#include <xf86drm.h>

#include "npu.h"
#include "v3npu/ipc.h"

/* DRM has room for this many */
#define ACCEL_MINORS	128
#define KSFT_SKIP	4

/* Whether it is a device of the driver. */
static bool is_npu(unsigned int minor)
{
	char path[64], driver[256];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/class/accel/accel%u/device/driver", minor);
	len = readlink(path, driver, sizeof(driver) - 1);
	if (len < 0)
		return false;
	driver[len] = '\0';
	return !strcmp(basename(driver), "v3npu");
}

const char *npu_path(void)
{
	static char path[32];
	unsigned int minor = 0;

	if (getenv("V3NPU_DEVICE"))
		return getenv("V3NPU_DEVICE");
	while (minor < ACCEL_MINORS && !is_npu(minor))
		minor++;
	snprintf(path, sizeof(path), "/dev/accel/accel%u", minor % ACCEL_MINORS);
	return path;
}

const char *npu_sysfs(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "/sys/class/accel/%s/device/%s", basename(npu_path()), name);
	return path;
}

uint64_t npu_sysfs_number(const char *name)
{
	unsigned long long number;
	FILE *f = fopen(npu_sysfs(name), "r");

	if (!f)
		err(1, "%s", npu_sysfs(name));
	if (fscanf(f, "%llu", &number) != 1)
		errx(1, "%s is no number", npu_sysfs(name));
	fclose(f);
	return number;
}

void npu_wait_for_removal(const char *flag)
{
	int fd = open(flag, O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		err(1, "%s", flag);
	close(fd);
	while (!access(flag, F_OK))
		usleep(2000);
}

void npu_skip(const char *why)
{
	printf("# SKIP %s\n", why);
	fflush(stdout);
	_exit(KSFT_SKIP);
}

int npu_open(void)
{
	int fd = open(npu_path(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", npu_path());
	return fd;
}

void npu_become_user(uid_t uid)
{
	struct group *render = getgrnam("render");

	if (!render || chown(npu_path(), 0, render->gr_gid) || chmod(npu_path(), 0660) ||
	    setgroups(1, &render->gr_gid) || setgid(render->gr_gid) || setuid(uid))
		err(1, "becoming user %u", uid);
}

int npu_ioctl(int fd, unsigned long request, void *args)
{
	return drmIoctl(fd, request, args) ? -errno : 0;
}

#ifdef __x86_64__
/* The kernel's other door: with a 64-bit program's registers, but 32-bit numbers and pointers */
static int compat_call(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t ret = number;

	__asm__ volatile("int $0x80"
			 : "+a"(ret)
			 : "b"((uint64_t)a), "c"((uint64_t)b), "d"((uint64_t)c)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

#define COMPAT_GETPPID	64
#define COMPAT_IOCTL	54

void *npu_compat_page(void)
{
	pid_t child = fork();
	void *page;
	int status;

	/* A kernel without it ends the child */
	if (!child)
		_exit(compat_call(COMPAT_GETPPID, 0, 0, 0) != getppid());
	if (waitpid(child, &status, 0) != child || status)
		return NULL;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		    -1, 0);
	if (page == MAP_FAILED)
		err(1, "memory below 4 GiB");
	return page;
}

int npu_compat_ioctl(int fd, uint32_t request, void *args)
{
	return compat_call(COMPAT_IOCTL, (uint32_t)fd, request, (uint32_t)(uintptr_t)args);
}
#else
void *npu_compat_page(void)
{
	return NULL;
}

int npu_compat_ioctl(int fd, uint32_t request, void *args)
{
	(void)fd;
	(void)request;
	(void)args;
	return -ENOSYS;
}
#endif

int npu_bo_new(int fd, uint64_t size, uint32_t flags, struct npu_bo *bo)
{
	struct drm_v3npu_bo_create create = { .size = size, .flags = flags };
	struct drm_v3npu_bo_mmap_offset mmap_offset = {};
	void *map;
	int ret;

	ret = npu_ioctl(fd, DRM_IOCTL_V3NPU_BO_CREATE, &create);
	if (ret)
		return ret;
	mmap_offset.handle = create.handle;
	ret = npu_ioctl(fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &mmap_offset);
	if (ret)
		return ret;
	map = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)mmap_offset.offset);
	if (map == MAP_FAILED)
		return -errno;
	*bo = (struct npu_bo){
		.handle = create.handle, .va = create.va, .size = create.size, .map = map,
	};
	return 0;
}

struct npu_bo npu_bo_create(int fd, uint64_t size, uint32_t flags)
{
	struct npu_bo bo;
	int ret = npu_bo_new(fd, size, flags, &bo);

	if (ret)
		errx(1, "a buffer of %llu bytes: %s", (unsigned long long)size, strerror(-ret));
	return bo;
}

void npu_bo_destroy(int fd, struct npu_bo *bo)
{
	munmap(bo->map, bo->size);
	if (drmCloseBufferHandle(fd, bo->handle))
		err(1, "GEM_CLOSE");
}

uint32_t npu_ctx_create(int fd)
{
	struct drm_v3npu_ctx_create create = { .priority = DRM_V3NPU_PRIORITY_NORMAL };

	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create))
		err(1, "CTX_CREATE");
	return create.id;
}

struct drm_v3npu_dev_info npu_dev_info(int fd)
{
	struct drm_v3npu_dev_info info = {};
	struct drm_v3npu_dev_query query = { .size = sizeof(info), .pointer = (uintptr_t)&info };

	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_DEV_QUERY, &query))
		err(1, "DEV_QUERY");
	return info;
}

struct drm_v3npu_ctx_query npu_ctx_query(int fd, uint32_t ctx)
{
	struct drm_v3npu_ctx_query query = { .id = ctx };

	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_QUERY, &query))
		err(1, "CTX_QUERY");
	return query;
}

int npu_submit(int fd, const struct npu_job *job)
{
	struct drm_v3npu_sync in = {
		.handle = job->in,
		.flags = job->in_point ? DRM_V3NPU_SYNC_TIMELINE : 0,
		.point = job->in_point,
	};
	struct drm_v3npu_sync out = {
		.handle = job->out,
		.flags = job->out_point ? DRM_V3NPU_SYNC_TIMELINE : 0,
		.point = job->out_point,
	};
	struct drm_v3npu_bo_ref bos[3] = { { .handle = job->cmds->handle } };
	struct drm_v3npu_submit submit = {
		.ctx = job->ctx,
		.cmds = job->cmds->va,
		.cmds_size = job->cmds_size,
		.in_sync_count = job->in ? 1 : 0,
		.in_syncs = (uintptr_t)&in,
		.out_sync_count = job->out ? 1 : 0,
		.out_syncs = (uintptr_t)&out,
		.bos = (uintptr_t)bos,
		.bo_count = 1,
	};

	if (job->read)
		bos[submit.bo_count++].handle = job->read->handle;
	if (job->write) {
		bos[submit.bo_count].flags = DRM_V3NPU_BO_REF_WRITE;
		bos[submit.bo_count++].handle = job->write->handle;
	}
	return npu_ioctl(fd, DRM_IOCTL_V3NPU_SUBMIT, &submit);
}

uint32_t npu_syncobj(int fd)
{
	uint32_t handle;

	if (drmSyncobjCreate(fd, 0, &handle))
		err(1, "SYNCOBJ_CREATE");
	return handle;
}

int npu_wait(int fd, uint32_t syncobj, unsigned int seconds)
{
	struct sync_fence_info fence = {};
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	int ret, sync_file;

	ret = drmSyncobjWait(fd, &syncobj, 1, npu_time(seconds), 0, NULL);
	if (ret)
		return ret == -ETIME ? -ETIMEDOUT : ret;

	/* A syncobj does not tell how its job ended, a sync file does. */
	if (drmSyncobjExportSyncFile(fd, syncobj, &sync_file)) {
		if (errno != ENODEV)
			err(1, "SYNCOBJ_HANDLE_TO_FD");
		return -ENODEV;
	}
	if (ioctl(sync_file, SYNC_IOC_FILE_INFO, &info))
		err(1, "SYNC_IOC_FILE_INFO");
	close(sync_file);
	return info.status < 0 ? info.status : 0;
}

int npu_run(int fd, struct npu_job job, unsigned int seconds)
{
	int ret;

	job.out = npu_syncobj(fd);
	job.out_point = 0;
	ret = npu_submit(fd, &job);
	if (!ret)
		ret = npu_wait(fd, job.out, seconds);
	drmSyncobjDestroy(fd, job.out);
	return ret;
}

uint32_t npu_stall_running(int fd, uint32_t ctx, struct npu_bo *cmds, uint32_t tag,
			   unsigned int ms)
{
	struct npu_job job = { .ctx = ctx, .out = npu_syncobj(fd) };
	volatile uint8_t *started;
	int ret;

	*cmds = npu_bo_create(fd, 4096, 0);
	started = cmds->map + 2048;
	cmds->map[1024] = 1;
	job.cmds = cmds;
	job.cmds_size = npu_cmd_copy(cmds->map, 0, cmds->va + 1024, cmds->va + 2048, 1);
	job.cmds_size += npu_cmd_stall(cmds->map + job.cmds_size, tag, ms * 1000);
	ret = npu_submit(fd, &job);
	if (ret)
		errx(1, "SUBMIT of a stall: %s", strerror(-ret));
	while (!*started)
		usleep(1000);
	return job.out;
}

void npu_set_power(const char *control)
{
	FILE *f = fopen(npu_sysfs("power/control"), "w");

	if (!f || fputs(control, f) < 0 || fclose(f))
		err(1, "power/control");
}

void npu_break_firmware(uint32_t instruction)
{
	int fd = open(npu_sysfs("resource2"), O_RDWR);
	volatile uint32_t *core;

	if (fd < 0)
		npu_skip("the kernel does not let programs write to a device's memory");
	core = mmap(NULL, V3NPU_FW_LIMIT, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (core == MAP_FAILED)
		npu_skip("it needs iomem=relaxed on the kernel's command line");
	npu_set_power("on");
	for (size_t i = 0; i < V3NPU_FW_LIMIT / 4; i++)
		core[i] = instruction;
	npu_set_power("auto");
	munmap((void *)core, V3NPU_FW_LIMIT);
	close(fd);
}

int64_t npu_time(unsigned int seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec + seconds) * NSEC_PER_SEC + now.tv_nsec;
}

static struct v3npu_cmd_hdr header(uint16_t opcode, uint16_t size, uint32_t tag)
{
	return (struct v3npu_cmd_hdr){ .opcode = opcode, .size = size, .tag = tag };
}

uint32_t npu_cmd_nop(void *at, uint32_t tag)
{
	struct v3npu_cmd_hdr nop = header(V3NPU_OP_NOP, sizeof(nop), tag);

	memcpy(at, &nop, sizeof(nop));
	return sizeof(nop);
}

uint32_t npu_cmd_copy(void *at, uint32_t tag, uint64_t from, uint64_t to, uint32_t bytes)
{
	struct v3npu_cmd_copy copy = {
		.hdr = header(V3NPU_OP_COPY, sizeof(copy), tag),
		.in = { .addr = from, .dim = { 1, 1, 1, bytes }, .stride = { 0, 0, 0, 1 } },
		.out = { .addr = to, .dim = { 1, 1, 1, bytes }, .stride = { 0, 0, 0, 1 } },
	};

	memcpy(at, &copy, sizeof(copy));
	return sizeof(copy);
}

uint32_t npu_cmd_stall(void *at, uint32_t tag, uint32_t usec)
{
	struct v3npu_cmd_stall stall = {
		.hdr = header(V3NPU_OP_STALL, sizeof(stall), tag),
		.usec = usec,
	};

	memcpy(at, &stall, sizeof(stall));
	return sizeof(stall);
}
