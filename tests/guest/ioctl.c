// SPDX-License-Identifier: MIT
/* What is the same for all ioctls: where the arguments are, how large, who calls. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE	4096ul

FIXTURE(ioctl)
{
	int fd;
	uint8_t *page;	/* a page for arguments; the one after it is not mapped */
};

/* What the ioctl returns when its arguments are all 0, or all ones. */
FIXTURE_VARIANT(ioctl)
{
	unsigned long request;
	int zeroes;
	int ones;
};

#define VARIANT(name, REQUEST, zeroes_return, ones_return)		\
	FIXTURE_VARIANT_ADD(ioctl, name) {				\
		.request = DRM_IOCTL_V3NPU_##REQUEST,			\
		.zeroes = zeroes_return,				\
		.ones = ones_return,					\
	}

VARIANT(dev_query, DEV_QUERY, 0, -EINVAL);
VARIANT(bo_create, BO_CREATE, -EINVAL, -EINVAL);
VARIANT(bo_mmap_offset, BO_MMAP_OFFSET, -ENOENT, -EINVAL);
VARIANT(bo_info, BO_INFO, -ENOENT, -ENOENT);
VARIANT(bo_wait, BO_WAIT, -ENOENT, -EINVAL);
VARIANT(ctx_create, CTX_CREATE, 0, -EINVAL);
VARIANT(ctx_destroy, CTX_DESTROY, -ENOENT, -EINVAL);
VARIANT(ctx_query, CTX_QUERY, -ENOENT, -ENOENT);
VARIANT(submit, SUBMIT, -EINVAL, -EINVAL);
VARIANT(job_query, JOB_QUERY, -ENOENT, -ENOENT);

FIXTURE_SETUP(ioctl)
{
	self->fd = npu_open();
	self->page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	ASSERT_NE(self->page, MAP_FAILED);
	ASSERT_EQ(munmap(self->page + PAGE, PAGE), 0);
}

FIXTURE_TEARDOWN(ioctl)
{
	munmap(self->page, PAGE);
	close(self->fd);
}

/* The same ioctl with arguments of another size, or another direction. */
static unsigned long with_size(unsigned long request, size_t size)
{
	return _IOC(_IOC_DIR(request), _IOC_TYPE(request), _IOC_NR(request), size);
}

static unsigned long with_direction(unsigned long request, unsigned int direction)
{
	return _IOC(direction, _IOC_TYPE(request), _IOC_NR(request), _IOC_SIZE(request));
}

TEST_F(ioctl, zeroes)
{
	EXPECT_EQ(npu_ioctl(self->fd, variant->request, self->page), variant->zeroes);
}

TEST_F(ioctl, ones)
{
	memset(self->page, 0xff, PAGE);
	EXPECT_EQ(npu_ioctl(self->fd, variant->request, self->page), variant->ones);
}

TEST_F(ioctl, arguments_that_are_not_mapped)
{
	EXPECT_EQ(npu_ioctl(self->fd, variant->request, NULL), -EFAULT);
	EXPECT_EQ(npu_ioctl(self->fd, variant->request, (void *)-PAGE), -EFAULT);
	EXPECT_EQ(npu_ioctl(self->fd, variant->request, self->page + PAGE), -EFAULT);
	/* But for their last byte */
	EXPECT_EQ(npu_ioctl(self->fd, variant->request,
			    self->page + PAGE - _IOC_SIZE(variant->request) + 1), -EFAULT);
	EXPECT_EQ(npu_ioctl(self->fd, variant->request,
			    self->page + PAGE - _IOC_SIZE(variant->request)), variant->zeroes);
}

TEST_F(ioctl, arguments_that_cannot_be_written)
{
	int wanted = _IOC_DIR(variant->request) & _IOC_READ ? -EFAULT : variant->zeroes;

	ASSERT_EQ(mprotect(self->page, PAGE, PROT_READ), 0);
	EXPECT_EQ(npu_ioctl(self->fd, variant->request, self->page), wanted);
}

TEST_F(ioctl, arguments_that_are_not_aligned)
{
	EXPECT_EQ(npu_ioctl(self->fd, variant->request, self->page + 1), variant->zeroes);
}

/* What an older program does not pass is 0. */
TEST_F(ioctl, smaller_arguments)
{
	memset(self->page + 4, 0xff, PAGE - 4);
	EXPECT_EQ(npu_ioctl(self->fd, with_size(variant->request, 4), self->page),
		  variant->zeroes);
	EXPECT_EQ(self->page[4], 0xff);
	EXPECT_EQ(npu_ioctl(self->fd, with_size(variant->request, 0), self->page),
		  variant->zeroes);
}

