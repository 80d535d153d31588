#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: loads and unloads the module, with good and bad firmware.
# TAP on standard output.

tests=$(dirname "$0")
good=/lib/firmware/v3npu/v3npu-fw.bin
kept=/tmp/v3npu-fw.bin
loads=100

. "$tests/v3npu_check.sh"

load_many()
{
	i=0
	while [ $i -lt $loads ]; do
		modprobe v3npu && [ -c $node ] && rmmod v3npu && [ ! -e $node ] || {
			echo "# round $i"
			return 1
		}
		i=$((i + 1))
	done
}

# Unloading must be refused while a file is open, and must not harm it.
refused_while_open()
{
	modprobe v3npu || return 1
	exec 3<>$node
	rmmod v3npu 2>/dev/null && return 1
	works || return 1
	exec 3>&-
	rmmod v3npu
}

# Nor must it be unloaded under a fence, whose last reference calls its functions.
refused_while_a_fence_is_kept()
{
	modprobe v3npu || return 1
	"$tests/v3npu_keep_fence" /tmp/kept_fence &
	while [ ! -e /tmp/kept_fence ]; do
		kill -0 $! || return 1
		sleep 0.1
	done
	rmmod v3npu 2>/dev/null && return 1
	rm /tmp/kept_fence
	wait $! && rmmod v3npu
}

# Nor under a job that waits for another driver, whose file is closed; nor when it has ended,
# as long as somebody has its fence.
refused_while_a_job_waits()
{
	modprobe v3npu || return 1
	"$tests/v3npu_foreign_fence" /tmp/kept_fence &
	for what in waits ended; do
		while [ ! -e /tmp/kept_fence ]; do
			kill -0 $! || return 1
			usleep 20000
		done
		rmmod v3npu 2>/dev/null && echo "# it goes while the job $what" && return 1
		rm /tmp/kept_fence
	done
	wait $! && rmmod v3npu
}

# A command still runs when its process is gone. Its job's fence keeps the module, but the
# driver can be unbound, which ends the job.
unload_while_busy()
{
	modprobe v3npu job_timeout_ms=60000 || return 1
	"$tests/v3npu_recovery" -t killed_process_with_a_hung_job >/tmp/busy.log 2>&1 &
	until grep -qs RUN /tmp/busy.log; do
		sleep 0.1
	done
	sleep 3
	killall -9 v3npu_recovery
	while pidof v3npu_recovery >/dev/null; do
		sleep 1
	done
	rmmod v3npu 2>/dev/null && return 1
	pci=$(readlink -f /sys/class/accel/accel0/device)
	echo "${pci##*/}" >/sys/bus/pci/drivers/v3npu/unbind
	rmmod v3npu
}

# says PATTERN: loading finds no device, and the last line of the driver says why.
says()
{
	modprobe v3npu
	dmesg | grep 'v3npu .*firmware v3npu/' | tail -n 1 >/tmp/line
	rmmod v3npu
	[ ! -e $node ] && grep -q "$1" /tmp/line || {
		sed 's/^/# it says: /' /tmp/line
		return 1
	}
}

# clamps TIMEOUT USED: a job timeout is out of range, and another one used.
clamps()
{
	modprobe v3npu job_timeout_ms="$1"
	dmesg | grep v3npu | grep 'job_timeout_ms' | tail -n 1 >/tmp/line
	[ -c $node ] && rmmod v3npu && grep -q "out of range, $2 is used" /tmp/line
}

variant()
{
	"$tests/v3npu_image" "$1" $kept $good
}

# damaged OFFSET: a byte differs there.
damaged()
{
	cp $kept $good
	printf '\377' | dd of=$good bs=1 seek="$1" conv=notrunc 2>/dev/null
}

echo TAP version 13
echo 1..22

cp $good $kept
rmmod v3npu
check load_and_unload_100_times load_many
check unload_is_refused_while_a_file_is_open refused_while_open
check unload_is_refused_while_a_fence_is_kept refused_while_a_fence_is_kept
check unload_is_refused_while_a_job_waits refused_while_a_job_waits
check unload_ends_jobs_of_dead_processes unload_while_busy

rm $good
check missing_firmware says 'not found.*put it below /lib/firmware'
: >$good
check empty_firmware says 'cannot be read.*install it again'
head -c 20 $kept >$good
check firmware_shorter_than_its_header says 'shorter than its header'
damaged 0
check firmware_without_magic says 'not a V3NPU firmware image; install it again'
damaged 14
check firmware_with_damaged_header says "header's checksum is wrong"
damaged 100
check firmware_with_damaged_payload says "payload's checksum is wrong"
head -c 1000 $kept >$good
check truncated_firmware says 'shorter or longer than its header says'
variant header-size
check firmware_with_another_header_size says 'its header has another size'
variant payload-size
check firmware_with_a_smaller_payload says 'shorter or longer than its header says'
variant huge-payload
check firmware_with_a_huge_payload says 'does not fit'
variant interface
check firmware_of_another_interface says 'speaks interface version 2, this driver needs 1'
variant header-version
check firmware_of_another_header_version says 'has header version 2, this driver needs 1'
variant version
check firmware_that_says_another_version says 'says that it is version'
variant trap
check firmware_that_does_not_boot says 'did not boot'

cp $kept $good
check job_timeout_that_is_too_short clamps 99 100
check job_timeout_that_is_too_long clamps 4294967295 600000
modprobe v3npu
check device_works_after_all_that works
