# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by the scripts that run in the guest, which set $tests: what they print
# is TAP.

node=/dev/accel/accel0
# The tests of v3npu_pm.sh are pm.something.
prefix=$(basename "$0" .sh)
prefix=${prefix#v3npu_}

# explain: what helps to find out why a test failed.
explain()
{
	echo "# the log ends with:"
	dmesg | tail -n 8 | sed 's/^/#   /'
}

number=0
# check DESCRIPTION COMMAND...: one test, passed if the command succeeds.
check()
{
	number=$((number + 1))
	description=$1
	shift
	if "$@"; then
		echo "ok $number $prefix.$description"
	else
		explain
		echo "not ok $number $prefix.$description"
	fi
}

# works: whether the NPU is there and does a job.
works()
{
	[ -c $node ] && "$tests/v3npu_jobs" -t copy_across_pages >/tmp/jobs.log 2>&1
}
