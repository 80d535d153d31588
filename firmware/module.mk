# SPDX-License-Identifier: MIT
#
# The firmware image: make firmware
#
FIRMWARE_CC := riscv64-unknown-elf-gcc
FIRMWARE_OBJCOPY := riscv64-unknown-elf-objcopy
FIRMWARE_DIR := $(B)/firmware
FIRMWARE_IMAGE := $(FIRMWARE_DIR)/v3npu/v3npu-fw.bin
FIRMWARE_ELF := $(FIRMWARE_DIR)/v3npu-fw.elf

FIRMWARE_ARCH := -march=rv32imc_zicsr -mabi=ilp32 -mcmodel=medlow
FIRMWARE_CFLAGS := $(FIRMWARE_ARCH) -std=gnu11 -O2 -g $(WARN) -ffreestanding -fno-common \
	-fno-strict-aliasing -fno-tree-loop-distribute-patterns -ffunction-sections \
	-fdata-sections -msmall-data-limit=0 $(CONTRACTS_CFLAGS)
FIRMWARE_LDFLAGS := $(FIRMWARE_ARCH) -nostdlib -static -Wl,--gc-sections -Wl,--fatal-warnings \
	-Wl,--no-warn-rwx-segments

# The version of all parts
firmware_version := $(subst ., ,$(file <$(top)/VERSION))
FIRMWARE_VERSION := -DFW_VERSION_MAJOR=$(word 1,$(firmware_version)) \
	-DFW_VERSION_MINOR=$(word 2,$(firmware_version)) -DFW_VERSION_PATCH=$(word 3,$(firmware_version))

FIRMWARE_OBJS := $(addprefix $(FIRMWARE_DIR)/, start.o clock.o contexts.o core.o dma.o engine.o event.o \
	job.o log.o main.o panic.o preempt.o sched.o string.o \
	turns.o)

.PHONY: firmware install-firmware
firmware: $(FIRMWARE_IMAGE)

$(FIRMWARE_DIR)/%.o: $(top)/firmware/%.c $(top)/firmware/module.mk $(top)/VERSION
	@mkdir -p $(@D)
	$(FIRMWARE_CC) $(FIRMWARE_CFLAGS) $(FIRMWARE_VERSION) -MMD -MP -c -o $@ $<

$(FIRMWARE_DIR)/%.o: $(top)/firmware/%.S $(top)/firmware/module.mk
	@mkdir -p $(@D)
	$(FIRMWARE_CC) $(FIRMWARE_ARCH) -g -MMD -MP -c -o $@ $<

# The contract's limit is a macro of a C header: take its macros, and only those
$(FIRMWARE_DIR)/firmware.lds: $(top)/firmware/firmware.lds.S $(top)/firmware/module.mk
	@mkdir -p $(@D)
	$(FIRMWARE_CC) $(FIRMWARE_CFLAGS) -E -P -x c -imacros v3npu/ipc.h -MMD -MT $@ -MP \
		-MF $@.d -o $@ $<

$(FIRMWARE_ELF): $(FIRMWARE_OBJS) $(FIRMWARE_DIR)/firmware.lds
	$(FIRMWARE_CC) $(FIRMWARE_LDFLAGS) -T $(FIRMWARE_DIR)/firmware.lds \
		-Wl,-Map=$(FIRMWARE_DIR)/v3npu-fw.map -o $@ $(FIRMWARE_OBJS)

$(FIRMWARE_DIR)/v3npu-fw.raw: $(FIRMWARE_ELF)
	$(FIRMWARE_OBJCOPY) -O binary $< $@

$(FIRMWARE_DIR)/mkimage: $(top)/firmware/mkimage.c $(top)/firmware/module.mk $(top)/VERSION
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(FIRMWARE_VERSION) -MMD -MP -MF $@.d -o $@ $< -lz

$(FIRMWARE_IMAGE): $(FIRMWARE_DIR)/v3npu-fw.raw $(FIRMWARE_DIR)/mkimage
	@mkdir -p $(@D)
	$(FIRMWARE_DIR)/mkimage $< $@

install-firmware: firmware
	install -Dm 644 -t $(DESTDIR)/lib/firmware/v3npu $(FIRMWARE_IMAGE)

-include $(FIRMWARE_OBJS:.o=.d) $(FIRMWARE_DIR)/mkimage.d $(FIRMWARE_DIR)/firmware.lds.d
