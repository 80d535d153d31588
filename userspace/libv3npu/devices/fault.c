// SPDX-License-Identifier: MIT
/* Why a job failed, in words */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "drm/v3npu_accel.h"
#include "libv3npu/internal.h"
#include "v3npu/cmd_check.h"

static const char *opcode_name(uint32_t opcode)
{
	static const char *const names[V3NPU_NUM_OPCODES] = {
		[V3NPU_OP_NOP] = "NOP",
		[V3NPU_OP_CONV] = "CONV",
		[V3NPU_OP_MATMUL] = "MATMUL",
		[V3NPU_OP_ELTWISE] = "ELTWISE",
		[V3NPU_OP_POOL] = "POOL",
		[V3NPU_OP_SOFTMAX] = "SOFTMAX",
		[V3NPU_OP_RESIZE] = "RESIZE",
		[V3NPU_OP_COPY] = "COPY",
		[V3NPU_OP_STALL] = "STALL",
		[V3NPU_OP_ARGMAX] = "ARGMAX",
	};

	return opcode < V3NPU_NUM_OPCODES ? names[opcode] : "unknown opcode";
}

static const char *refusal(uint32_t detail)
{
	switch (detail) {
	case V3NPU_CMD_EOPCODE:
		return "its opcode is unknown";
	case V3NPU_CMD_ESIZE:
		return "its size is wrong";
	case V3NPU_CMD_ERESERVED:
		return "a reserved field is not 0";
	case V3NPU_CMD_EDIM:
		return "a dimension is out of range";
	case V3NPU_CMD_EADDR:
		return "an address is out of range or misaligned";
	case V3NPU_CMD_EVALUE:
		return "a field is out of range";
	default:
		return "a constant in memory is out of range";
	}
}

int v3npu_fail_job(const struct v3npu_fault *fault)
{
	char where[80];

	snprintf(where, sizeof(where), "command %u (%s, operator %u)", fault->cmd_index,
		 opcode_name(fault->cmd_opcode), fault->cmd_tag);
	switch (fault->kind) {
	case DRM_V3NPU_FAULT_MMU:
		return v3npu_fail(-EFAULT, "job failed: MMU fault at 0x%" PRIx64 " in %s",
				  fault->va, where);
	case DRM_V3NPU_FAULT_FETCH:
		return v3npu_fail(-EFAULT, "job failed: command %u at 0x%" PRIx64
				  " could not be read", fault->cmd_index, fault->va);
	case DRM_V3NPU_FAULT_CMD:
		return v3npu_fail(-EINVAL, "job failed: %s was refused: %s", where,
				  refusal(fault->detail));
	case DRM_V3NPU_FAULT_TIMEOUT:
		return v3npu_fail(-ETIME, "job failed: it ran longer than the driver allows "
				  "(its parameter job_timeout_ms) and was stopped in %s", where);
	case DRM_V3NPU_FAULT_DEVICE:
		return v3npu_fail(-EIO, "job failed: the NPU stopped working and was reset; see "
				  "'sudo dmesg | grep v3npu', then run again");
	default:
		return v3npu_fail(-ECANCELED, "job failed: it was cancelled");
	}
}
