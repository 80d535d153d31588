# SPDX-License-Identifier: MIT
#
# The tests of tests/guest that need nothing but the driver and the NPU, as
# kselftests: where the kernel's own are installed, or in a place of their own.

kselftest_collection := drivers/accel/v3npu
kselftest_programs := $(guest_programs:%=$(guest_out)/v3npu_%)
kselftest_linux := $(B)/linux/tools/testing/selftests
INSTALL_PATH ?= $(B)/kselftest_install
kselftest_root = $(DESTDIR)$(INSTALL_PATH)

CHECK_PROGS += tests/kselftest/test

.PHONY: kselftest-files

# What is there already, like run_kselftest.sh and other tests in the list, stays.
kselftest-files: $(kselftest_programs)
	install -d $(kselftest_root)/$(kselftest_collection) $(kselftest_root)/kselftest
	install $(kselftest_programs) $(kselftest_root)/$(kselftest_collection)
	install -m 644 $(top)/tests/kselftest/settings $(kselftest_root)/$(kselftest_collection)
	cp -n $(kselftest_linux)/run_kselftest.sh $(kselftest_root)
	cp -n $(kselftest_linux)/kselftest/runner.sh $(kselftest_linux)/kselftest/prefix.pl \
		$(kselftest_root)/kselftest
	touch $(kselftest_root)/kselftest-list.txt
	sed -i '\,^$(kselftest_collection):,d' $(kselftest_root)/kselftest-list.txt
	printf '$(kselftest_collection):%s\n' $(notdir $(kselftest_programs)) \
		>>$(kselftest_root)/kselftest-list.txt
	@echo "installed; run: $(kselftest_root)/run_kselftest.sh -c $(kselftest_collection)"
