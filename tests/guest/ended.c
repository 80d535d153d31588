// SPDX-License-Identifier: MIT
/* Contexts whose jobs fail again and again are ended; who is guilty, and who is not. */
#include <errno.h>
#include <unistd.h>

#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE	4096ul
#define HANG_MS	500000
#define MANY	8	/* more than a context has on the NPU at once */

FIXTURE(ended)
{
	int fd;
	uint32_t ctx;
	uint32_t max;
	unsigned int wait_s;
	struct npu_bo good, bad, hung;
	struct npu_job nop, fault, hang;
};

FIXTURE_SETUP(ended)
{
	struct drm_v3npu_dev_info info;

	self->fd = npu_open();
	info = npu_dev_info(self->fd);
	self->max = info.max_failed_in_row;
	self->wait_s = 8 * (info.job_timeout_ms / 1000 + 1) + 20;
	self->ctx = npu_ctx_create(self->fd);
	self->good = npu_bo_create(self->fd, PAGE, 0);
	self->bad = npu_bo_create(self->fd, PAGE, 0);
	self->hung = npu_bo_create(self->fd, PAGE, 0);
	self->nop = (struct npu_job){ .ctx = self->ctx, .cmds = &self->good };
	self->nop.cmds_size = npu_cmd_nop(self->good.map, 1);
	self->fault = (struct npu_job){ .ctx = self->ctx, .cmds = &self->bad };
	self->fault.cmds_size = npu_cmd_copy(self->bad.map, 2, 0x1000, 0x2000, 1);
	self->hang = (struct npu_job){ .ctx = self->ctx, .cmds = &self->hung };
	self->hang.cmds_size = npu_cmd_stall(self->hung.map, 3, HANG_MS * 1000);
}

FIXTURE_TEARDOWN(ended)
{
	close(self->fd);
}

TEST_F(ended, faults_in_a_row_end_a_context)
{
	struct drm_v3npu_ctx_query query;

	for (uint32_t i = 0; i < self->max; i++) {
		EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).state, DRM_V3NPU_CTX_ACTIVE);
		EXPECT_EQ(npu_run(self->fd, self->fault, 20), -EFAULT);
		EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).failed_in_row, i + 1);
	}
	EXPECT_EQ(npu_submit(self->fd, &self->nop), -ECANCELED);
	query = npu_ctx_query(self->fd, self->ctx);
	EXPECT_EQ(query.state, DRM_V3NPU_CTX_ENDED);
	EXPECT_EQ(query.fault, DRM_V3NPU_FAULT_MMU);
	EXPECT_EQ(query.fault_cmd_tag, 2);
	EXPECT_EQ(query.jobs_failed, self->max);
	EXPECT_EQ(query.resets_guilty, 0);

	/* Others of the same file are as they were, and new ones begin anew. */
	self->nop.ctx = npu_ctx_create(self->fd);
	EXPECT_EQ(npu_run(self->fd, self->nop, 20), 0);
	EXPECT_EQ(npu_ctx_query(self->fd, self->nop.ctx).state, DRM_V3NPU_CTX_ACTIVE);
}

TEST_F(ended, a_good_job_between_them_clears_the_count)
{
	for (uint32_t i = 0; i < 2 * self->max; i++) {
		EXPECT_EQ(npu_run(self->fd, self->fault, 20), -EFAULT);
		if (i % 2) {
			EXPECT_EQ(npu_run(self->fd, self->nop, 20), 0);
			EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).failed_in_row, 0);
		}
	}
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).state, DRM_V3NPU_CTX_ACTIVE);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).jobs_failed, 2 * self->max);
}

/* What an older program passes ends before the state. */
TEST_F(ended, query_of_an_older_program)
{
	const unsigned int old = offsetof(struct drm_v3npu_ctx_query, state);
	struct drm_v3npu_ctx_query query = { .id = self->ctx, .state = 77 };
	unsigned long request = DRM_IOCTL_V3NPU_CTX_QUERY;

	EXPECT_EQ(npu_run(self->fd, self->fault, 20), -EFAULT);
	request = _IOC(_IOC_DIR(request), _IOC_TYPE(request), _IOC_NR(request), old);
	ASSERT_EQ(npu_ioctl(self->fd, request, &query), 0);
	EXPECT_EQ(query.jobs_failed, 1);
	EXPECT_EQ(query.state, 77);
}

TEST_F_TIMEOUT(ended, hangs_in_a_row_end_a_context, 240)
{
	uint32_t outs[MANY], other = npu_ctx_create(self->fd), innocent;
	struct drm_v3npu_ctx_query query;
	struct npu_job behind = self->nop;

	for (int i = 0; i < MANY; i++) {
		outs[i] = npu_syncobj(self->fd);
		self->hang.out = outs[i];
		ASSERT_EQ(npu_submit(self->fd, &self->hang), 0);
	}
	/* Of the same user, and so it may wait for the first. */
	behind.ctx = other;
	innocent = npu_syncobj(self->fd);
	behind.out = innocent;
	ASSERT_EQ(npu_submit(self->fd, &behind), 0);

	for (uint32_t i = 0; i < MANY; i++)
		EXPECT_EQ(npu_wait(self->fd, outs[i], self->wait_s),
			  i < self->max ? -ETIME : -ECANCELED);
	EXPECT_EQ(npu_submit(self->fd, &self->nop), -ECANCELED);
	query = npu_ctx_query(self->fd, self->ctx);
	EXPECT_EQ(query.state, DRM_V3NPU_CTX_ENDED);
	EXPECT_EQ(query.fault, DRM_V3NPU_FAULT_TIMEOUT);
	EXPECT_EQ(query.failed_in_row, self->max);
	EXPECT_EQ(query.resets_guilty, self->max);
	EXPECT_EQ(query.resets_innocent, 0);

	EXPECT_EQ(npu_wait(self->fd, innocent, 20), 0);
	query = npu_ctx_query(self->fd, other);
	EXPECT_EQ(query.state, DRM_V3NPU_CTX_ACTIVE);
	EXPECT_EQ(query.resets_guilty, 0);
	/* Its turn came after the first hang, unless it came before. */
	EXPECT_LE(query.resets_innocent, 1);

	self->nop.ctx = npu_ctx_create(self->fd);
	EXPECT_EQ(npu_run(self->fd, self->nop, 20), 0);
}

TEST_F_TIMEOUT(ended, who_waits_meanwhile_is_innocent, 120)
{
	struct npu_bo cmds;
	struct npu_job behind = { .ctx = npu_ctx_create(self->fd), .cmds = &self->good };
	uint32_t hung = npu_stall_running(self->fd, self->ctx, &cmds, 4, HANG_MS);

	behind.cmds_size = self->nop.cmds_size;
	behind.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &behind), 0);
	EXPECT_EQ(npu_wait(self->fd, hung, self->wait_s), -ETIME);
	EXPECT_EQ(npu_wait(self->fd, behind.out, 20), 0);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).resets_guilty, 1);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).resets_innocent, 0);
	EXPECT_EQ(npu_ctx_query(self->fd, behind.ctx).resets_guilty, 0);
	EXPECT_EQ(npu_ctx_query(self->fd, behind.ctx).resets_innocent, 1);
}

TEST_HARNESS_MAIN
