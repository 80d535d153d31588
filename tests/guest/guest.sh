#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: all guest tests, each after a line "# program NAME". What
# they print is TAP; run.sh on the host makes one stream of it.

tests=$(dirname "$0")

# run NAME COMMAND...
run()
{
	echo "# program $1"
	shift
	"$@"
	echo "# exit $?"
}

# Another driver, to share buffers with.
modprobe vgem

for name in ioctl bo prime ctx submit multi status jobs fence implicit sched limits debugfs \
	fdinfo; do
	run $name "$tests/v3npu_$name"
done
example()
{
	echo 1..1
	[ "$("$tests/v3npu_example")" = hello ] || printf 'not '
	echo ok 1 example.of_the_documentation_runs
}
run example example

run modules "$tests/v3npu_modules.sh"

# The default time is for slow machines; here it would only be waited for.
rmmod v3npu && modprobe v3npu job_timeout_ms=2000
run recovery "$tests/v3npu_recovery"
run coredump "$tests/v3npu_coredump"
run trace "$tests/v3npu_trace.sh"
rmmod v3npu && modprobe v3npu job_timeout_ms=500
run ended "$tests/v3npu_ended"
run users "$tests/v3npu_users"
run tables "$tests/v3npu_tables.sh"
# A job that runs must not reach it, even if the machine is slow.
rmmod v3npu && modprobe v3npu job_timeout_ms=5000
# There, the port on which all output goes stays mute after the system has slept.
case $(uname -r) in
[7-9].*)	export V3NPU_NO_SLEEP=1 ;;
esac
run pm "$tests/v3npu_pm"
run pm.sh "$tests/v3npu_pm.sh"
run unload rmmod v3npu
