#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unplugs an NPU while the driver's jobs run on it, and while it is off, and plugs it in again.

TAP on standard output.
"""

import os
import shutil
import subprocess
import time

from hotplug import TIMEOUT, TOP, Monitor, run_tests

ROUNDS = 3
BUILD = os.path.join(TOP, "build/tests")
WANTED = os.path.join(TOP, "tests/models/smallnet.out")

# More runs than can end before the NPU is gone; then one that must be right, after which the
# NPU is off when it is gone; one at last that must be right, too.
GUEST = f"""
for round in $(seq {ROUNDS}); do
	until [ -e /dev/accel/accel0 ]; do usleep 50000; done
	echo busy
	v3run smallnet.tflite --raw in.raw busy.raw --bench 1000000 >/dev/null 2>error
	echo "status $? $(cat error)"
	while [ -e /dev/accel/accel0 ]; do usleep 50000; done
	echo gone
done
until [ -e /dev/accel/accel0 ]; do usleep 50000; done
v3run smallnet.tflite --raw in.raw out.raw >/dev/null || exit
power=/sys/class/accel/accel0/device/power
echo 100 >$power/autosuspend_delay_ms
until [ $(cat $power/runtime_status) = suspended ]; do usleep 50000; done
echo off
while [ -e /dev/accel/accel0 ]; do usleep 50000; done
echo gone
until [ -e /dev/accel/accel0 ]; do usleep 50000; done
v3run smallnet.tflite --raw in.raw again.raw >/dev/null
"""


def unplug(tap, number, guest, monitor):
    """Unplug the NPU while a process keeps it busy, and plug it in again."""
    # Loading the model and the first run take a fraction of this.
    time.sleep(2)
    monitor.command("device_del", id="npu0")
    got = guest.stdout.readline().strip()
    tap.check(f"unplug {number}: the process that used it is told so",
              got.startswith("status 1 ") and "unplugged" in got, got)
    monitor.wait_event("DEVICE_DELETED")
    assert guest.stdout.readline().strip() == "gone"
    got = monitor.command("device_add", driver="v3npu", id="npu0", bus="slot0")
    tap.check(f"unplug {number}: it is plugged in again", "error" not in got, str(got))


def unplug_while_off(tap, guest, monitor):
    """Unplug the NPU when it is off, and plug it in again."""
    assert guest.stdout.readline().strip() == "off"
    monitor.command("device_del", id="npu0")
    got = guest.stdout.readline().strip()
    monitor.wait_event("DEVICE_DELETED")
    tap.check("it is unplugged while it is off", got == "gone", got)
    got = monitor.command("device_add", driver="v3npu", id="npu0", bus="slot0")
    assert "error" not in got, got


def run(tap, tmp):
    """Run the guest and judge what it leaves."""
    share = os.path.join(tmp, "share")
    os.mkdir(share)
    shutil.copy(os.path.join(BUILD, "smallnet.tflite"), share)
    shutil.copy(os.path.join(BUILD, "smallnet.raw"), os.path.join(share, "in.raw"))
    log = os.path.join(tmp, "dmesg")
    path = os.path.join(tmp, "qmp")
    with subprocess.Popen(
            [TOP + "/qemu/run-guest", "--share", share, "--timeout", str(TIMEOUT), "--dmesg", log,
             "--qemu-arg=-qmp", f"--qemu-arg=unix:{path},server=on,wait=off",
             "--", "sh", "-c", GUEST],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as guest:
        try:
            monitor = None
            for number in range(1, ROUNDS + 1):
                assert guest.stdout.readline().strip() == "busy"
                monitor = monitor or Monitor(path)
                unplug(tap, number, guest, monitor)
            unplug_while_off(tap, guest, monitor)
            status = guest.wait(TIMEOUT)
        finally:
            guest.terminate()
    with open(WANTED, "rb") as f:
        wanted = f.read()
    for name in ("out.raw", "again.raw"):
        with open(os.path.join(share, name), "rb") as f:
            tap.check(f"{name}: the next one computes what TFLite does",
                      status == 0 and f.read() == wanted, f"exit status {status}")
    reports = subprocess.run(
        ["sh", "-c", '. "$0/tests/guest/reports.sh"; find_reports "$1"', TOP, log],
        capture_output=True, text=True, check=False)
    tap.check("the kernel's log has no complaint", reports.returncode == 1, reports.stdout)


if __name__ == "__main__":
    run_tests(2 * ROUNDS + 4, run)
