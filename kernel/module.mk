# SPDX-License-Identifier: MIT
#
# The driver, built outside of the source tree: the kernel's build system
# puts its products next to the sources, so it sees links to them.

kernel_headers := $(B)/kernel-headers
kernel_tree := $(B)/kernel/tree
kernel_sources := $(wildcard $(top)/kernel/*.[ch]) $(top)/kernel/Makefile
kernel_make = $(MAKE) -C $(kernel_headers) M=$(kernel_tree)/kernel CONFIG_DRM_ACCEL_V3NPU=m \
	KCFLAGS=-Werror W=1

.PHONY: kernel kernel-lint install-kernel

all: kernel

kernel: $(B)/kernel/v3npu.ko

$(kernel_tree)/.links: $(kernel_sources) $(kernel_headers)/version $(top)/VERSION
	@rm -rf $(kernel_tree)
	@mkdir -p $(kernel_tree)/kernel
	@ln -s $(top)/uapi $(top)/hwabi $(top)/VERSION $(kernel_tree)/
	@ln -s $(kernel_sources) $(kernel_tree)/kernel/
	@touch $@

$(B)/kernel/v3npu.ko: $(kernel_tree)/.links $(contracts)
	+$(kernel_make) modules
	@cp $(kernel_tree)/kernel/v3npu.ko $@

# For the kernel that it is built for, build/kernel-version
install-kernel: kernel
	install -Dm 644 -t $(DESTDIR)/lib/modules/$$(cat $(B)/kernel-version)/updates $(B)/kernel/v3npu.ko
	$(if $(DESTDIR),,depmod $$(cat $(B)/kernel-version))

# sparse, and the kernel's own style check. To look at the kernel's version is not done
# in the kernel, and done by the one header that is for it.
kernel_checkpatch = cd $(B)/linux && GIT_DIR=none scripts/checkpatch.pl --root=. --no-tree \
	--strict --terse
kernel_compat := $(top)/kernel/v3npu_compat.h

kernel-lint: $(kernel_tree)/.links $(B)/linux/version
	+$(kernel_make) C=2 CF=-Wsparse-error modules
	$(kernel_checkpatch) -f $(filter-out $(kernel_compat),$(kernel_sources)) $(top)/Kconfig \
		$(wildcard $(top)/kernel/tests/*)
	$(kernel_checkpatch) --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON -f $(kernel_compat)
