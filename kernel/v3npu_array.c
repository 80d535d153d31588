// SPDX-License-Identifier: GPL-2.0-only
/* Arrays that programs pass, with entries of another size than the driver's. */

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <kunit/visibility.h>

#include "drm/v3npu_accel.h"

#include "v3npu_array.h"

/**
 * v3npu_array_check() - look at an array's stride
 * @stride: bytes from one entry to the next; 0 for @size
 * @size: bytes of an entry in version 1.0 of the interface
 *
 * Return: 0 or -EINVAL.
 */
int v3npu_array_check(u32 stride, size_t size)
{
	if (!stride)
		return 0;

	return stride < size || stride > DRM_V3NPU_STRIDE_MAX ? -EINVAL : 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_array_check);

static int v3npu_array_copy_entries(u8 *to, u64 user, u32 count, u32 stride, size_t size)
{
	int ret = 0;
	u64 end;
	u32 i;

	if (check_add_overflow(user, (u64)count * stride, &end))
		return -EFAULT;

	for (i = 0; i < count && !ret; i++)
		ret = copy_struct_from_user(to + i * size, size,
					    u64_to_user_ptr(user + (u64)i * stride), stride);

	return ret;
}

/**
 * v3npu_array_copy() - copy an array from user space
 * @array: where the copy is returned, for kvfree(); NULL when there is none
 * @user: user address
 * @count: entries, of which the caller knows that they are not too many
 * @stride: bytes from one to the next, checked by v3npu_array_check(); 0 for @size
 * @size: bytes of an entry of the copy
 *
 * What is beyond @size in an entry must be 0.
 *
 * Return: 0; -EFAULT; -ENOMEM; -E2BIG when it is not 0.
 */
int v3npu_array_copy(void **array, u64 user, u32 count, u32 stride, size_t size)
{
	void *copy;
	int ret;

	*array = NULL;
	if (!count)
		return 0;

	if (!stride || stride == size) {
		copy = vmemdup_array_user(u64_to_user_ptr(user), count, size);
		if (IS_ERR(copy))
			return PTR_ERR(copy);
		*array = copy;
		return 0;
	}

	copy = kvmalloc_array(count, size, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	ret = v3npu_array_copy_entries(copy, user, count, stride, size);
	if (ret) {
		kvfree(copy);
		return ret;
	}
	*array = copy;

	return 0;
}
