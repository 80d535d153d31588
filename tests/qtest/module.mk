# SPDX-License-Identifier: MIT
#
# Tests of the device in QEMU that need no guest.

qtest_out := $(B)/tests/qtest

CHECK_PROGS += tests/qtest/eject.py tests/qtest/fuzz.py tests/qtest/iommu.py tests/qtest/post.py \
	tests/qtest/stop.py
CHECK_DEPS += qtest-programs

.PHONY: qtest-programs

qtest-programs: qemu $(device_core_programs) $(qtest_out)/counter.bin

$(qtest_out)/counter.elf: $(top)/tests/qtest/counter.S $(top)/hwabi/v3npu/core.h
	@mkdir -p $(@D)
	$(device_core_cc) $< -o $@

$(qtest_out)/counter.bin: %.bin: %.elf
	riscv64-unknown-elf-objcopy -O binary $< $@
