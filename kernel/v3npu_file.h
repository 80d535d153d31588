/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_FILE_H__
#define __V3NPU_FILE_H__

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>

#include "v3npu/regs.h"

#include "v3npu_stats.h"

struct drm_device;
struct drm_file;
struct v3npu_as;
struct v3npu_device;

/* What a file, and a user with all files, can have at a time */
#define V3NPU_FILE_CONTEXTS_MAX	64
#define V3NPU_FILE_BOS_MAX	65536
#define V3NPU_FILE_JOBS_MAX	16384
#define V3NPU_USER_CONTEXTS_MAX	128

/**
 * struct v3npu_users - who uses the device
 * @list: of struct v3npu_user, those that have files
 * @contexts: of all users
 * @numbers: which are taken
 */
struct v3npu_users {
	/** @lock: protects all that follows, and what is in @list */
	struct mutex lock;
	struct list_head list;
	unsigned int contexts;
	DECLARE_BITMAP(numbers, V3NPU_NUM_CTX);
};

/**
 * struct v3npu_user - a user
 * @link: in v3npu_users.list
 * @uid: who opened the files, or made the user name space in which they were opened
 * @files: number of files, freed when it is 0
 * @contexts: of all files, and those that were destroyed but still have jobs
 * @number: while it has contexts, its number for the firmware
 */
struct v3npu_user {
	struct list_head link;
	kuid_t uid;
	unsigned int files;
	unsigned int contexts;
	u32 number;
};

/**
 * struct v3npu_file - one open file
 * @refs: one while it is open, one for each context
 * @vdev: device
 * @user: who opened it
 * @as: its address space
 * @ctxs: its contexts by number
 * @num_bos: handles of buffers
 * @num_jobs: jobs that are not done
 * @stats: what its jobs have cost
 */
struct v3npu_file {
	struct kref refs;
	struct v3npu_device *vdev;
	struct v3npu_user *user;
	struct v3npu_as *as;
	struct xarray ctxs;
	atomic_t num_bos;
	atomic_t num_jobs;
	struct v3npu_file_stats stats;
};

static inline struct v3npu_file *v3npu_file_get(struct v3npu_file *vfile)
{
	kref_get(&vfile->refs);
	return vfile;
}

void v3npu_file_put(struct v3npu_file *vfile);

int v3npu_file_charge_ctx(struct v3npu_file *vfile);
void v3npu_file_uncharge_ctx(struct v3npu_file *vfile);

int v3npu_file_open(struct drm_device *drm, struct drm_file *file);
void v3npu_file_postclose(struct drm_device *drm, struct drm_file *file);

int v3npu_users_init(struct v3npu_device *vdev);

#endif /* __V3NPU_FILE_H__ */
