// SPDX-License-Identifier: MIT
/*
 * Lets every memory allocation of an operation fail, one after the other: the
 * kernel's "fail-nth" (Documentation/fault-injection) makes the calling task's
 * N-th allocation fail, and N grows until the operation has none left. Each
 * must end with ENOMEM or succeed nevertheless, and the device works afterwards.
 *
 * TAP on standard output. Runs as root in the guest, with the driver loaded.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <xf86drm.h>

#include "npu.h"

#define PAGE		4096ul
#define BUFFER_PAGES	16
/* More than any operation allocates: past this it has no end */
#define FAULTS_MAX	20000

/* What the operations work on, made anew for each of their runs. */
struct bench {
	int fd;			/* file of the device */
	int other;		/* another one */
	int dmabuf;		/* buffer of @other, or pages of a memfd */
	uint32_t ctx, in, out;
	struct npu_bo cmds;
	uint32_t cmds_size;
};

/**
 * struct operation - something that allocates memory
 * @name: for people
 * @prepare: makes what @run needs, without faults; or NULL
 * @run: the operation; 0 or a negative errno
 * @finish: undoes both, whether or not @run succeeded; or NULL
 */
struct operation {
	const char *name;
	void (*prepare)(struct bench *bench);
	int (*run)(struct bench *bench);
	void (*finish)(struct bench *bench);
};

static int fail_nth;	/* the file */
static unsigned int total_failed;	/* operations */

/* Let the N-th allocation from now on fail; 0: none. */
static void set_faults(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, (size_t)len, 0) != len)
		err(1, "fail-nth");
}

/* Whether the allocation was reached and failed. */
static bool fault_happened(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 1)
		err(1, "fail-nth");
	set_faults(0);
	return !atoi(text);
}

static void attribute(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		err(1, "%s", path);
	close(fd);
}

/* The addresses of a function of the kernel, from /proc/kallsyms. */
static void function_range(const char *function, unsigned long long range[2])
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char name[256];

	range[0] = range[1] = 0;
	/* In the order of their addresses, those of modules last */
	while (symbols && fscanf(symbols, "%llx %*c %255s%*[^\n]", &address, name) == 2) {
		if (!range[0] && !strcmp(name, function))
			range[0] = address;
		else if (range[0] && address > range[0]) {
			range[1] = address;
			break;
		}
	}
	if (!range[1])
		errx(1, "no %s in /proc/kallsyms", function);
	fclose(symbols);
}

/* Let only those fail that have, or have not ("require", "reject"), a function as caller. */
static void filter_callers(const char *kind, const char *function)
{
	static const char *const injectors[] = { "failslab", "fail_page_alloc" };
	static const char *const ends[] = { "start", "end" };
	unsigned long long range[2];
	char name[64], value[32];

	function_range(function, range);
	for (int i = 0; i < 2; i++) {
		for (int end = 0; end < 2; end++) {
			snprintf(name, sizeof(name), "%s/%s-%s", injectors[i], kind, ends[end]);
			snprintf(value, sizeof(value), "0x%llx", range[end]);
			attribute(name, value);
		}
	}
}

/* All allocations may fail, quietly: the kernel's log is for what goes wrong then. */
static bool faults_available(void)
{
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_nth < 0)
		return false;
	attribute("failslab/ignore-gfp-wait", "N");
	attribute("failslab/verbose", "0");
	attribute("fail_page_alloc/ignore-gfp-wait", "N");
	attribute("fail_page_alloc/ignore-gfp-highmem", "N");
	attribute("fail_page_alloc/min-order", "0");
	attribute("fail_page_alloc/verbose", "0");
	return true;
}

static bool device_works(void)
{
	int fd = npu_open();
	struct npu_bo cmds = npu_bo_create(fd, PAGE, 0);
	struct npu_job job = { .ctx = npu_ctx_create(fd), .cmds = &cmds };
	bool works;

	cmds.map[1024] = 99;
	job.cmds_size = npu_cmd_copy(cmds.map, 0, cmds.va + 1024, cmds.va + 2048, 1);
	works = !npu_run(fd, job, 30) && cmds.map[2048] == 99;
	munmap(cmds.map, PAGE);
	close(fd);
	return works;
}

