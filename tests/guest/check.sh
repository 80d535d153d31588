# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by the scripts that run in the guest, which set $tests: what they print
# is TAP.

. "$tests/v3npu_tap.sh"

node=/dev/accel/accel0
# The tests of v3npu_pm.sh are pm.something.
mark=$(basename "$0" .sh)
mark=${mark#v3npu_}.

# explain: what helps to find out why a test failed.
explain()
{
	echo "# the log ends with:"
	dmesg | tail -n 8 | sed 's/^/#   /'
}

# works: whether the NPU is there and does a job.
works()
{
	[ -c $node ] && "$tests/v3npu_jobs" -t copy_across_pages >/tmp/jobs.log 2>&1
}
