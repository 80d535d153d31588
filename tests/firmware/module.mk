# SPDX-License-Identifier: MIT
#
# Tests of the firmware: the real image on the device library, without QEMU.
#
tests_firmware_dir := $(B)/tests/firmware
tests_firmware_names := string boot jobs rings preempt preempt-random pause cancel turns
tests_firmware_progs := $(addprefix $(tests_firmware_dir)/, $(tests_firmware_names))
tests_firmware_common := $(addprefix $(tests_firmware_dir)/, fwtest.o harness.o tap.o fuzzing.o)
tests_firmware_cflags = -D_GNU_SOURCE -pthread -I$(top)/tests/device -I$(top)/qemu/device \
	$(FIRMWARE_VERSION) -I$(top)/qemu/model -DFIRMWARE_IMAGE='"$(FIRMWARE_IMAGE)"' -DFIRMWARE_ELF='"$(FIRMWARE_ELF)"'

CHECK_PROGS += $(tests_firmware_progs)
CHECK_DEPS += firmware

.PHONY: tests-firmware
tests-firmware: firmware $(tests_firmware_progs)

$(tests_firmware_dir)/%.o: $(top)/tests/firmware/%.c $(top)/tests/firmware/module.mk
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(tests_firmware_cflags) -MMD -MP -c -o $@ $<

$(tests_firmware_dir)/%.o: $(top)/tests/device/%.c $(top)/tests/firmware/module.mk
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(tests_firmware_cflags) -MMD -MP -c -o $@ $<

# CHECK_PROGS has the fuzzer from tests/device/module.mk, with sanitizers
$(tests_firmware_progs) $(tests_firmware_dir)/fuzz: $(tests_firmware_dir)/%: $(tests_firmware_dir)/%.o \
		$(tests_firmware_common) $(device_lib) $(model_lib)
	$(CC) $(HOST_CFLAGS) -pthread -o $@ $^ -lz -lm

-include $(tests_firmware_progs:=.d) $(tests_firmware_common:.o=.d)