/* What a newer program passes and the driver does not know stays as it is. */
TEST_F(ioctl, larger_arguments)
{
	size_t size = _IOC_SIZE(variant->request);

	memset(self->page + size, 0xa5, PAGE - size);
	EXPECT_EQ(npu_ioctl(self->fd, with_size(variant->request, size + 64), self->page),
		  variant->zeroes);
	for (size_t i = size; i < size + 128; i++)
		ASSERT_EQ(self->page[i], 0xa5);
}

/* Without a direction nothing is copied: the arguments are 0, and results are lost. */
TEST_F(ioctl, no_direction)
{
	memset(self->page, 0xff, PAGE);
	EXPECT_EQ(npu_ioctl(self->fd, with_direction(variant->request, _IOC_NONE), self->page),
		  variant->zeroes);
	for (size_t i = 0; i < _IOC_SIZE(variant->request); i++)
		ASSERT_EQ(self->page[i], 0xff);
}

TEST_F(ioctl, file_that_was_opened_to_read)
{
	int fd = open(npu_path(), O_RDONLY | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(npu_ioctl(fd, variant->request, self->page), variant->zeroes);
	close(fd);
}

TEST_F(ioctl, file_that_is_closed)
{
	int fd = dup(self->fd);

	/* Its description is still open. */
	close(fd);
	EXPECT_EQ(npu_ioctl(fd, variant->request, self->page), -EBADF);
	EXPECT_EQ(npu_ioctl(self->fd, variant->request, self->page), variant->zeroes);
}

/* What 32-bit programs do. */
TEST_F(ioctl, compat)
{
	uint8_t *low = npu_compat_page();

	if (!low)
		SKIP(return, "the kernel has no 32-bit system calls");
	EXPECT_EQ(npu_compat_ioctl(self->fd, (uint32_t)variant->request, low), variant->zeroes);
	memset(low, 0xff, PAGE);
	EXPECT_EQ(npu_compat_ioctl(self->fd, (uint32_t)variant->request, low), variant->ones);
	EXPECT_EQ(npu_compat_ioctl(self->fd, (uint32_t)variant->request, NULL), -EFAULT);
	munmap(low, PAGE);
}

/*
 * Every type and number, of some sizes. Those that DRM has do something or other with
 * arguments that are 0; other types are none of its, whatever their number.
 */
static int try_all(int fd, int (*call)(int fd, uint32_t request, void *args), void *args)
{
	static const unsigned int sizes[] = { 0, 4, 8, 16, 64 };
	int bad = 0, ret;

	for (uint32_t i = 0; i < 256 * 256; i++) {
		unsigned int type = i / 256, number = i % 256, size = sizes[i % 5];

		memset(args, 0, PAGE);
		ret = call(fd, _IOC(_IOC_READ | _IOC_WRITE, type, number, size), args);
		/* FIOASYNC and its like, which the kernel answers for every file */
		if (type != DRM_IOCTL_BASE && ret != -ENOTTY && type != 'T' && type != 'f')
			bad++;
	}
	return bad;
}

static int native_ioctl(int fd, uint32_t request, void *args)
{
	return npu_ioctl(fd, request, args);
}

TEST(every_type_and_number)
{
	static uint8_t args[PAGE];
	void *low = npu_compat_page();
	int fd = npu_open();

	EXPECT_EQ(try_all(fd, native_ioctl, args), 0);
	if (low)
		EXPECT_EQ(try_all(fd, npu_compat_ioctl, low), 0);
	/* It still works. */
	npu_ctx_query(fd, npu_ctx_create(fd));
	close(fd);
}

/* As DRM has these two for 32-bit programs. */
TEST(compat_ioctls_that_need_a_master_are_refused)
{
	void *low = npu_compat_page();
	int fd = npu_open();

	if (!low)
		SKIP(return, "the kernel has no 32-bit system calls");
	EXPECT_EQ(npu_compat_ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE, 1, 8), low),
		  -EOPNOTSUPP);
	EXPECT_EQ(npu_compat_ioctl(fd, DRM_IOCTL_GET_MAGIC, low), -EOPNOTSUPP);
	/* drmGetVersion() of a 32-bit libdrm */
	EXPECT_EQ(npu_compat_ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE, 0, 36), low),
		  0);
	close(fd);
	munmap(low, PAGE);
}

TEST(ioctl_numbers_that_do_not_exist)
{
	uint64_t args[32] = {};
	int fd = npu_open();

	for (unsigned int nr = DRM_V3NPU_JOB_QUERY + 1; nr < DRM_COMMAND_END - DRM_COMMAND_BASE; nr++)
		EXPECT_EQ(npu_ioctl(fd, DRM_IOWR(DRM_COMMAND_BASE + nr, args), args), -EINVAL);
	/* Nor those of another kind of file */
	EXPECT_EQ(npu_ioctl(fd, TCGETS, args), -ENOTTY);
	close(fd);
}

TEST_HARNESS_MAIN