/* Let every allocation of the operation fail. Return whether all went well. */
static bool faults(const struct operation *op)
{
	unsigned int nth, reached = 0, failed = 0;
	struct bench bench;
	bool happened;
	int ret;

	for (nth = 1; nth <= FAULTS_MAX; nth++) {
		bench = (struct bench){ .fd = -1, .other = -1, .dmabuf = -1 };
		if (op->prepare)
			op->prepare(&bench);
		set_faults(nth);
		ret = op->run(&bench);
		happened = fault_happened();
		if (op->finish)
			op->finish(&bench);

		reached += happened;
		failed += happened && ret;
		/* shmem says ENOSPC when it gets no inode */
		if (ret && (!happened || (ret != -ENOMEM && ret != -ENOSPC))) {
			printf("# %s: allocation %u, %s: %s\n", op->name, nth,
			       happened ? "failed" : "not reached", strerror(-ret));
			return false;
		}
		if (!happened)
			break;
	}
	printf("# %s: %u allocations failed, and %u times the operation\n", op->name, reached,
	       failed);
	total_failed += failed;
	return nth <= FAULTS_MAX && device_works();
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void close_files(struct bench *bench)
{
	if (bench->cmds.map)
		munmap(bench->cmds.map, bench->cmds.size);
	close_if_open(bench->dmabuf);
	close_if_open(bench->other);
	close_if_open(bench->fd);
}

static void open_file(struct bench *bench)
{
	bench->fd = npu_open();
}

static int run_open(struct bench *bench)
{
	bench->fd = open(npu_path(), O_RDWR | O_CLOEXEC);
	return bench->fd < 0 ? -errno : 0;
}

static int run_bo_create(struct bench *bench)
{
	struct drm_v3npu_bo_create create = { .size = BUFFER_PAGES * PAGE };

	return npu_ioctl(bench->fd, DRM_IOCTL_V3NPU_BO_CREATE, &create);
}

static int run_ctx_create(struct bench *bench)
{
	struct drm_v3npu_ctx_create create = { .priority = DRM_V3NPU_PRIORITY_NORMAL };

	return npu_ioctl(bench->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create);
}

static void open_job(struct bench *bench)
{
	struct npu_job first = { .cmds = &bench->cmds };

	open_file(bench);
	bench->ctx = npu_ctx_create(bench->fd);
	bench->cmds = npu_bo_create(bench->fd, PAGE, 0);
	bench->cmds_size = npu_cmd_stall(bench->cmds.map, 0, 1000);
	bench->in = npu_syncobj(bench->fd);
	bench->out = npu_syncobj(bench->fd);
	/* There is something to wait for: a dependency to be stored */
	first.ctx = bench->ctx;
	first.cmds_size = bench->cmds_size;
	first.out = bench->in;
	if (npu_submit(bench->fd, &first))
		errx(1, "cannot submit");
}

static int run_submit(struct bench *bench)
{
	struct npu_job job = {
		.ctx = bench->ctx,
		.cmds = &bench->cmds,
		.cmds_size = bench->cmds_size,
		.in = bench->in,
		.out = bench->out,
		.out_point = 1,
		.write = &bench->cmds,
	};

	return npu_submit(bench->fd, &job);
}

/* All or none, and none leaves nothing behind; entries that have grown */
static int run_submit_several(struct bench *bench)
{
	struct { struct drm_v3npu_sync sync; uint64_t more; } in = { { .handle = bench->in }, 0 };
	struct { struct drm_v3npu_sync sync; uint64_t more; } out = {
		{ .handle = bench->out, .flags = DRM_V3NPU_SYNC_TIMELINE, .point = 1 }, 0
	};
	struct { struct drm_v3npu_bo_ref ref; uint64_t more; } bo = {
		{ .handle = bench->cmds.handle, .flags = DRM_V3NPU_BO_REF_WRITE }, 0
	};
	struct { struct drm_v3npu_job job; uint64_t more; } jobs[3] = {};
	struct drm_v3npu_submit args = {
		.ctx = bench->ctx,
		.in_sync_stride = sizeof(in),
		.out_sync_stride = sizeof(out),
		.bo_stride = sizeof(bo),
		.job_stride = sizeof(jobs[0]),
		.jobs = (uintptr_t)jobs,
		.job_count = 3,
	};

	for (unsigned int i = 0; i < 3; i++)
		jobs[i].job = (struct drm_v3npu_job){
			.cmds = bench->cmds.va,
			.cmds_size = bench->cmds_size,
			.in_syncs = (uintptr_t)&in,
			.in_sync_count = 1,
			.out_syncs = (uintptr_t)&out,
			.out_sync_count = 1,
			.bos = (uintptr_t)&bo,
			.bo_count = 1,
		};
	return npu_ioctl(bench->fd, DRM_IOCTL_V3NPU_SUBMIT, &args);
}

static void open_export(struct bench *bench)
{
	bench->other = npu_open();
	bench->cmds = npu_bo_create(bench->other, BUFFER_PAGES * PAGE, 0);
}

static int run_export(struct bench *bench)
{
	return drmPrimeHandleToFD(bench->other, bench->cmds.handle, DRM_CLOEXEC | DRM_RDWR,
				  &bench->dmabuf) ? -errno : 0;
}

static void open_import(struct bench *bench)
{
	open_file(bench);
	open_export(bench);
	if (run_export(bench))
		errx(1, "cannot export");
}

static int run_import(struct bench *bench)
{
	uint32_t handle;

	return drmPrimeFDToHandle(bench->fd, bench->dmabuf, &handle) ? -errno : 0;
}

/* Memory of another driver */
static void open_foreign_import(struct bench *bench)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC };
	int memfd = memfd_create("faults", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	int udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);

	open_file(bench);
	create.memfd = (uint32_t)memfd;
	create.size = BUFFER_PAGES * PAGE;
	if (memfd < 0 || udmabuf < 0 || ftruncate(memfd, (off_t)create.size) ||
	    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		err(1, "udmabuf");
	bench->dmabuf = ioctl(udmabuf, UDMABUF_CREATE, &create);
	if (bench->dmabuf < 0)
		err(1, "UDMABUF_CREATE");
	close(memfd);
	close(udmabuf);
}

