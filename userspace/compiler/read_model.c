// SPDX-License-Identifier: MIT
#include "read_model.h"

#include "compiler/roll/roll.h"
#include "compiler/shape/fold_shapes.h"

int v3c_read_model(struct v3c_ctx *ctx, struct tfl_model *model, const void *data, size_t size)
{
	int ret = v3c_tfl_parse(ctx, model, data, size);

	if (!ret)
		ret = v3c_fold_shapes(ctx, model);
	return ret ? ret : v3c_roll(ctx, model);
}
