#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs in the guest: the fuzzer with its arguments, then a network, then the
# driver must be free to go. TAP on standard output. The directory is run's.

# Hangs are tried too, and then the job's time is waited for.
rmmod v3npu && modprobe v3npu job_timeout_ms=300
modprobe -a vgem udmabuf 2>/dev/null

/tests/v3npu_ioctl_fuzz "$@"
echo "# exit $?"
v3run smallnet.tflite --raw in.raw out.raw >v3run.log 2>&1
echo "# v3run $?"
rmmod v3npu
echo "# rmmod $?"