/* Closing cannot fail, whatever does. */
static int run_close(struct bench *bench)
{
	close(bench->fd);
	bench->fd = -1;
	return 0;
}

static void unload(struct bench *bench)
{
	(void)bench;
	if (syscall(SYS_delete_module, "v3npu", O_NONBLOCK) && errno != ENOENT)
		err(1, "rmmod v3npu");
}

/*
 * Only what the driver's probing allocates is of interest, and drm_dev_init()
 * of Linux 6.12 does not survive its failures: drm_minor_alloc_release() puts a
 * device that is an error pointer.
 */
static void prepare_load(struct bench *bench)
{
	static bool filtered;

	if (!filtered) {
		filter_callers("require", "pci_device_probe");
		filter_callers("reject", "drm_dev_init");
		filtered = true;
	}
	unload(bench);
}

/* Loading the module, which probes the device; without one it was a failure, too. */
static int run_load(struct bench *bench)
{
	static char path[256];
	struct utsname name;
	int fd, ret;

	(void)bench;
	if (!path[0]) {
		uname(&name);
		snprintf(path, sizeof(path), "/lib/modules/%.64s/updates/v3npu.ko", name.release);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	if (ret)
		return ret;
	return access(npu_path(), F_OK) ? -ENOMEM : 0;
}

static const struct operation operations[] = {
	{ "open", NULL, run_open, close_files },
	{ "close", open_job, run_close, close_files },
	{ "BO_CREATE", open_file, run_bo_create, close_files },
	{ "CTX_CREATE", open_file, run_ctx_create, close_files },
	{ "SUBMIT", open_job, run_submit, close_files },
	{ "SUBMIT of several jobs", open_job, run_submit_several, close_files },
	{ "export of a buffer", open_export, run_export, close_files },
	{ "import of a buffer", open_import, run_import, close_files },
	{ "import of another driver's buffer", open_foreign_import, run_import, close_files },
	/* The last time, when nothing fails, the module stays */
	{ "probing the device", prepare_load, run_load, NULL },
};

int main(void)
{
	const unsigned int count = sizeof(operations) / sizeof(*operations);
	unsigned int i;
	bool good;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!faults_available()) {
		printf("1..0 # SKIP this kernel cannot inject faults\n");
		return 0;
	}
	printf("1..%u\n", count + 1);
	for (i = 0; i < count; i++) {
		good = faults(&operations[i]);
		printf("%sok %u - every allocation of %s may fail\n", good ? "" : "not ", i + 1,
		       operations[i].name);
	}
	printf("%sok %u - allocations did fail\n", total_failed ? "" : "not ", count + 1);
	return 0;
}
