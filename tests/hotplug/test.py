#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Resets, unplugs and plugs in an NPU whose control core is running. TAP on standard output.

There is no driver: the guest writes a one-instruction program into core memory
and starts it. The host's side unplugs through QEMU's monitor (QMP).
"""

import subprocess
import time

from hotplug import TIMEOUT, TOP, Monitor, run_tests

# Writes STALL (opcode 8, 16 bytes, 20 s) to the datapath's descriptor and starts it.
STALL = " ".join([
    "0x10000537",                               # lui a0, 0x10000: the core's registers
    "0x001005b7", "0x00858593", "0x40b52023",   # li a1, 0x100008; sw a1, 0x400(a0)
    "0x013135b7", "0x40b52423",                 # li a1, 0x1313000; sw a1, 0x408(a0)
    "0x00100593", "0x30b52023",                 # li a1, 1; sw a1, 0x300(a0)
    "0x0000006f",                               # j .
])

# Register offsets and bits: hwabi/v3npu/regs.h. 0x6f is RV32's jump to itself.
GUEST = f"stall='{STALL}'" + r"""
set -e
dev=/sys/bus/pci/devices/0000:01:00.0
bar() { sed -n "$(($1 + 1))s/ .*//p" $dev/resource; }
reg() { devmem $(($(bar 0) + $1)) 32 $2; }
config() { printf $2 | dd of=$dev/config bs=1 seek=$(($1)) conv=notrunc 2>/dev/null; }
start() {
	devmem $(($(bar 2))) 32 0x6f
	reg 0x100 1
	i=0
	while [ $(($(reg 0x104) & 1)) = 0 ] && [ $i -lt 100 ]; do i=$((i + 1)); usleep 20000; done
	echo "status $(reg 0x104)"
}
echo "id $(bar 0 >/dev/null; echo 1 >$dev/enable; reg 0)"
config 0x64 '\1'
echo "d1 $(dd if=$dev/config bs=1 skip=$((0x64)) count=1 2>/dev/null | hexdump -v -e '1/1 "%d"') $(reg 0)"
start
echo 1 >$dev/reset
echo "reset $(reg 0x104) $(devmem $(($(bar 2))) 32)"
start
echo unplug
while [ -e $dev ]; do usleep 50000; done
echo gone
dev=/sys/bus/pci/devices/0000:02:00.0
# It is there some time before it has addresses and can be enabled
until echo 1 >$dev/enable; do usleep 50000; done 2>/dev/null
echo "id $(reg 0) macs $(($(reg 8)))"
at=$(bar 2)
for word in $stall; do
	devmem $at 32 $word
	at=$((at + 4))
done
reg 0x100 1
usleep 100000
echo "busy $(reg 0x104)"
sleep 10
config 4 '\6'
busy=$(reg 0x104)
config 4 '\2'
echo "master $busy $(reg 0x104)"
start
"""


def running(line):
    """Whether a status line says that the core runs and is not halted."""
    words = line.split()
    return words[:1] == ["status"] and int(words[1], 16) & 3 == 1


def run(tap, tmp):
    """Run the guest and judge what it prints."""
    path = tmp + "/qmp"
    guest = subprocess.Popen(  # pylint: disable=consider-using-with
        [TOP + "/qemu/run-guest", "--no-driver", "--timeout", str(TIMEOUT),
         "--qemu-arg=-qmp", f"--qemu-arg=unix:{path},server=on,wait=off",
         "--", "sh", "-c", GUEST],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def line():
        return guest.stdout.readline().strip()

    try:
        got = line()
        tap.check("the guest reads the NPU's ID", got == "id 0x504E3356", got)
        monitor = Monitor(path)
        got = line()
        tap.check("it does not go to a power state that it does not have",
                  got == "d1 0 0x504E3356", got)
        got = line()
        tap.check("the core runs", running(got), got)
        got = line()
        tap.check("a function-level reset stops it and clears its memory",
                  got == "reset 0x00000000 0x00000000", got)
        got = line()
        tap.check("the core runs again", running(got), got)

        got = monitor.command("migrate", uri="exec:cat >/dev/null")
        tap.check("migration is refused", "v3npu" in str(got.get("error")), str(got))

        assert line() == "unplug"
        monitor.command("device_del", id="npu0")
        got = line()
        monitor.wait_event("DEVICE_DELETED")
        tap.check("the NPU is unplugged while its core runs", got == "gone", got)

        got = monitor.command("device_add", driver="v3npu", id="npu1", bus="slot1", macs=512)
        tap.check("another NPU is plugged in", "error" not in got, str(got))
        got = line()
        tap.check("the guest reads its ID and its MACs", got == "id 0x504E3356 macs 512", got)
        got = line()
        tap.check("it executes a command", got == "busy 0x00000005", got)
        start = time.monotonic()
        got = monitor.command("device_add", driver="v3npu", bus="slot0", macs=1)
        took = time.monotonic() - start
        tap.check("meanwhile a device that cannot be made does not hold up the monitor",
                  "error" in got and took < 8, f"{took:.1f} s, {got}")
        got = line()
        tap.check("a command ends when bus mastering is disabled",
                  got == "master 0x00000005 0x00000001", got)
        got = line()
        tap.check("its core runs", running(got), got)
        status = guest.wait(TIMEOUT)
        tap.check("the guest ends well, with the core running", status == 0, str(status))
    finally:
        guest.terminate()
        guest.wait()


def main():
    """Run all tests."""
    start = time.monotonic()
    run_tests(14, run)
    print(f"# {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
