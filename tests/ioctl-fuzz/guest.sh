#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: the fuzzer with its arguments, then a network, then the
# driver must be free to go. TAP on standard output. The directory is run's.

# What is reported of DMA is the driver's alone: udmabuf of Linux 6.12 synchronizes its
# pages in other directions than it mapped them in, and the first report would be the last.
dma=/sys/kernel/debug/dma-api
if [ -d $dma ]; then
	echo 1 >$dma/all_errors
	echo v3npu >$dma/driver_filter
fi

# Hangs are tried too, and then the job's time is waited for.
rmmod v3npu && modprobe v3npu job_timeout_ms=300
modprobe -a vgem udmabuf 2>/dev/null

/tests/v3npu_ioctl_fuzz "$@"
echo "# exit $?"
v3run smallnet.tflite --raw in.raw out.raw >v3run.log 2>&1
echo "# v3run $?"
# A driver that is gone is nobody's, and may have left something mapped
[ ! -d $dma ] || echo >$dma/driver_filter
rmmod v3npu
echo "# rmmod $?"
