// SPDX-License-Identifier: MIT
/* CTX_CREATE, CTX_DESTROY, CTX_QUERY. */
#include <errno.h>
#include <grp.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "npu.h"

FIXTURE(ctx)
{
	int fd;
};

FIXTURE_SETUP(ctx)
{
	self->fd = npu_open();
}

FIXTURE_TEARDOWN(ctx)
{
	close(self->fd);
}

static int create(int fd, uint32_t priority, uint32_t *id)
{
	struct drm_v3npu_ctx_create args = { .priority = priority };
	int ret = npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_CREATE, &args);

	if (!ret && id)
		*id = args.id;
	return ret;
}

static int destroy(int fd, uint32_t id)
{
	struct drm_v3npu_ctx_destroy args = { .id = id };

	return npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &args);
}

static int query(int fd, uint32_t id)
{
	struct drm_v3npu_ctx_query args = { .id = id };

	return npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_QUERY, &args);
}

TEST_F(ctx, create_query_destroy)
{
	struct drm_v3npu_ctx_query args;
	uint32_t id = 0;

	ASSERT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_NORMAL, &id), 0);
	EXPECT_NE(id, 0);
	args = npu_ctx_query(self->fd, id);
	EXPECT_EQ(args.id, id);
	EXPECT_EQ(args.fault, DRM_V3NPU_FAULT_NONE);
	EXPECT_EQ(args.jobs_done, 0);
	EXPECT_EQ(args.jobs_failed, 0);
	EXPECT_EQ(args.cycles, 0);
	EXPECT_EQ(destroy(self->fd, id), 0);
	EXPECT_EQ(destroy(self->fd, id), -ENOENT);
	EXPECT_EQ(query(self->fd, id), -ENOENT);
}

TEST_F(ctx, create_rejects_bad_arguments)
{
	struct drm_v3npu_ctx_create flags = { .flags = 1 };
	struct drm_v3npu_ctx_create pad = { .pad = 1 };

	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &flags), -EINVAL);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &pad), -EINVAL);
	EXPECT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_REALTIME + 1, NULL), -EINVAL);
	EXPECT_EQ(create(self->fd, ~0u, NULL), -EINVAL);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_CREATE, NULL), -EFAULT);
}

TEST_F(ctx, destroy_rejects_bad_arguments)
{
	struct drm_v3npu_ctx_destroy pad = { .id = npu_ctx_create(self->fd), .pad = 1 };

	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &pad), -EINVAL);
	EXPECT_EQ(destroy(self->fd, 0), -ENOENT);
	EXPECT_EQ(destroy(self->fd, ~0u), -ENOENT);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, NULL), -EFAULT);
	EXPECT_EQ(destroy(self->fd, pad.id), 0);
}

TEST_F(ctx, query_rejects_bad_arguments)
{
	EXPECT_EQ(query(self->fd, 0), -ENOENT);
	EXPECT_EQ(query(self->fd, ~0u), -ENOENT);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_QUERY, NULL), -EFAULT);
}

TEST_F(ctx, contexts_of_another_file_are_rejected)
{
	int other = npu_open();
	uint32_t id = 0;

	/* So that the number does not exist in both. */
	npu_ctx_create(other);
	ASSERT_EQ(create(other, DRM_V3NPU_PRIORITY_LOW, &id), 0);
	EXPECT_EQ(query(self->fd, id), -ENOENT);
	EXPECT_EQ(destroy(self->fd, id), -ENOENT);
	EXPECT_EQ(query(other, id), 0);
	close(other);
}

TEST_F(ctx, number_of_contexts_is_limited)
{
	uint32_t max = npu_dev_info(self->fd).max_contexts, id = 0;

	for (uint32_t i = 0; i < max; i++)
		ASSERT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_LOW, &id), 0);
	EXPECT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_LOW, NULL), -ENOSPC);
	EXPECT_EQ(destroy(self->fd, id), 0);
	EXPECT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_LOW, NULL), 0);
}

TEST_F(ctx, contexts_come_and_go)
{
	/* More than the firmware has numbers for. */
	for (int i = 0; i < 1000; i++) {
		uint32_t id = 0;

		ASSERT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_NORMAL, &id), 0);
		ASSERT_EQ(destroy(self->fd, id), 0);
	}
}

/* What DEV_QUERY says that the process may have, or -errno */
static int allowed(int fd)
{
	struct drm_v3npu_dev_priorities priorities = { .pad = ~0u };
	struct drm_v3npu_dev_query args = {
		.type = DRM_V3NPU_DEV_QUERY_PRIORITIES,
		.pointer = (uintptr_t)&priorities,
		.size = sizeof(priorities),
	};
	int ret = npu_ioctl(fd, DRM_IOCTL_V3NPU_DEV_QUERY, &args);

	if (ret)
		return ret;
	return args.size == sizeof(priorities) && !priorities.pad ? (int)priorities.allowed
								  : -EPROTO;
}

TEST_F(ctx, allowed_priorities)
{
	struct drm_v3npu_dev_query args = { .type = DRM_V3NPU_DEV_QUERY_PRIORITIES };

	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &args), 0);
	EXPECT_EQ(args.size, sizeof(struct drm_v3npu_dev_priorities));
	args.pointer = 8;
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &args), -EFAULT);
}

TEST_F(ctx, root_may_have_all_priorities)
{
	EXPECT_EQ(allowed(self->fd), 0xf);
	for (uint32_t p = DRM_V3NPU_PRIORITY_LOW; p <= DRM_V3NPU_PRIORITY_REALTIME; p++)
		EXPECT_EQ(create(self->fd, p, NULL), 0);
}

TEST_F(ctx, high_priorities_need_a_capability)
{
	ASSERT_EQ(setgroups(0, NULL), 0);
	ASSERT_EQ(setuid(65534), 0);
	EXPECT_EQ(allowed(self->fd), 0x3);
	EXPECT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_LOW, NULL), 0);
	EXPECT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_NORMAL, NULL), 0);
	EXPECT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_HIGH, NULL), -EACCES);
	EXPECT_EQ(create(self->fd, DRM_V3NPU_PRIORITY_REALTIME, NULL), -EACCES);
}

/* DRM would follow a pointer to a master that files of accelerators do not have. */
TEST_F(ctx, ioctls_that_need_a_master_are_refused)
{
	struct drm_unique unique = {};
	struct drm_auth auth = {};

	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_GET_UNIQUE, &unique), -EOPNOTSUPP);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_GET_MAGIC, &auth), -EOPNOTSUPP);
}

TEST_HARNESS_MAIN
