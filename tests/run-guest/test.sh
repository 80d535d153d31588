#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Tests run-guest itself: output, exit status, timeout, panic, sharing, several
# guests at once, what it says when it cannot start, and the machine's memory map.
# TAP on standard output.

. "$(dirname "$0")/../tap.sh"

# The driver is not what is tested here.
with_driver="$(dirname "$0")/../../qemu/run-guest"
run_guest="$with_driver --no-driver"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# Everything that run-guest leaves behind would be here.
mkdir "$tmp/tmp" "$tmp/share"
export TMPDIR="$tmp/tmp"

explain()
{
	for f in "$tmp"/out* "$tmp"/err*; do
		[ ! -s "$f" ] || sed "s|^|# ${f##*/}: |" "$f" | tail -n 20
	done
}

# guest ARG...: run-guest, with its output in out and err, and its status in $status.
guest()
{
	$run_guest "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

is()
{
	[ "$1" = "$2" ]
}

err_has()
{
	grep -q -- "$1" "$tmp/err"
}

echo 1..22

guest -- sh -c 'echo hi; echo oops >&2; exit 7'
check "the command's status is run-guest's" is "$status" 7
check "standard output is the command's alone" is "$(cat "$tmp/out")" hi
check "standard error has the command's" err_has '^oops$'
check "the kernel's log is printed after a failure" err_has 'Run /init'

# shellcheck disable=SC2016 # it is to arrive unexpanded
guest -- printf '%s|' 'two words' "it's" '$HOME' '' '*'
check "arguments arrive as they are" is "$(cat "$tmp/out")" "two words|it's|\$HOME||*|"
check "nothing is printed but the command's output" is "$(cat "$tmp/err")" ""

guest -- nosuchcommand
check "a command that is not there gives 127" is "$status" 127

echo data >"$tmp/share/in"
guest --share "$tmp/share" -- sh -c 'pwd; cat in; head -c 3000000 /dev/zero | tr "\0" x >"a b"'
check "the command starts in /share and reads it" is "$(cat "$tmp/out")" "/share
data"
check "what the guest writes is in the directory" is "$(wc -c <"$tmp/share/a b")" 3000000

guest -- sh -c 'seq 1 300000'
check "no output is lost when the guest ends" is "$(cksum <"$tmp/out")" "$(seq 1 300000 | cksum)"

guest --timeout 10 -- sh -c 'echo early; sleep 600'
check "the timeout gives 124" is "$status" 124
check "the timeout is named" err_has 'timeout of 10 s'
check "output from before the timeout is there" is "$(cat "$tmp/out")" early

guest -- sh -c 'echo c >/proc/sysrq-trigger'
check "a panic gives 125" is "$status" 125
check "a panic's log is printed" err_has 'Kernel panic'

guest --append rdinit=/none --mem 256M -- true
check "the log of a kernel that panics before it is up is kept" \
	test -s "$(sed -n '/booting again/s/.*its log is in \(.*\); booting.*/\1/p' "$tmp/err" | head -n 1)"

sleeper()
{
	$run_guest -- sh -c "sleep 1; echo $1; exit $1" >"$tmp/out$1" 2>"$tmp/err$1"
}
sleeper 1 &
pid1=$!
sleeper 2 &
pid2=$!
wait "$pid1"
results="$? $(cat "$tmp/out1")"
wait "$pid2"
results="$results $? $(cat "$tmp/out2")"
check "two guests at once do not meet" is "$results" "1 1 2 2"

guest --npu macs=3 -- true
check "an NPU that cannot be gives 125" is "$status" 125

guest
check "a shell without a terminal is refused" err_has 'needs a terminal'

# A root port's interrupt table is read, which is at a higher address than the NPU.
# shellcheck disable=SC2016 # the guest expands it
guest -- sh -c 'cd /sys/bus/pci/devices
	for d in *; do
		case $(cat "$d/vendor") in
		0x1234)	npu=$d ;;
		0x1b36)	port=$d ;;
		esac
	done
	/tests/v3npu_memory_map "$port/resource0" "$npu/config"'
check "a device is read right while another one comes and goes" is "$status" 0

$with_driver --trace "$tmp/trace" -- true >"$tmp/out" 2>"$tmp/err" </dev/null
check "what the driver does to the NPU, and the NPU to it, is traced" \
	grep -Pzqs '(?s)v3npu_reset .*v3npu_reg_write .*v3npu_reg_read .*v3npu_irq ' "$tmp/trace"

check "nothing is left behind" is "$(ls "$TMPDIR")" ""
