# SPDX-License-Identifier: MIT
#
# Tests of the device library, and the machine they drive it with. Users of
# the machine link $(device_test_lib) and $(device_test_libs).

device_test_dir := $(top)/tests/device
device_test_out := $(B)/tests/device
device_test_lib := $(device_test_out)/libharness.a
device_test_libs := $(device_lib) $(B)/model/libv3npu-engine.a
device_test_cflags := $(device_cflags) -I$(device_test_dir) -DCORE_PROGRAMS='"$(device_test_out)"'
device_tests := test_rv32 test_regs test_core test_mmu test_engine test_inject test_pause test_time

CHECK_PROGS += $(device_tests:%=$(device_test_out)/%)

# The fuzzers of the device and of the firmware on it are programs of a build of
# their own, below $(B)/asan, with sanitizers
device_fuzz := $(B)/asan/tests/device/test_fuzz $(B)/asan/tests/firmware/fuzz
CHECK_PROGS += $(device_fuzz)

.PHONY: device-fuzz-build
device-fuzz-build:
	+@$(MAKE) --no-print-directory B=$(B)/asan \
		EXTRA_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all" firmware $(device_fuzz)
$(device_fuzz): device-fuzz-build ;

$(device_test_out)/%.o: $(device_test_dir)/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(device_test_cflags) -pthread -MMD -MP -c $< -o $@

$(device_test_lib): $(addprefix $(device_test_out)/,harness.o programs.o tap.o fuzzing.o)
	rm -f $@
	$(AR) rcs $@ $^

# Programs for the core
device_core_cc := riscv64-unknown-elf-gcc -march=rv32imc_zicsr_zifencei -mabi=ilp32 -O2 -g $(WARN) \
	-ffreestanding -nostdlib $(CONTRACTS_CFLAGS) -I$(device_test_dir) -Wl,-Ttext=0 \
	-Wl,--no-warn-rwx-segments
device_core_asm := $(addprefix $(device_test_out)/,alu.elf flow.elf csr.elf trap.elf \
	illegal.elf irq.elf)
device_core_c := $(device_test_out)/agent.elf
device_core_programs := $(patsubst %.elf,%.bin,$(device_core_asm) $(device_core_c))
device_core_headers := $(addprefix $(device_test_dir)/,asm.h layout.h alu_ops.h) \
	$(contracts)

$(device_core_asm): $(device_test_out)/%.elf: $(device_test_dir)/%.S $(device_core_headers)
	@mkdir -p $(@D)
	$(device_core_cc) $< -o $@

$(device_core_c): $(device_test_out)/%.elf: $(device_test_dir)/start.S $(device_test_dir)/%.c \
		$(device_core_headers)
	@mkdir -p $(@D)
	$(device_core_cc) $(filter %.S %.c,$^) -o $@

$(device_core_programs): %.bin: %.elf
	riscv64-unknown-elf-objcopy -O binary $< $@

$(addprefix $(device_test_out)/,$(device_tests) test_fuzz): %: %.o $(device_test_lib) \
		$(device_test_libs) | $(device_core_programs)
	$(CC) $(HOST_CFLAGS) -pthread $^ -lm -o $@

-include $(wildcard $(device_test_out)/*.d)
