# SPDX-License-Identifier: MIT
#
# V3NPU: everything is built below build/. Each directory says what it builds
# in its module.mk, with these variables:
#
#   top, B        the repository and its build directory
#   HOST_CFLAGS   flags for programs of this machine
#   CHECK_PROGS   += a program or script that "make check" runs from $(top)
#                 with no arguments; it prints TAP and is a prerequisite
#   CHECK_DEPS    += other targets the tests need
#
top := $(CURDIR)
B := $(top)/build
# Meson's build directories of userspace: as installed, and with the sanitizers
USERSPACE_DIR := $(B)/userspace
SANITIZED_DIR := $(B)/sanitized

# No built-in rules: one of them makes "guest" of a "guest.sh" beside it.
MAKEFLAGS += --no-builtin-rules

# The contracts: what programs see, and what driver, firmware and device share.
contracts := $(wildcard $(top)/uapi/*/*.h $(top)/hwabi/*/*.h)
CONTRACTS_CFLAGS := -I$(top)/uapi -I$(top)/hwabi

WARN := -Wall -Wextra -Werror
HOST_CFLAGS := -std=gnu11 -O2 -g $(WARN) $(CONTRACTS_CFLAGS) $(EXTRA_CFLAGS)

CHECK_PROGS :=
CHECK_DEPS :=

# What the test machine needs; each is a target of some module.mk.
PARTS := qemu guest-kernel kernel firmware userspace

# Test data that is not of this repository; tests say so where it is absent.
export V3NPU_SHARED ?= $(abspath $(top)/../shared)
export PYTHONDONTWRITEBYTECODE := 1

# These goals are steps of makes of their own, so that packages are installed
# before the modules' makefiles are read, and each step's output is its log's.
DRIVERS := all run check check-clang check-tsan check-debug check-iommu check-kernels \
	check-packages check-cross check-upstream upstream-kernel upstream-qemu coverage \
	kselftest-install soak mutants lint bench deb dist shell help deps clean distclean
step := +@$(top)/scripts/step
make = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

.DELETE_ON_ERROR:
# Objects that only pattern rules name are kept, too.
.SECONDARY:
.PHONY: $(DRIVERS)

all:			## build everything but the tests
	$(step) packages $(top)/scripts/deps.sh run
	+@$(make) parts

run: all		## find the traffic sign in a picture, in the test machine
	@$(top)/scripts/run-demo

check: all		## run all tests; ONLY=text runs those with text in their path
	$(step) test-packages $(top)/scripts/deps.sh check
	$(step) tests $(make) check-programs
	@$(MAKE) --no-print-directory -j1 check-run

check-clang:		## run the tests of device, engine, firmware and userspace as built by clang
	$(step) test-packages $(top)/scripts/deps.sh check
	+@$(make) check-clang-run

check-tsan:		## the same with ThreadSanitizer
	$(step) test-packages $(top)/scripts/deps.sh check
	+@$(make) check-tsan-run

check-debug: all	## run the guest's tests on a kernel that looks for the driver's bugs
	$(step) debug-packages $(top)/scripts/deps.sh check-debug
	$(step) debug-kernel $(make) debug-kernel
	$(step) tests $(make) check-deps
	@$(MAKE) --no-print-directory -j1 check-debug-run

coverage: all		## show which lines of the driver the guest's tests reach
	$(step) debug-packages $(top)/scripts/deps.sh check-debug
	$(step) debug-kernel $(make) debug-kernel
	$(step) tests $(make) check-deps
	@$(MAKE) --no-print-directory -j1 coverage-run

kselftest-install:	## install the driver's tests as kselftests; INSTALL_PATH=dir
	$(step) test-packages $(top)/scripts/deps.sh check
	+@$(make) kselftest-files

check-kernels: all	## run the guest's tests on the newest kernel that Debian has
	$(step) kernels-packages $(top)/scripts/deps.sh check-kernels
	$(step) tests $(make) check-deps
	$(step) newest-kernel $(make) newest-kernel
	@$(MAKE) --no-print-directory -j1 check-kernels-run

check-iommu: all	## run the guest's tests behind an IOMMU
	$(step) test-packages $(top)/scripts/deps.sh check
	$(step) tests $(make) check-deps
	@$(MAKE) --no-print-directory -j1 check-iommu-run

check-packages: all	## build the Debian packages, and use them, in Debian 12 and 13
	$(step) packages-packages $(top)/scripts/deps.sh check-packages
	@$(MAKE) --no-print-directory -j1 check-packages-run

