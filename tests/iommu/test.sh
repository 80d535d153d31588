#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Some of the guest's tests behind an IOMMU; make check-iommu runs all of them
# there. TAP on standard output.

top=$(dirname "$0")/../..
. "$top/tests/tap.sh"
. "$top/tests/guest/reports.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

explain()
{
	tail -n 40 "$tmp/out" "$tmp/err" | sed 's/^/# /'
}

# So that each page's end is seen at once, and not some time later.
guest()
{
	"$top/qemu/run-guest" --iommu "caching-mode=$1" --append "$2" --dmesg "$tmp/dmesg" -- sh -c '
		for test in bo jobs fence; do
			/tests/v3npu_$test || exit
		done' >"$tmp/out" 2>"$tmp/err"
}

behind_iommu()
{
	grep -q 'DMAR: Intel(R) Virtualization Technology for Directed I/O' "$tmp/dmesg"
}

no_reports()
{
	! find_reports "$tmp/dmesg" && ! grep 'DMAR:.*fault' "$tmp/dmesg"
}

echo 1..6
for mode in off on; do
	options=
	[ $mode = off ] || options=iommu.strict=1
	check "the driver's tests pass, caching mode $mode $options" guest $mode "$options"
	check "... behind the IOMMU" behind_iommu
	check "... which has no complaint, nor has the kernel" no_reports
done
