#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets the NPU fail while clients in the guest use it. TAP on standard output.

The guest's part is inject.c, which asks for each fault. Its lines come here
through a port of the guest, and become properties of the NPU:

    set NAME N    x-inject-NAME = N
    get NAME      answers with what it reads
    unplug, plug  the NPU
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../hotplug"))
from hotplug import TOP, Monitor  # pylint: disable=wrong-import-position

TIMEOUT = 600
NPU = "/machine/peripheral/npu0"


def connect(path):
    """The guest's port, as a file, as soon as QEMU is there."""
    port = socket.socket(socket.AF_UNIX)
    end = time.monotonic() + 30
    while True:
        try:
            port.connect(path)
            return port.makefile("rw", encoding="ascii")
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def serve(tmp):
    """Do what the guest asks for until it ends."""
    port = connect(tmp + "/port")
    monitor = Monitor(tmp + "/qmp")
    for line in port:
        word = line.split()
        if word[0] == "set":
            got = monitor.command("qom-set", path=NPU, property="x-inject-" + word[1],
                                  value=int(word[2]))
        elif word[0] == "get":
            got = monitor.command("qom-get", path=NPU, property="x-inject-" + word[1])
        elif word[0] == "aer":
            got = monitor.command("human-monitor-command", **{
                "command-line": f"pcie_aer_inject_error npu0 {word[1]}"})
            got = 0 if isinstance(got, str) and got.startswith("OK") else f"error {got}"
        elif word[0] == "unplug":
            got = monitor.command("device_del", id="npu0")
            monitor.wait_event("DEVICE_DELETED")
        else:
            got = monitor.command("device_add", driver="v3npu", id="npu0", bus="slot0")
        if isinstance(got, dict):
            got = "error " + got["error"]["desc"] if "error" in got else 0
        port.write(f"{got}\n")
        port.flush()


def run(tmp):
    """Run the guest. Return the number of results it printed, and how it ended."""
    factor = int(os.environ.get("V3NPU_GUEST_TIMEOUT_FACTOR", "1"))
    number = 0
    command = ("rmmod v3npu && modprobe v3npu job_timeout_ms=2000 && "
               f"exec /tests/v3npu_inject {factor}")
    with subprocess.Popen(
            [TOP + "/qemu/run-guest", "--timeout", str(TIMEOUT), "--dmesg", tmp + "/dmesg",
             "--qemu-arg=-qmp", f"--qemu-arg=unix:{tmp}/qmp,server=on,wait=off",
             "--qemu-arg=-chardev",
             f"--qemu-arg=socket,id=inject,path={tmp}/port,server=on,wait=off",
             "--qemu-arg=-device", "--qemu-arg=virtserialport,chardev=inject,name=inject",
             "--", "sh", "-c", command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True) as guest:
        threading.Thread(target=serve, args=(tmp,), daemon=True).start()
        for line in guest.stdout:
            print(line, end="", flush=True)
            number += bool(re.match("(not )?ok ", line))
        errors = guest.stderr.read()
    for line in errors.splitlines()[-60:]:
        print("# " + line)
    return number, guest.returncode


def main():
    """Run all tests."""
    with tempfile.TemporaryDirectory() as tmp:
        number, status = run(tmp)
        print(f"{'ok' if status == 0 else 'not ok'} {number + 1} - the guest ends well")
        reports = subprocess.run(
            ["sh", "-c", '. "$0/tests/guest/reports.sh"; find_reports "$1"', TOP, tmp + "/dmesg"],
            capture_output=True, text=True, check=False)
        print("".join(f"# {line}\n" for line in reports.stdout.splitlines()), end="")
        print(f"{'ok' if reports.returncode == 1 else 'not ok'} {number + 2} - "
              "the kernel's log has no complaint")
        print(f"1..{number + 2}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
