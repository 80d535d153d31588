#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: what happens to an NPU that is off when its driver goes or
# comes, and a command that is too long for the system to sleep. TAP on standard
# output.

tests=$(dirname "$0")
pci=$(readlink -f /sys/class/accel/accel0/device)

. "$tests/v3npu_check.sh"

# Whether the NPU is off within ten seconds.
sleeps()
{
	echo 50 >"$pci/power/autosuspend_delay_ms"
	i=0
	until [ "$(cat "$pci/power/runtime_status")" = suspended ]; do
		[ $i -lt 100 ] || return 1
		i=$((i + 1))
		usleep 100000
	done
}

unload_while_off()
{
	sleeps && rmmod v3npu && [ ! -e $node ] && modprobe v3npu && works
}

# A file that is open is told so, and the next NPU works.
remove_while_off()
{
	sleeps || return 1
	exec 3<>$node
	echo 1 >"$pci/remove"
	[ ! -e $node ] && [ ! -e "$pci" ] || return 1
	exec 3>&-
	echo 1 >/sys/bus/pci/rescan
	works
}

unbind_while_off()
{
	sleeps || return 1
	echo "${pci##*/}" >/sys/bus/pci/drivers/v3npu/unbind
	[ ! -e $node ] || return 1
	echo "${pci##*/}" >/sys/bus/pci/drivers/v3npu/bind
	works
}

# Nobody may turn it off, and so it stays on, until somebody may again.
kept_on()
{
	sleeps || return 1
	echo on >"$pci/power/control"
	[ "$(cat "$pci/power/runtime_status")" = active ] || return 1
	sleep 1
	[ "$(cat "$pci/power/runtime_status")" = active ] || return 1
	works || return 1
	echo auto >"$pci/power/control"
	sleeps
}

# It takes longer than the system waits, and so the job timeout must be longer still.
too_long_a_command()
{
	rmmod v3npu && modprobe v3npu job_timeout_ms=60000 || return 1
	"$tests/v3npu_pm" -t too_long_a_command_is_ended_before_sleep >/tmp/pm.log 2>&1 || {
		sed 's/^/# /' /tmp/pm.log
		return 1
	}
	[ ! -e /sys/power/pm_test ] || [ "${V3NPU_NO_SLEEP-}" ] ||
		dmesg | grep -q 'the system goes to sleep: job '
}

echo TAP version 13
echo 1..5
check unload_while_off unload_while_off
check remove_while_off remove_while_off
check unbind_while_off unbind_while_off
check kept_on kept_on
check too_long_a_command_is_ended_before_sleep too_long_a_command
