# SPDX-License-Identifier: MIT
#
# The device library: $(device_lib). Programs that link it also link the
# engine's and -pthread.

device_dir := $(top)/qemu/device
device_lib := $(B)/device/libv3npu-device.a
device_srcs := $(wildcard $(device_dir)/*.c)
device_objs := $(device_srcs:$(device_dir)/%.c=$(B)/device/%.o)
device_cflags := -D_GNU_SOURCE -I$(top)/qemu/model -I$(device_dir)

$(B)/device/%.o: $(device_dir)/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(device_cflags) -pthread -MMD -MP -c $< -o $@

$(device_lib): $(device_objs)
	rm -f $@
	$(AR) rcs $@ $(device_objs)

-include $(device_objs:.o=.d)
