# SPDX-License-Identifier: MIT
"""QEMU without a guest: a test is what its processor would be, through qtest, and its user."""

import base64
import itertools
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../hotplug"))
from hotplug import TIMEOUT, TOP, Monitor  # pylint: disable=wrong-import-position

QEMU_DIR = os.environ.get("V3NPU_QEMU") or os.path.join(TOP, "build/qemu")

CAP_PCIE = 0x10


def connect(path, process):
    """Connect to a socket that QEMU is about to make."""
    end = time.monotonic() + TIMEOUT
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(path)
            return connection
        except OSError:
            connection.close()
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.01)


class Machine:
    """A q35 machine with these arguments; files and sockets are in the directory tmp."""

    numbers = itertools.count()

    def __init__(self, tmp, *arguments, machine="q35", accel="qtest"):
        number = next(Machine.numbers)
        self.log = f"{tmp}/stderr{number}"
        self.deleted = []
        qtest, qmp = f"{tmp}/qtest{number}", f"{tmp}/qmp{number}"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                ["setpriv", "--pdeathsig", "KILL", QEMU_DIR + "/qemu-system-x86_64",
                 "-L", QEMU_DIR + "/firmware", "-M", machine, "-accel", accel, "-nodefaults",
                 "-no-user-config", "-display", "none", "-vga", "none",
                 "-qtest", f"unix:{qtest},server=on,wait=off", "-qtest-log", "/dev/null",
                 "-qmp", f"unix:{qmp},server=on,wait=off"] + list(arguments),
                stdin=subprocess.DEVNULL, stderr=log)
        try:
            self.connection = connect(qtest, self.process)
            connect(qmp, self.process).close()
            self.monitor = Monitor(qmp)
        except OSError as e:
            raise EOFError("QEMU ended: " + self.messages()) from e
        self.file = self.connection.makefile("rw", encoding="ascii")

    def close(self):
        """End it."""
        self.process.kill()
        self.process.wait()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def messages(self):
        """What QEMU wrote to standard error."""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def alive(self):
        """Whether QEMU is still there."""
        return self.process.poll() is None

    def qtest(self, *words):
        """Send a command of the qtest protocol. Return the answer's words."""
        self.file.write(" ".join(words) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError("QEMU ended: " + self.messages()[-2000:])
            answer = line.split()
            if answer[0] == "OK":
                return answer[1:]
            if answer[0] != "IRQ":
                raise ValueError(f"{' '.join(words)}: {line}")

    def qmp(self, name, **arguments):
        """A command of the monitor, which must succeed."""
        answer = self.monitor.command(name, **arguments)
        if isinstance(answer, dict) and "error" in answer:
            raise ValueError(f"{name}: {answer['error']}")
        return answer

    def wait_deleted(self, name):
        """Wait until a device is gone, since the last time that this was waited for."""
        while name not in self.deleted:
            event = self.monitor.wait_event("DEVICE_DELETED")
            self.deleted.append(event["data"].get("device"))
        self.deleted.remove(name)

    def out32(self, port, value):
        """Write to an I/O port."""
        self.qtest("outl", hex(port), hex(value))

    def in32(self, port):
        """Read from an I/O port."""
        return int(self.qtest("inl", hex(port))[0], 16)

    def read32(self, addr):
        """A 32-bit read, as a processor does it."""
        return int(self.qtest("readl", hex(addr))[0], 16)

    def write32(self, addr, value):
        """A 32-bit write."""
        self.qtest("writel", hex(addr), hex(value & 0xffffffff))

    def write64(self, addr, value):
        """A 64-bit write."""
        self.qtest("writeq", hex(addr), hex(value))

    def read(self, addr, size):
        """Bytes of memory."""
        return base64.b64decode(self.qtest("b64read", hex(addr), hex(size))[0])

    def write(self, addr, data):
        """Write bytes to memory."""
        self.qtest("b64write", hex(addr), hex(len(data)), base64.b64encode(data).decode())

    def clear(self, addr, size, value=0):
        """Fill memory with one byte."""
        self.qtest("memset", hex(addr), hex(size), hex(value))


class PciFunction:
    """The configuration space of a device."""

    def __init__(self, machine, bus, device, function=0):
        self.machine = machine
        self.address = 0x80000000 | bus << 16 | device << 11 | function << 8

    def read(self, register):
        """The aligned 32 bits that a register is in."""
        self.machine.out32(0xcf8, self.address | (register & 0xfc))
        return self.machine.in32(0xcfc)

    def write(self, register, value):
        """Write 32 bits."""
        self.machine.out32(0xcf8, self.address | (register & 0xfc))
        self.machine.out32(0xcfc, value & 0xffffffff)

    def capability(self, number):
        """Where a capability is."""
        at = self.read(0x34) & 0xfc
        # All ones where there is no device
        while at not in (0, 0xfc):
            header = self.read(at)
            if header & 0xff == number:
                return at
            at = header >> 8 & 0xfc
        raise ValueError(f"no capability {number:#x}")


class RootPort(PciFunction):
    """A root port on bus 0, with one bus behind it and addresses for one device."""

    def __init__(self, machine, device, bus, base, size=0x200000):
        super().__init__(machine, 0, device)
        self.write(0x18, bus << 16 | bus << 8)
        self.write(0x20, (base + size - 1) & 0xfff00000 | base >> 16)
        self.write(0x04, 7)
        self.slot = self.capability(CAP_PCIE) + 0x18

    def power(self, on):
        """Power for the slot, and its indicator, on or off: off, the device is unplugged."""
        self.write(self.slot, 0x0100 if on else 0x0700)
