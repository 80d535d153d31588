// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files, and the users who opened them.
 *
 * What a file can have is limited, so that a program that has lost control of
 * itself does not take memory without end. A user can open any number of files,
 * but contexts are few and for all: those are limited for all files of a user
 * together, to half of what other users leave. Memory is accounted to the control
 * groups of the processes.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include <drm/drm_file.h>
#include <drm/drm_managed.h>

#include "v3npu_as.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"

static struct v3npu_user *v3npu_user_find(struct v3npu_users *users, kuid_t uid)
{
	struct v3npu_user *user;

	list_for_each_entry(user, &users->list, link)
		if (uid_eq(user->uid, uid))
			return user;

	return NULL;
}

/*
 * Who is to answer for the current process. A user can have many user IDs in a name space
 * of its own, but is the one who made that.
 */
static kuid_t v3npu_current_user(void)
{
	const struct user_namespace *ns = current_user_ns();
	kuid_t uid = current_uid();

	for (; ns != &init_user_ns; ns = ns->parent)
		uid = ns->owner;

	return uid;
}

/* The user with a file more; NULL when there is no memory */
static struct v3npu_user *v3npu_user_get(struct v3npu_users *users, kuid_t uid)
{
	struct v3npu_user *user;

	mutex_lock(&users->lock);
	user = v3npu_user_find(users, uid);
	if (!user) {
		user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
		if (user) {
			user->uid = uid;
			list_add(&user->link, &users->list);
		}
	}
	if (user)
		user->files++;
	mutex_unlock(&users->lock);

	return user;
}

static void v3npu_user_put(struct v3npu_users *users, struct v3npu_user *user)
{
	mutex_lock(&users->lock);
	if (!--user->files) {
		list_del(&user->link);
		kfree(user);
	}
	mutex_unlock(&users->lock);
}

/* Whether a user may have one more context, and there is one */
static bool v3npu_user_may_have_ctx(const struct v3npu_users *users,
				    const struct v3npu_user *user)
{
	unsigned int left = V3NPU_NUM_CTX - min(users->contexts, V3NPU_NUM_CTX);

	if (capable(CAP_SYS_RESOURCE))
		return true;

	/* As many as it leaves, so that it takes many users to leave none */
	return user->contexts < min(left, V3NPU_USER_CONTEXTS_MAX);
}

static int v3npu_user_add_ctx(struct v3npu_users *users, struct v3npu_user *user)
{
	lockdep_assert_held(&users->lock);
	if (!v3npu_user_may_have_ctx(users, user))
		return -ENOSPC;

	if (!user->contexts) {
		user->number = find_first_zero_bit(users->numbers, V3NPU_NUM_CTX);
		if (user->number == V3NPU_NUM_CTX)
			return -ENOSPC;
		__set_bit(user->number, users->numbers);
	}
	user->contexts++;
	users->contexts++;

	return 0;
}

/**
 * v3npu_file_charge_ctx() - count a context that is about to be made
 * @vfile: file
 *
 * The user's contexts are limited, but not for CAP_SYS_RESOURCE.
 *
 * Return: 0, or -ENOSPC when the user has too many.
 */
int v3npu_file_charge_ctx(struct v3npu_file *vfile)
{
	struct v3npu_users *users = &vfile->vdev->users;
	int ret;

	mutex_lock(&users->lock);
	ret = v3npu_user_add_ctx(users, vfile->user);
	mutex_unlock(&users->lock);

	return ret;
}

/**
 * v3npu_file_uncharge_ctx() - a context is gone, or could not be made
 * @vfile: file
 */
void v3npu_file_uncharge_ctx(struct v3npu_file *vfile)
{
	struct v3npu_users *users = &vfile->vdev->users;

	mutex_lock(&users->lock);
	users->contexts--;
	if (!--vfile->user->contexts)
		__clear_bit(vfile->user->number, users->numbers);
	mutex_unlock(&users->lock);
}

static void v3npu_file_free(struct kref *refs)
{
	struct v3npu_file *vfile = container_of(refs, struct v3npu_file, refs);
	struct v3npu_users *users = &vfile->vdev->users;
	struct v3npu_user *user = vfile->user;

	/* Before the address space, which may have the last reference on the device */
	v3npu_user_put(users, user);
	v3npu_as_put(vfile->as);
	kfree(vfile);
}

/**
 * v3npu_file_put() - give up a reference
 * @vfile: freed with its last reference; can sleep
 */
void v3npu_file_put(struct v3npu_file *vfile)
{
	kref_put(&vfile->refs, v3npu_file_free);
}

/**
 * v3npu_file_open() - drm_driver.open
 * @drm: device
 * @file: file
 *
 * Return: 0 or a negative error.
 */
int v3npu_file_open(struct drm_device *drm, struct drm_file *file)
{
	struct v3npu_device *vdev = to_v3npu_device(drm);
	struct v3npu_file *vfile;
	int ret = -ENOMEM;

	vfile = kzalloc(sizeof(*vfile), GFP_KERNEL_ACCOUNT);
	if (!vfile)
		return -ENOMEM;

	kref_init(&vfile->refs);
	v3npu_file_stats_init(&vfile->stats);
	vfile->vdev = vdev;
	xa_init_flags(&vfile->ctxs, XA_FLAGS_ALLOC1);
	vfile->user = v3npu_user_get(&vdev->users, v3npu_current_user());
	if (!vfile->user)
		goto err_free;
	vfile->as = v3npu_as_create(vdev);
	if (IS_ERR(vfile->as)) {
		ret = PTR_ERR(vfile->as);
		goto err_put_user;
	}
	file->driver_priv = vfile;

	return 0;

err_put_user:
	v3npu_user_put(&vdev->users, vfile->user);
err_free:
	kfree(vfile);
	return ret;
}

/**
 * v3npu_file_postclose() - drm_driver.postclose
 * @drm: device
 * @file: file without buffers
 */
void v3npu_file_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;

	v3npu_ctx_close_all(vfile);
	v3npu_file_put(vfile);
}

/**
 * v3npu_users_init() - prepare for files
 * @vdev: device
 *
 * Return: 0 or -ENOMEM.
 */
int v3npu_users_init(struct v3npu_device *vdev)
{
	INIT_LIST_HEAD(&vdev->users.list);

	return drmm_mutex_init(&vdev->drm, &vdev->users.lock);
}
