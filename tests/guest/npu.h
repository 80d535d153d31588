/* SPDX-License-Identifier: MIT */
/*
 * What the guest tests share: the device, buffers, command streams, and one
 * call for a submission. Functions that the tests are not about end the test
 * program when they fail.
 */
#ifndef TESTS_GUEST_NPU_H
#define TESTS_GUEST_NPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "drm/v3npu_accel.h"
#include "v3npu/cmd.h"

#define NSEC_PER_SEC	1000000000ll

/**
 * struct npu_bo - a buffer
 * @handle: GEM handle
 * @va: NPU address
 * @size: bytes
 * @map: its bytes here
 */
struct npu_bo {
	uint32_t handle;
	uint64_t va;
	uint64_t size;
	uint8_t *map;
};

/**
 * struct npu_job - what npu_submit() submits; 0 and NULL for what a job does not use
 * @ctx: context
 * @cmds: buffer that holds the command stream, from its start
 * @cmds_size: bytes of the stream
 * @in: syncobj to wait for
 * @in_point: point of it, when it is a timeline
 * @out: syncobj to signal
 * @out_point: point of it, when it is a timeline
 * @read: buffer that the job reads
 * @write: buffer that the job writes
 */
struct npu_job {
	uint32_t ctx;
	const struct npu_bo *cmds;
	uint32_t cmds_size;
	uint32_t in;
	uint64_t in_point;
	uint32_t out;
	uint64_t out_point;
	const struct npu_bo *read;
	const struct npu_bo *write;
};

/* The device node: V3NPU_DEVICE, or the first of the driver, or accel0 if there is none. */
const char *npu_path(void);

/* A file of the device in sysfs, valid until the next call. */
const char *npu_sysfs(const char *name);

/* The number in such a file. */
uint64_t npu_sysfs_number(const char *name);

/* End the test as skipped, in the way of kselftest, and say why. */
void npu_skip(const char *why) __attribute__((noreturn));

/* An open device. */
int npu_open(void);

/*
 * Become a user of group render, for whom the device is there as udev would have it.
 * There must be that group.
 */
void npu_become_user(uid_t uid);

/* An ioctl. Return: 0, or -errno. */
int npu_ioctl(int fd, unsigned long request, void *args);

/*
 * A page below 4 GiB, for arguments of npu_compat_ioctl(). NULL where programs cannot
 * call the kernel as 32-bit programs do.
 */
void *npu_compat_page(void);

/* An ioctl as a 32-bit program makes it. Return: 0 or more, or -errno. */
int npu_compat_ioctl(int fd, uint32_t request, void *args);

/* Make a buffer of @size bytes, mapped and zeroed. Return: 0, or -errno. */
int npu_bo_new(int fd, uint64_t size, uint32_t flags, struct npu_bo *bo);

/* The same; it always succeeds. */
struct npu_bo npu_bo_create(int fd, uint64_t size, uint32_t flags);

/* Unmap the buffer and close its handle. */
void npu_bo_destroy(int fd, struct npu_bo *bo);

/* What DEV_QUERY says of the device. */
struct drm_v3npu_dev_info npu_dev_info(int fd);

/* A context of normal priority. */
uint32_t npu_ctx_create(int fd);

/* A context's counters and fault. */
struct drm_v3npu_ctx_query npu_ctx_query(int fd, uint32_t ctx);

/* Submit. Return: 0, or -errno. */
int npu_submit(int fd, const struct npu_job *job);

/* A binary syncobj that is not signalled. */
uint32_t npu_syncobj(int fd);

/*
 * Wait for a syncobj's fence, at most @seconds. Return: 0 when its job is
 * done, the job's negative errno when it failed, -ETIMEDOUT, or -ENODEV when
 * the device is gone.
 */
int npu_wait(int fd, uint32_t syncobj, unsigned int seconds);

/* Submit with an out syncobj of its own, and wait. Return: as npu_wait(), or npu_submit()'s error. */
int npu_run(int fd, struct npu_job job, unsigned int seconds);

/*
 * Submit a job of two commands, a copy and a stall of @ms with @tag, and wait until
 * the stall runs. @cmds becomes the buffer with the stream, at its start. Return:
 * the job's out syncobj.
 */
uint32_t npu_stall_running(int fd, uint32_t ctx, struct npu_bo *cmds, uint32_t tag,
			   unsigned int ms);

/* Write "on" or "auto" to the device's power/control. */
void npu_set_power(const char *control);

/*
 * Turn the device on, and overwrite the firmware in core memory with an instruction;
 * without iomem=relaxed the test is skipped.
 */
void npu_break_firmware(uint32_t instruction);

#define RV32_ILLEGAL	0xffffffffu	/* nor is it an address, where the core still has old code */
#define RV32_LOOP	0x6fu		/* jump to itself */

/* Create a file, and wait until somebody has removed it. */
void npu_wait_for_removal(const char *flag);

/* CLOCK_MONOTONIC, @seconds from now. */
int64_t npu_time(unsigned int seconds);

/* Commands, written to @at. Return: their bytes. */
uint32_t npu_cmd_nop(void *at, uint32_t tag);
uint32_t npu_cmd_copy(void *at, uint32_t tag, uint64_t from, uint64_t to, uint32_t bytes);
uint32_t npu_cmd_stall(void *at, uint32_t tag, uint32_t usec);

#endif /* TESTS_GUEST_NPU_H */
