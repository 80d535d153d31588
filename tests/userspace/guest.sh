#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the test machine, in the directory that tests/userspace/guest prepares,
# and leaves there what v3run says where it cannot reach the NPU.

module=v3npu
node=/dev/accel/accel0
firmware=/lib/firmware/v3npu/v3npu-fw.bin

# say STEP COMMAND...: what COMMAND prints, and its exit status, in STEP.
say()
{
	step=$1
	shift
	"$@" >"$step" 2>&1
	echo "status $?" >>"$step"
}

run="v3run smallnet.tflite smallnet.png"

# A job that hangs is to end sooner than after the usual 10 s.
rmmod $module
modprobe $module job_timeout_ms=3000
say device ./device_test accel
say session ./session_test accel
say share ./share_test accel
# What an application is: it has the shared library
models=build/tests
LD_LIBRARY_PATH=lib
export LD_LIBRARY_PATH
say chain examples/chain $models/identity.tflite $models/smallnet.tflite $models/smallnet.raw chain.out
say camera examples/camera $models/smallnet.tflite $models/smallnet.raw
say events examples/events $models/smallnet.tflite
say classify examples/classify $models/classifier.tflite $models/smallnet.raw
unset LD_LIBRARY_PATH
say number $run --device accel:1
say node $run --device $node
say compiled v3run smallnet.v3m smallnet.png
say missing-node $run --device /dev/accel/accel7
chmod 600 $node
say permission su user -c "$run"
if [ -d udev ]; then
	mkdir -p /etc/udev/rules.d
	cp 60-v3npu.rules /etc/udev/rules.d
	LD_LIBRARY_PATH=udev udev/systemd-udevd --daemon
	LD_LIBRARY_PATH=udev udev/udevadm trigger --settle --subsystem-match=accel
	say render su user -c "$run"
fi
rmmod $module
say module $run
mv $firmware /tmp
modprobe $module
say firmware $run
rmmod $module
cp smallnet.png $firmware
modprobe $module
say damaged $run
rmmod $module
mv /tmp/v3npu-fw.bin $firmware
modprobe $module
say again $run
