#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: looks whether tracefs shows what happens to jobs, in the
# right order. TAP on standard output. The module must be loaded with a short
# job timeout.

tests=$(dirname "$0")
tracing=/tmp/tracing
trace=/tmp/trace

. "$tests/v3npu_check.sh"

explain()
{
	sed 's/^/# /' $trace | tail -n 40
}

# record PROGRAM TEST: run one test with all our events on; $trace is what happened.
record()
{
	echo >$tracing/trace
	echo 1 >$tracing/events/v3npu/enable
	"$tests/v3npu_$1" -t "$2" >/tmp/traced.log 2>&1 || sed 's/^/# /' /tmp/traced.log
	echo 0 >$tracing/events/v3npu/enable
	# Of each line the event and its fields, without process, processor and time.
	sed -n 's/^.*: \(v3npu_[a-z_]*\): /\1 /p' $tracing/trace >$trace
}

# events FENCE: the names of a fence's events, in the order in which they happened.
events()
{
	sed -n "s/^v3npu_\([a-z_]*\) .* fence=$1 .*/\1/p" $trace | tr '\n' ' '
}

# field EVENT FIELD: its value in the first event of that name
field()
{
	sed -n "s/^$1 .* $2=\([^ ]*\).*/\1/p" $trace | head -n 1
}

copies()
{
	fence=$(field v3npu_job_submit fence)
	[ "$(events "$fence")" = "job_submit job_run job_done " ] &&
		[ "$(field v3npu_job_done error)" = 0 ] &&
		[ "$(field v3npu_job_done commands)" = 3 ] &&
		[ "$(field v3npu_job_done cycles)" -gt 0 ] &&
		[ "$(field v3npu_job_done dram_write)" -ge $((3 * (1048576 - 123))) ] &&
		[ "$(field v3npu_job_run seqno)" = "$(field v3npu_job_done seqno)" ] &&
		[ "$(field v3npu_job_submit client)" = "$(field v3npu_job_done client)" ]
}

all_complete()
{
	# Each fence that was submitted ran and was done, and nothing else happened.
	for fence in $(sed -n 's/^v3npu_job_submit .* fence=\([^ ]*\).*/\1/p' $trace); do
		[ "$(events "$fence")" = "job_submit job_run job_done " ] || return 1
	done
	[ "$(grep -c ^v3npu_job_submit $trace)" = 31 ] && [ "$(wc -l <$trace)" = 93 ]
}

faults()
{
	fence=$(field v3npu_job_submit fence)
	[ "$(events "$fence")" = "job_submit job_run job_fault job_done " ] &&
		[ "$(field v3npu_job_fault fault)" = mmu ] &&
		[ "$(field v3npu_job_fault va)" = 0x3000000000 ] &&
		[ "$(field v3npu_job_fault command)" = 1 ] &&
		[ "$(field v3npu_job_fault tag)" = 77 ] &&
		[ "$(field v3npu_job_done error)" = -14 ]
}

hangs()
{
	fence=$(field v3npu_job_submit fence)
	[ "$(events "$fence")" = "job_submit job_run job_fault job_done " ] &&
		[ "$(field v3npu_job_fault fault)" = timeout ] &&
		[ "$(field v3npu_job_fault tag)" = 4711 ] &&
		[ "$(sed -n 's/^v3npu_\(reset[a-z_]*\|job_fault\) .*/\1/p' $trace | tr '\n' ' ')" = \
			"reset job_fault reset_done " ] &&
		[ "$(field v3npu_reset_done error)" = 0 ]
}

# The kernel's own events of fences know the NPU's by these names.
names()
{
	echo >$tracing/trace
	echo 1 >$tracing/events/dma_fence/enable
	"$tests/v3npu_jobs" -t copy_across_pages >/tmp/traced.log 2>&1
	echo 0 >$tracing/events/dma_fence/enable
	sed -n 's/^.*: \(dma_fence_[a-z_]*\): /\1 /p' $tracing/trace >$trace
	grep -q '^dma_fence_[a-z_]* driver=v3npu timeline=npu ' $trace
}

echo TAP version 13
mkdir -p $tracing
mount -t tracefs tracefs $tracing || {
	echo "1..0 # SKIP this kernel has no tracefs"
	exit 0
}
echo 1..5
record jobs copy_across_pages
check job_runs_and_is_done copies
record jobs many_in_order
check all_jobs_have_all_their_events all_complete
record jobs write_to_unmapped_address_faults
check fault_says_what_is_wrong faults
record recovery hung_job_fails_and_the_next_runs
check hang_leads_to_a_reset hangs
check fences_have_names names
umount $tracing
