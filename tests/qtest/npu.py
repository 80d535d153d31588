# SPDX-License-Identifier: MIT
"""The NPU as a program on the machine's processor sees it; the numbers are those of hwabi/v3npu."""

import os
import struct
import time

from machine import TIMEOUT, TOP, PciFunction

AGENT = os.path.join(TOP, "build/tests/device/agent.bin")
COUNTER = os.path.join(TOP, "build/tests/qtest/counter.bin")

ID, CONTROL, STATUS, HALT_CODE = 0x0, 0x100, 0x104, 0x10c
IRQ_STATUS, IRQ_ENABLE = 0x200, 0x204
MMU_ROOT = 0x1000
ID_MAGIC = 0x504e3356
CONTROL_RUN, CONTROL_RESET = 1, 2
STATUS_RUNNING, STATUS_HALTED, STATUS_BUSY, STATUS_RESETTING = 1, 2, 4, 8

# The core's registers and the agent's mailbox (tests/device/layout.h)
CORE = 0x10000000
CORE_MTIME, CORE_WATCHDOG, CORE_EVENT = CORE + 0x100, CORE + 0x110, CORE + 0x4
CORE_DMA, CORE_DMA_CTRL, CORE_DMA_STATUS = CORE + 0x200, CORE + 0x214, CORE + 0x218
DMA_FROM_HOST, DMA_TO_HOST = 1, 2
CORE_ENGINE_CTRL, CORE_ENGINE_STATUS = CORE + 0x300, CORE + 0x304
CORE_ENGINE_AS, CORE_ENGINE_DESC = CORE + 0x30c, CORE + 0x400
MAILBOX = 0x10000
AGENT_READ, AGENT_WRITE = 1, 2

ENGINE_BUSY, ENGINE_DONE, ENGINE_FAULT = 1, 2, 3

SRAM = 1 << 38
PAGE, LARGE_PAGE = 1 << 12, 1 << 21
PTE_VALID, PTE_WRITE, PTE_LARGE = 1, 2, 4


def tensor(addr, dim, stride=None):
    """Dense, if no strides are given."""
    if stride is None:
        _, h, w, c = dim
        stride = (h * w * c, w * c, c, 1)
    return struct.pack("<Q4I4I", addr, *dim, *stride)