check-cross:		## build userspace and the driver for arm64, and run userspace's tests
	$(step) cross-packages $(top)/scripts/deps.sh check-cross
	@$(MAKE) --no-print-directory -j1 check-cross-run

check-upstream: all	## apply driver and device to a kernel's and a QEMU's tree, and test them there
	$(step) upstream-packages $(top)/scripts/deps.sh check-upstream
	@$(MAKE) --no-print-directory -j1 check-upstream-run

upstream-kernel:	## commit the driver to a kernel's git tree, as a series; TREE=dir
	$(step) upstream-packages $(top)/scripts/deps.sh check-upstream
	@$(top)/scripts/upstream/kernel $(TREE)

upstream-qemu:		## commit the device to QEMU's git tree, as a series; TREE=dir
	$(step) upstream-packages $(top)/scripts/deps.sh check-upstream
	@$(top)/scripts/upstream/qemu $(TREE)

soak: all		## use the NPU hard for two hours; ONLY=text, RESETS=n, UNPLUGS=n, ...
	$(step) debug-packages $(top)/scripts/deps.sh check-debug
	$(step) debug-kernel $(make) debug-kernel
	$(step) tests $(make) check-deps
	@$(top)/tests/soak/run $(ONLY)

mutants:		## change the source, and see if tests notice; AREA=device N=20 SEED=1
	$(step) test-packages $(top)/scripts/deps.sh check
	@$(top)/tests/mutants/run $(AREA) --count $(or $(N),20) --seed $(or $(SEED),1) --jobs $(or $(JOBS),1)

lint: all		## check style and warnings
	$(step) lint-packages $(top)/scripts/deps.sh lint
	$(step) linux-source $(make) $(B)/linux/version
	@$(top)/scripts/lint

bench: all		## measure, in the test machine, the simulator and ONNX Runtime
	$(step) bench-packages $(top)/scripts/deps.sh bench
	$(step) bench-programs $(make) $(B)/linux/version bench-programs
	@$(top)/scripts/bench

deb:			## build Debian packages of all parts, in build/deb
	$(step) deb-packages $(top)/scripts/deps.sh deb
	$(step) deb $(top)/scripts/deb $(B)/deb
	@ls $(B)/deb/*.deb

dist: all		## make a tarball of the last commit, in build/userspace/meson-dist
	meson dist -C $(USERSPACE_DIR) --no-tests

shell: all		## a shell in the test machine; SHARE=dir is there as /share
	@$(top)/qemu/run-guest $(if $(SHARE),--share $(SHARE))

deps:			## install the Debian packages needed
	@$(top)/scripts/deps.sh run

help:			## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(top)/Makefile | expand -t 27
	@echo "  make install             install library, tools and driver; DESTDIR=dir, PREFIX=/usr/local"
	@echo "  make NAME                build one part: $(PARTS)"

clean:			## remove what was built, but for QEMU and other kernels
	rm -rf $(filter-out $(addprefix $(B)/,qemu linux peers debug-kernel newest-kernel upstream),$(wildcard $(B)/*))

distclean:		## remove all that was built or fetched
	rm -rf $(B)

ifneq ($(filter-out $(DRIVERS),$(MAKECMDGOALS)),)

include $(wildcard $(top)/qemu/model/model.mk $(top)/qemu/device/device.mk)
include $(sort $(wildcard $(top)/*/module.mk $(top)/tests/*/module.mk))

.PHONY: parts $(PARTS:%=part-%) check-programs check-deps check-run
parts: $(PARTS:%=part-%)
$(PARTS:%=part-%): part-%:
	$(step) $* $(MAKE) --no-print-directory $*

check-programs: $(CHECK_PROGS) $(CHECK_DEPS)
check-deps: $(CHECK_DEPS)

check-run:
	@$(top)/scripts/check $(if $(ONLY),--only $(ONLY)) $(CHECK_PROGS)

# What the packages install, but for the driver's source: the module of one kernel instead
.PHONY: install
install: install-userspace install-firmware install-kernel

# What the driver is built with.
$(B)/kernel-headers/version: $(top)/scripts/kernel-headers.sh
	$< $(@D)

# Single files of the kernel's source: checkpatch, and its tests' headers.
$(B)/linux/version: $(top)/scripts/linux-source.sh
	$< $(@D)

endif
