# SPDX-License-Identifier: MIT
#
# The driver, built outside of the source tree: the kernel's build system
# puts its products next to the sources, so it sees links to them.

kernel_headers := $(B)/kernel-headers
kernel_tree := $(B)/kernel/tree
kernel_sources := $(wildcard $(top)/kernel/*.[ch]) $(top)/kernel/Makefile
kernel_make = $(MAKE) -C $(kernel_headers) M=$(kernel_tree)/kernel CONFIG_DRM_ACCEL_V3NPU=m \
	KCFLAGS=-Werror W=1

.PHONY: kernel kernel-lint

all: kernel

kernel: $(B)/kernel/v3npu.ko

$(kernel_tree)/.links: $(kernel_sources) $(kernel_headers)/version
	@rm -rf $(kernel_tree)
	@mkdir -p $(kernel_tree)/kernel
	@ln -s $(top)/uapi $(kernel_tree)/uapi
	@ln -s $(kernel_sources) $(kernel_tree)/kernel/
	@touch $@

$(B)/kernel/v3npu.ko: $(kernel_tree)/.links $(wildcard $(top)/uapi/*/*.h)
	+$(kernel_make) modules
	@cp $(kernel_tree)/kernel/v3npu.ko $@

# sparse, and the kernel's own style check
kernel-lint: $(kernel_tree)/.links $(B)/linux/version
	+$(kernel_make) C=2 CF=-Wsparse-error modules
	cd $(B)/linux && GIT_DIR=none scripts/checkpatch.pl --root=. --no-tree --strict --terse \
		-f $(kernel_sources) $(top)/Kconfig
