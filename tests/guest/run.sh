#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the guest tests (guest.sh) in one boot of the test machine, and looks at
# the kernel's log afterwards. TAP on standard output.

top=$(dirname "$0")/../..
. "$top/tests/guest/reports.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Lines of the driver that the tests bring about.
expected='taints kernel|drop_caches|module verification failed|Initialized v3npu|firmware v3npu/|firmware log'
expected="$expected|firmware: failed to load v3npu/"
expected="$expected|probe with driver v3npu failed|timeout of (500|2000|5000) ms: "
expected="$expected|the firmware stopped |job_timeout_ms is out of range, "
expected="$expected|reset by PCI: job |the system goes to sleep: job "

{
	# iomem=relaxed lets a test overwrite the firmware in its memory; all buffers that a file
	# can have need more than 1 GiB on the debug kernel.
	"$top/qemu/run-guest" --append iomem=relaxed --mem 2G --timeout 1200 --dmesg "$tmp/dmesg" \
		-- /tests/v3npu_guest.sh 2>"$tmp/err"
	# What it printed may end within a line.
	printf '\n# end %s\n' $?
	echo "# program dmesg"
	echo 1..2
	if find_reports "$tmp/dmesg" | sed 's/^/# /' | grep .; then
		echo "not ok 1 dmesg.no_complaint_of_the_kernel"
	else
		echo "ok 1 dmesg.no_complaint_of_the_kernel"
	fi
	if grep v3npu "$tmp/dmesg" | grep -vE "$expected" | sed 's/^/# /' | grep .; then
		echo "not ok 2 dmesg.driver_says_only_what_is_expected"
	elif grep -q 'Initialized v3npu' "$tmp/dmesg"; then
		echo "ok 2 dmesg.driver_says_only_what_is_expected"
	else
		echo "not ok 2 dmesg.driver_says_only_what_is_expected"
	fi
	echo "# exit 0"
} | "$top/tests/guest/one-stream"
sed 's/^/# run-guest: /' "$tmp/err" | tail -n 60
