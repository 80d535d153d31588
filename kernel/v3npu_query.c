// SPDX-License-Identifier: GPL-2.0-only
/* DEV_QUERY: what programs can ask about the device, and about themselves. */

#include <linux/minmax.h>
#include <linux/uaccess.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>

#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_query.h"

/* Programs have room for as much as they know */
static int v3npu_query_copy(struct drm_v3npu_dev_query *args, const void *answer, u32 size)
{
	if (!args->pointer) {
		args->size = size;
		return 0;
	}

	args->size = min(args->size, size);
	if (copy_to_user(u64_to_user_ptr(args->pointer), answer, args->size))
		return -EFAULT;

	return 0;
}

int v3npu_dev_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_v3npu_dev_priorities priorities = {};
	struct v3npu_device *vdev = to_v3npu_device(drm);
	struct drm_v3npu_dev_query *args = data;

	switch (args->type) {
	case DRM_V3NPU_DEV_QUERY_INFO:
		return v3npu_query_copy(args, &vdev->info, sizeof(vdev->info));
	case DRM_V3NPU_DEV_QUERY_PRIORITIES:
		priorities.allowed = v3npu_ctx_allowed_priorities();
		return v3npu_query_copy(args, &priorities, sizeof(priorities));
	default:
		return -EINVAL;
	}
}
