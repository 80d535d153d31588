# SPDX-License-Identifier: MIT
#
# The engine library for programs of this machine; they link $(model_lib) and
# add -pthread -lm. QEMU's build compiles the same files (qemu/hw/meson.build).

model_dir := $(top)/qemu/model
model_srcs := $(sort $(wildcard $(model_dir)/*.c))
model_objs := $(model_srcs:$(model_dir)/%.c=$(B)/model/%.o)
model_lib := $(B)/model/libv3npu-engine.a
# Float arithmetic is TFLite's, step by step
model_cflags := -D_GNU_SOURCE -ffp-contract=off

$(B)/model/%.o: $(model_dir)/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(model_cflags) -MMD -MP -c -o $@ $<

$(model_lib): $(model_objs)
	rm -f $@
	$(AR) rcs $@ $^

-include $(model_objs:.o=.d)
