#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: memory of page tables comes back, and who takes it is charged for it.
# TAP on standard output.

tests=$(dirname "$0")

. "$tests/v3npu_check.sh"

# free_kib: kibibytes of memory that are free, without caches, and with what each processor
# keeps to itself of free pages.
free_kib()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	kept=$(awk '$1 == "count:" { n += $2 } END { print n * 4 }' /proc/zoneinfo)
	echo $(($(sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo) + kept))
}

# How many files were open before: an IOMMU's addresses and tables stay for the next ones.
warm=20
[ -z "$(ls -A /sys/class/iommu 2>/dev/null)" ] || warm=600

# 600 files would keep 150 MiB; what is allowed is what the kernel keeps of so many processes.
comes_back()
{
	# The debug kernel keeps what was freed for a while, to see who uses it.
	[ ! -e /sys/kernel/debug/kmemleak ] || return 0
	"$tests/v3npu_many_tables" $warm || return 1
	before=$(free_kib)
	"$tests/v3npu_many_tables" 600 || return 1
	# Files are not closed at once when their process ends.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		after=$(free_kib)
		[ $((before - after)) -ge 2048 ] || break
	done
	echo "# $before KiB were free before, and $after KiB after"
	[ $((before - after)) -lt 2048 ]
}

# The buffers are somebody else's; only their page tables are charged.
is_charged()
{
	mkdir -p /tmp/cgroup && mount -t cgroup2 none /tmp/cgroup || return 1
	echo +memory >/tmp/cgroup/cgroup.subtree_control || return 1
	mkdir /tmp/cgroup/npu
	"$tests/v3npu_many_tables" 100 /tmp/cgroup/npu/cgroup.procs || return 1
	peak=$(cat /tmp/cgroup/npu/memory.peak)
	echo "# the processes were charged for $((peak / 1024)) KiB"
	[ "$peak" -gt $((100 * 64 * 4096)) ]
	status=$?
	rmdir /tmp/cgroup/npu
	umount /tmp/cgroup
	return $status
}

echo TAP version 13
echo 1..2
check memory_of_page_tables_comes_back comes_back
check page_tables_are_charged is_charged
