#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the test machine, in the directory that tests/e2e/models prepares, and
# leaves in out/ what each run wrote, with what v3run said in .json and .err.

run()
{
	v3run "$1" --raw "$2" "out/$3" --json >"out/$3.json" 2>"out/$3.err"
}

for model in full_integer_quant/*.tflite; do
	for k in 0 1 2 3; do
		run "$model" "in$k.raw" "${model%.tflite}.$k" || exit
	done
done
for model in integer_quant/*.tflite; do
	run "$model" in.f32 "${model%.tflite}" || exit
done