def copy(source, target, size):
    """Copies bytes."""
    dim = (1, 1, (size + 4095) // 4096, min(size, 4096))
    return struct.pack("<HHI", 7, 96, 0) + tensor(source, dim) + tensor(target, dim) + bytes(8)


def stall(microseconds):
    """Takes time and uses no memory."""
    return struct.pack("<HHIII", 8, 16, 0, microseconds, 0)


def channel(value):
    """Output constants that make a convolution whose weights are 0 write this value."""
    return struct.pack("<iii", value, 1 << 30, 1)


def convolution(constants, target, size=512, kernel=256):
    """
    Reads its output constants, see channel(), and writes size * size * 16 bytes for a long time:
    minutes with the sizes as they are, half a second with a kernel of 64. SRAM must be clear.
    """
    return (struct.pack("<HHI", 1, 144, 0) +
            tensor(SRAM, (1, 2 * size, 2 * size, 1), (0, 0, 0, 0)) +
            tensor(target, (1, size, size, 16)) +
            struct.pack("<QQbbbBI", constants, 0, 0, -128, 127, 1, 0) +
            struct.pack("<Q8HI4B", SRAM, kernel, kernel, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0))


class Npu(PciFunction):
    """An NPU with its BARs at these addresses."""

    def __init__(self, machine, bus, device, regs=0xfd000000, core_mem=0xfd100000):
        super().__init__(machine, bus, device)
        self.regs = regs
        self.core_mem = core_mem
        self.place()

    def place(self):
        """Set up what a reset clears: addresses and bus mastering."""
        self.write(0x10, self.regs)
        self.write(0x18, self.core_mem)
        self.write(0x04, 6)
        if self.reg(ID) != ID_MAGIC:
            raise ValueError("there is no NPU")

    def reg(self, offset):
        """Read a register."""
        return self.machine.read32(self.regs + offset)

    def set_reg(self, offset, value):
        """Write a register."""
        self.machine.write32(self.regs + offset, value)

    def core_read(self, offset):
        """Read a word of core memory."""
        return self.machine.read32(self.core_mem + offset)

    def core_write(self, offset, value):
        """Write a word of core memory."""
        self.machine.write32(self.core_mem + offset, value)

    def wait(self, good, what):
        """Wait until something is so."""
        end = time.monotonic() + TIMEOUT
        while not good():
            if time.monotonic() > end:
                raise ValueError("in vain: " + what)
            time.sleep(0.001)

    def boot(self, program=AGENT):
        """Start a program on the core."""
        self.set_reg(CONTROL, 0)
        self.wait(lambda: not self.reg(STATUS) & STATUS_RUNNING, "the core stops")
        with open(program, "rb") as f:
            data = f.read()
        data += bytes(-len(data) % 4)
        self.core_write(MAILBOX, 0)
        for at, (word,) in enumerate(struct.iter_unpack("<I", data)):
            self.core_write(4 * at, word)
        self.set_reg(CONTROL, CONTROL_RUN)

    def reset(self):
        """Reset by register, and wait for its end."""
        self.set_reg(CONTROL, CONTROL_RESET)
        self.wait(lambda: not self.reg(STATUS) & STATUS_RESETTING, "the reset ends")

    def ask(self, request, addr, value=0):
        """One access by the core, through the agent. Return the value."""
        self.core_write(MAILBOX + 4, addr)
        self.core_write(MAILBOX + 8, value)
        self.core_write(MAILBOX, request)
        self.wait(lambda: not self.core_read(MAILBOX), "the agent answers")
        return self.core_read(MAILBOX + 8)

    def start(self, command, space=1):
        """Start a command in an address space."""
        for at, (word,) in enumerate(struct.iter_unpack("<I", command)):
            self.ask(AGENT_WRITE, CORE_ENGINE_DESC + 4 * at, word)
        self.ask(AGENT_WRITE, CORE_ENGINE_AS, space)
        # The agent may be away as long as the command runs
        self.core_write(MAILBOX + 4, CORE_ENGINE_CTRL)
        self.core_write(MAILBOX + 8, 1)
        self.core_write(MAILBOX, AGENT_WRITE)

    def busy(self):
        """Whether a command runs."""
        return bool(self.reg(STATUS) & STATUS_BUSY)

    def result(self):
        """Wait for a command's end. Return ENGINE_*."""
        self.wait(lambda: not self.core_read(MAILBOX) and not self.busy(), "the command ends")
        return self.ask(AGENT_READ, CORE_ENGINE_STATUS)

    def run(self, command, space=1):
        """Start a command and wait for its end. Return ENGINE_*."""
        self.start(command, space)
        return self.result()

    def dma(self, control, addr, size, local=0x20000, space=1):
        """A transfer of the core's DMA. Return its status."""
        for at, word in enumerate((space, addr & 0xffffffff, addr >> 32, local, size)):
            self.ask(AGENT_WRITE, CORE_DMA + 4 * at, word)
        self.ask(AGENT_WRITE, CORE_DMA_CTRL, control)
        return self.ask(AGENT_READ, CORE_DMA_STATUS)

    def set_root(self, space, table):
        """Set an address space's top table, by its address on the bus."""
        self.set_reg(MMU_ROOT + 8 * space + 4, table >> 32)
        self.set_reg(MMU_ROOT + 8 * space, table & 0xffffffff | PTE_VALID)


class Tables:
    """
    Page tables of one address space, in the machine's memory from an address on. On the bus, all
    addresses may be higher by an offset.
    """

    def __init__(self, machine, base, offset=0):
        self.machine = machine
        self.offset = offset
        self.root = base + offset
        self.free = base + PAGE
        self.tables = {}
        machine.clear(base, PAGE)

    def _table(self, parent, key):
        if key not in self.tables:
            self.tables[key] = self.free
            self.machine.clear(self.free, PAGE)
            self.machine.write64(parent, self.free + self.offset | PTE_VALID)
            self.free += PAGE
        return self.tables[key]

    def entry(self, addr, large=False):
        """Where the entry of an address is."""
        middle = self._table(self.root - self.offset + 8 * (addr >> 30), (1, addr >> 30))
        at = middle + 8 * (addr >> 21 & 511)
        if large:
            return at
        return self._table(at, (0, addr >> 21)) + 8 * (addr >> 12 & 511)

    def map(self, addr, memory, size=PAGE, write=True, large=False):
        """Map addresses to the machine's memory."""
        flags = PTE_VALID | (PTE_WRITE if write else 0) | (PTE_LARGE if large else 0)
        for offset in range(0, size, LARGE_PAGE if large else PAGE):
            self.machine.write64(self.entry(addr + offset, large),
                                 memory + self.offset + offset | flags)
