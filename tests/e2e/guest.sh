#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the test machine, in the directory that tests/e2e/guest prepares:
# every step leaves what it printed in out/STEP.txt and .err, its exit status in
# out/status, and what it wrote in out/STEP.out.

run()
{
	step=$1
	shift
	"$@" >"out/$step.txt" 2>"out/$step.err"
	echo "$step $?" >>out/status
}

raw()
{
	run "$1" v3run "$2" --raw "$3" "out/$1.out"
}

wait_for()
{
	n=0
	while [ ! -e "$1" ] && [ $n -lt 600 ]; do
		sleep 0.1
		n=$((n + 1))
	done
}

: >out/status
for in in in*.raw; do
	k=${in%.raw}
	raw "golden${k#in}" model.tflite "$in"
done
raw smallnet smallnet.tflite smallnet.raw
run crc ./v3crc model.tflite in0.raw
run picture v3run model.tflite picture --json -o out/picture.png

# Two processes at once, each with results of its own.
for k in 0 1; do
	for n in 1 2 3; do
		raw "both$k-$n" model.tflite "in$k.raw"
	done &
done
wait

# One process is killed while its jobs are on the NPU, and another has jobs, too.
v3run model.tflite --raw in0.raw out/victim.out --bench 1000000 >out/victim.txt 2>out/victim.err &
victim=$!
wait_for out/victim.out
for n in 1 2 3 4; do
	raw "survivor-$n" model.tflite in1.raw
done &
survivor=$!
wait_for out/survivor-1.out
kill -9 $victim
wait $victim
echo "victim $?" >>out/status
wait $survivor
raw after model.tflite in0.raw
