# SPDX-License-Identifier: MIT
#
# What "make bench" measures with, besides v3run.

bench_out := $(B)/tests/bench
bench_guest := $(B)/tests/guest
bench_tree := $(B)/kernel/bench

.PHONY: bench-programs
bench-programs: $(bench_out)/peak $(bench_guest)/v3npu_bench_submit $(bench_guest)/v3npu_floor.ko

$(bench_out)/peak: $(top)/tests/bench/peak.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -o $@ $< -pthread

$(bench_guest)/v3npu_bench_submit: $(top)/tests/bench/submit.c $(bench_guest)/npu.o
	$(CC) $(guest_cflags) -I$(top)/tests/guest -o $@ $^ $(shell pkg-config --libs libdrm)

$(bench_out)/floor_fw.inc: $(top)/tests/bench/floor_fw.c $(top)/hwabi/v3npu/core.h
	@mkdir -p $(@D)
	$(FIRMWARE_CC) $(FIRMWARE_ARCH) -std=gnu11 -O2 $(WARN) -ffreestanding -nostdlib -static \
		$(CONTRACTS_CFLAGS) -Wl,-Ttext=0 -Wl,--build-id=none -o $(@D)/floor_fw.elf $<
	$(FIRMWARE_OBJCOPY) -O binary -j .text $(@D)/floor_fw.elf $(@D)/floor_fw.bin
	od -An -v -tu1 $(@D)/floor_fw.bin | sed 's/\([0-9][0-9]*\)/\1,/g' >$@

# A module of its own, built as the driver is
$(bench_guest)/v3npu_floor.ko: $(top)/tests/bench/v3npu_floor.c $(bench_out)/floor_fw.inc \
		$(B)/kernel-headers/version $(top)/hwabi/v3npu/regs.h
	@rm -rf $(bench_tree)
	@mkdir -p $(bench_tree) $(@D)
	@cp $< $(bench_out)/floor_fw.inc $(bench_tree)/
	@printf 'obj-m := v3npu_floor.o\nccflags-y := $(CONTRACTS_CFLAGS)\n' >$(bench_tree)/Makefile
	+$(MAKE) -C $(B)/kernel-headers M=$(bench_tree) KCFLAGS=-Werror W=1 modules
	@cp $(bench_tree)/v3npu_floor.ko $@
