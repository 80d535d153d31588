#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Ejects what a running command of the NPU uses: another device's ROM, and memory.

Usage: eject.py [ROUNDS], 6 of each kind if it is not given. The guest may do that at any time, and
whatever it leaves behind is to end where QEMU's lock is held. TAP on standard output.
"""

import sys
import tempfile

from machine import Machine, PciFunction, RootPort
from npu import ID, ID_MAGIC, LARGE_PAGE, Npu, Tables, channel, convolution
from hotplug import Tap

ROUNDS = 6
ROM_SIZE = 65536
ROM_ADDR = 0xfe000000
RESULT = 0x1000000
MEMORY_SIZE = 128 << 20

# The ports of ACPI's hotplug in q35: of PCI, and of memory
PCI_DOWN, PCI_EJECT, PCI_SELECT = 0xcc4, 0xcc8, 0xcd0
MEMORY_SELECT, MEMORY_FLAGS = 0xa00, 0xa14
MEMORY_EJECT = 8

NATIVE = ("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")


class Slot(RootPort):
    """A root port whose device comes and goes, by ACPI or by the port's own registers."""

    def __init__(self, machine, native, *place):
        super().__init__(machine, *place)
        self.native = native

    def plug(self, name, **properties):
        """Plug a device in."""
        self.machine.qmp("device_add", id=name, **properties)
        if self.native:
            self.power(True)

    def eject(self, name):
        """Unplug it, and do as a guest that agrees."""
        if self.native:
            self.power(False)
        else:
            self.machine.qmp("device_del", id=name)
            for bus in range(4):
                self.machine.out32(PCI_SELECT, bus)
                self.machine.out32(PCI_EJECT, self.machine.in32(PCI_DOWN))


class Rom:
    """The ROM of a device in a slot. Its first bytes are a command's output constants."""

    def __init__(self, machine, native, tmp):
        self.machine = machine
        self.path = tmp + "/rom"
        self.slot = Slot(machine, native, 4, 1, ROM_ADDR)
        self.function = PciFunction(machine, 1, 0)

    def plug(self):
        """Plug the device in and give its ROM an address."""
        with open(self.path, "wb") as f:
            f.write(channel(5).ljust(ROM_SIZE, b"\0"))
        self.slot.plug("rom", driver="virtio-serial-pci", bus="port4", romfile=self.path)
        self.function.write(0x30, ROM_ADDR | 1)
        self.function.write(0x04, 6)
        assert self.machine.read(ROM_ADDR, 12) == channel(5)

    def map(self, tables):
        """Map what the command reads and writes. Return it, and where it writes first."""
        tables.map(0, ROM_ADDR, write=False)
        tables.map(2 * LARGE_PAGE, RESULT, 2 * LARGE_PAGE, large=True)
        self.machine.clear(RESULT, 2 * LARGE_PAGE)
        return convolution(0, 2 * LARGE_PAGE), RESULT

    def eject(self):
        """Take the device away."""
        self.slot.eject("rom")
        assert self.function.read(0) == 0xffffffff

    def wait_end(self):
        """Wait until the last reference to it has ended, which takes the command's end."""
        self.machine.wait_deleted("rom")


class Dimm:
    """Memory that is plugged in; the command writes there."""

    def __init__(self, machine, _):
        self.machine = machine

    def plug(self):
        """Plug memory in."""
        self.machine.qmp("object-add", **{"qom-type": "memory-backend-ram", "id": "memory",
                                          "size": MEMORY_SIZE})
        self.machine.qmp("device_add", driver="pc-dimm", id="dimm", memdev="memory")

    def map(self, tables):
        """Map what the command reads and writes. Return it, and where it writes first."""
        (device,) = self.machine.qmp("query-memory-devices")
        memory = device["data"]["addr"]
        tables.map(2 * LARGE_PAGE, memory, 4 * LARGE_PAGE, large=True)
        self.machine.write(memory + 3 * LARGE_PAGE, channel(5))
        # Little memory, which is looked up at once: what is gone then would be a fault
        return convolution(5 * LARGE_PAGE, 2 * LARGE_PAGE, size=128), memory

    def eject(self):
        """Do as a guest that ejects it, and as its user, who takes away what it was made of."""
        self.machine.out32(MEMORY_SELECT, 0)
        self.machine.qtest("outb", hex(MEMORY_FLAGS), hex(MEMORY_EJECT))
        self.machine.wait_deleted("dimm")
        self.machine.qmp("object-del", id="memory")

    def wait_end(self):
        """It has no end that is told; but QEMU's main loop turns."""
        self.machine.qmp("query-status")


def end_by_reset(npu, _):
    """The command ends by a register."""
    npu.reset()


def end_by_master(npu, _):
    """The command ends since the NPU may not use memory any more."""
    npu.write(0x04, 2)
    npu.wait(lambda: not npu.busy(), "the command ends")
    npu.write(0x04, 6)


def end_by_unplug(npu, slot):
    """The command ends with its NPU."""
    slot.eject("npu")
    npu.machine.wait_deleted("npu")
    slot.plug("npu", driver="v3npu", bus="port5")
    npu.place()


ENDS = (end_by_reset, end_by_master, end_by_unplug)


def drain(machine):
    """
    Have QEMU forget its old memory maps, which refer to what was ejected, too: only then is the
    NPU's reference the last one. A device that cannot be made does it.
    """
    for _ in range(2):
        assert "error" in machine.monitor.command("device_add", driver="v3npu", bus="port4", macs=1)


def one_round(thing, npu, slot, end):
    """Plug it in, have a command use it, eject it, and end the command."""
    thing.plug()
    npu.reset()
    npu.boot()
    tables = Tables(npu.machine, 0x100000)
    npu.set_root(1, tables.root)
    command, result = thing.map(tables)
    npu.start(command)
    npu.wait(lambda: npu.machine.read32(result), "the command writes")
    thing.eject()
    drain(npu.machine)
    busy = npu.busy()
    end(npu, slot)
    thing.wait_end()
    return busy and npu.reg(ID) == ID_MAGIC


def rounds_of(tap, tmp, what, make, native=False):
    """All rounds with one kind of thing."""
    good = count = 0
    try:
        with Machine(tmp, "-m", "64M,slots=2,maxmem=1G", *(NATIVE if native else ()),
                     "-device", "pcie-root-port,id=port4,chassis=4,slot=4,bus=pcie.0,addr=4",
                     "-device", "pcie-root-port,id=port5,chassis=5,slot=5,bus=pcie.0,addr=5",
                     "-device", "v3npu,id=npu,bus=port5") as machine:
            slot = Slot(machine, native, 5, 2, 0xfd000000)
            if native:
                slot.power(True)
            npu = Npu(machine, 2, 0)
            thing = make(machine, native)
            for count in range(1, ROUNDS + 1):
                good += one_round(thing, npu, slot, ENDS[count % len(ENDS)])
    except (AssertionError, EOFError, OSError, ValueError) as e:
        print(f"# round {count}: {e!r}")
    tap.check(f"{what} is ejected under a command, {ROUNDS} times", good == ROUNDS, f"{good} good")


def main():
    """Run all tests."""
    tap = Tap(3)
    with tempfile.TemporaryDirectory() as tmp:
        rounds_of(tap, tmp, "a ROM, by ACPI,", lambda m, native: Rom(m, native, tmp))
        rounds_of(tap, tmp, "a ROM, by its slot,", lambda m, native: Rom(m, native, tmp), True)
        rounds_of(tap, tmp, "memory", Dimm)
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ROUNDS = int(sys.argv[1])
    sys.exit(main())
