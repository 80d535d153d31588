# SPDX-License-Identifier: MIT
#
# Tests that run in the guest: what is built in $(B)/tests/guest is in its /tests.

guest_out := $(B)/tests/guest
guest_programs := ioctl bo prime ctx submit multi status jobs fence implicit sched limits debugfs \
	coredump fdinfo recovery ended users pm
guest_built := $(guest_programs:%=$(guest_out)/v3npu_%) $(guest_out)/v3npu_image \
	$(guest_out)/v3npu_keep_fence $(guest_out)/v3npu_foreign_fence \
	$(guest_out)/v3npu_many_tables $(guest_out)/v3npu_tables.sh \
	$(guest_out)/v3npu_example $(guest_out)/v3npu_guest.sh $(guest_out)/v3npu_modules.sh \
	$(guest_out)/v3npu_trace.sh $(guest_out)/v3npu_pm.sh $(guest_out)/v3npu_check.sh \
	$(guest_out)/v3npu_tap.sh
guest_common := $(guest_out)/npu.o $(guest_out)/dmabuf.o
guest_cflags = $(HOST_CFLAGS) -isystem $(B)/linux/tools/testing/selftests \
	-isystem $(B)/linux/include/uapi/drm $(shell pkg-config --cflags libdrm)

# They are installed where libdrm may not be.
guest_libdrm := -Wl,-Bstatic -ldrm -Wl,-Bdynamic

CHECK_PROGS += tests/guest/run.sh
CHECK_DEPS += qemu guest-kernel kernel firmware $(guest_built)

.PHONY: guest-tests

guest-tests: $(guest_built)

$(guest_common) $(guest_out)/need_npu.o: $(guest_out)/%.o: $(top)/tests/guest/%.c $(wildcard $(top)/tests/guest/*.h) \
		$(top)/uapi/drm/v3npu_accel.h $(B)/linux/version
	@mkdir -p $(@D)
	$(CC) $(guest_cflags) -c -o $@ $<

$(guest_programs:%=$(guest_out)/v3npu_%): $(guest_out)/v3npu_%: $(top)/tests/guest/%.c \
		$(guest_common) $(guest_out)/need_npu.o $(B)/linux/version \
		$(contracts)
	$(CC) $(guest_cflags) -o $@ $(filter %.c %.o,$^) $(guest_libdrm)

$(guest_out)/v3npu_keep_fence $(guest_out)/v3npu_foreign_fence \
$(guest_out)/v3npu_many_tables: $(guest_out)/v3npu_%: \
		$(top)/tests/guest/%.c $(guest_common) $(B)/linux/version
	$(CC) $(guest_cflags) -o $@ $(filter %.c %.o,$^) $(guest_libdrm)

$(guest_out)/v3npu_image: $(top)/tests/guest/image.c $(top)/hwabi/v3npu/fw.h
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -o $@ $<

# The example of the documentation, so that it stays right.
$(guest_out)/v3npu_example: $(top)/Documentation/uapi.md $(top)/uapi/drm/v3npu_accel.h
	@mkdir -p $(@D)
	sed -n '/^```c/,/^```$$/{/^```/!p}' $< | $(CC) -std=gnu11 $(WARN) -I$(top)/uapi \
		$(shell pkg-config --cflags libdrm) -x c -o $@ - \
		$(shell pkg-config --libs libdrm)

# What is not executable the guest does not get.
$(guest_out)/v3npu_%.sh: $(top)/tests/guest/%.sh
	@mkdir -p $(@D)
	@install -m 755 $< $@

$(guest_out)/v3npu_tap.sh: $(top)/tests/tap.sh
	@mkdir -p $(@D)
	@install -m 755 $< $@
