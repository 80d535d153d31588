#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Does at random what a guest and its user can do to the NPUs of a machine while they work.

For each seed, a machine, behind an IOMMU or not, and some hundred things done to it. It must
survive them, then compute the right bytes, and end when it is told to. V3NPU_FUZZ_SEED is the
first seed, V3NPU_FUZZ_MS how long to go on; V3NPU_QEMU another QEMU's directory, say one with
sanitizers. Threads are at work: to see a failure again may take several attempts. TAP on standard
output.
"""

import collections
import os
import random
import struct
import sys
import tempfile
import time

import vtd
from machine import Machine, PciFunction
from npu import (AGENT, AGENT_WRITE, CONTROL, CONTROL_RESET, CORE_DMA, CORE_DMA_CTRL,
                 CORE_ENGINE_AS, CORE_ENGINE_CTRL, CORE_ENGINE_DESC, COUNTER, ENGINE_DONE, ID,
                 ID_MAGIC, LARGE_PAGE, MAILBOX, PAGE, SRAM, Npu, Tables, convolution, copy, stall)
from eject import (MEMORY_EJECT, MEMORY_FLAGS, MEMORY_SELECT, NATIVE, ROM_ADDR, ROM_SIZE, Slot,
                   drain)
from hotplug import Tap

ACTIONS = 250
TABLES, VTD_TABLES, DATA = 0x100000, 0x400000, 0x1000000
DIMM_ADDR = 1 << 32
REGISTERS = (0x0, 0x100, 0x104, 0x108, 0x10c, 0x200, 0x204, 0x300, 0x400, 0x404, 0x1000, 0x1008,
             0x100c, 0x1100)
INJECT = ("irq-lost", "irq-spurious", "core-halt", "core-hang", "core-status", "engine-hang",
          "engine-fault", "dma-fault", "reset-stuck", "gone")


class Target:
    """An NPU in a slot, or the place of one."""

    def __init__(self, machine, number, slot):
        self.name = f"npu{number}"
        self.port = f"port{number + 5}"
        self.slot = slot
        base = 0xfd000000 + 0x400000 * number
        self.places = [(base, base + 0x100000), (base + 0x200000, base + 0x300000),
                       (base, base), (0, 0), (DATA, DATA + LARGE_PAGE), (ROM_ADDR, base)]
        self.npu = Npu.__new__(Npu)
        PciFunction.__init__(self.npu, machine, number + 2, 0)
        self.npu.regs, self.npu.core_mem = self.places[0]
        self.plugged = True


class Fuzz:
    """One machine."""

    def __init__(self, tmp, seed):
        self.random = random.Random(seed)
        self.tmp = tmp
        self.native = self.random.random() < 0.5
        self.has_iommu = self.random.random() < 0.5
        self.log = collections.deque(maxlen=30)
        iommu = []
        if self.has_iommu:
            mode = self.random.choice(("on", "off"))
            iommu = ["-device", f"intel-iommu,caching-mode={mode}"]
        self.machine = Machine(
            tmp, "-m", "64M,slots=2,maxmem=1G", *iommu, *(NATIVE if self.native else ()),
            *(word for n in (4, 5, 6) for word in (
                "-device", f"pcie-root-port,id=port{n},chassis={n},slot={n},bus=pcie.0,addr={n}")),
            "-device", "v3npu,id=npu0,bus=port5,threads=2",
            "-device", "v3npu,id=npu1,bus=port6,threads=3,x-post-writes=on")
        self.running = True
        self.rom = self.dimm = False
        self.iommu = None
        self.targets = []
        with open(tmp + "/rom", "wb") as f:
            f.write(bytes(ROM_SIZE))
        with open(AGENT, "rb") as f:
            self.agent = f.read()
        with open(COUNTER, "rb") as f:
            self.counter = f.read()
        self.set_up()

    def set_up(self):
        """What firmware and a kernel set up, and a reset of the machine takes away."""
        m = self.machine
        self.rom_slot = Slot(m, self.native, 4, 1, ROM_ADDR)
        slots = [Slot(m, self.native, 5 + n, 2 + n, 0xfd000000 + 0x400000 * n, 0x400000)
                 for n in range(2)]
        if not self.targets:
            self.targets = [Target(m, n, slot) for n, slot in enumerate(slots)]
        for target, slot in zip(self.targets, slots):
            target.slot = slot
            if self.native:
                slot.power(True)
            self.place(target, target.places[0])
        if self.has_iommu:
            self.iommu = vtd.Vtd(m, VTD_TABLES, 0)
            # Both NPUs are the only devices of their buses
            context = self.iommu.context
            for bus in (2, 3):
                m.write64(self.iommu.root + 16 * bus, context | 1)
            for at, memory, size in ((TABLES, TABLES, 64), (DATA, DATA, 1024),
                                     (ROM_ADDR, ROM_ADDR, 16)):
                self.iommu.map(at, memory, size * PAGE)
        self.make_tables()

    def make_tables(self):
        """Address space 1 has memory at 0, the ROM, pluggable memory, and a hole."""
        tables = Tables(self.machine, TABLES)
        tables.map(0, DATA, 2 * LARGE_PAGE, large=True)
        tables.map(2 * LARGE_PAGE, ROM_ADDR, ROM_SIZE)
        tables.map(3 * LARGE_PAGE, DIMM_ADDR, 2 * LARGE_PAGE, large=True)
        tables.map(5 * LARGE_PAGE, DATA, 256 * PAGE)
        for target in self.targets:
            self.set_root(target, tables.root)

    @staticmethod
    def set_root(target, root):
        """The root of address space 1, wherever its NPU is."""
        target.npu.set_root(1, root)

    @staticmethod
    def place(target, place, command=6):
        """Give its BARs addresses."""
        npu = target.npu
        npu.regs, npu.core_mem = place
        npu.write(0x04, 0)
        npu.write(0x10, npu.regs)
        npu.write(0x18, npu.core_mem)
        npu.write(0x20, npu.regs + 0x180000)
        npu.write(0x04, command)

    # What is done. Each is told the NPU that it is about.

    def access(self, target):
        """Accesses to registers and core memory."""
        npu, r = target.npu, self.random
        for _ in range(r.randrange(1, 10)):
            value = r.choice((0, 1, 2, 3, 7, r.getrandbits(32)))
            if r.random() < 0.5:
                npu.set_reg(r.choice(REGISTERS), value)
            else:
                npu.core_write(r.choice((0, 0x1000, MAILBOX, 0x7fffc)), value)
            npu.reg(r.choice(REGISTERS))
            npu.core_read(r.choice((0, 0x1000, 0x7fffc)))

    def boot(self, target):
        """A program on the core."""
        self.start_program(target, self.random.choice((self.agent, self.counter)))

    def start_program(self, target, program):
        """That program on the core."""
        npu = target.npu
        npu.set_reg(CONTROL, 0)
        self.machine.write(npu.core_mem, program + bytes(-len(program) % 8))
        npu.core_write(MAILBOX, 0)
        self.set_root(target, TABLES)
        npu.set_reg(CONTROL, 1)

    def ask(self, npu, writes):
        """Have the agent write words to addresses, as long as it is there and has time."""
        for addr, value in writes:
            npu.core_write(MAILBOX + 4, addr)
            npu.core_write(MAILBOX + 8, value)
            npu.core_write(MAILBOX, AGENT_WRITE)
            if all(npu.core_read(MAILBOX) for _ in range(50)):
                return

    def command(self, target):
        """A command, where an agent runs."""
        r = self.random
        places = [n * LARGE_PAGE for n in range(7)] + [SRAM, LARGE_PAGE - PAGE]
        self.start_command(target, r.choice((
            copy(r.choice(places), r.choice(places), r.choice((64, 65536, LARGE_PAGE))),
            convolution(r.choice(places), r.choice(places), size=r.choice((32, 512)),
                        kernel=r.choice((1, 64, 256))),
            stall(r.choice((10, 1000, 100000000))))))

    def start_command(self, target, command):
        """That command, where an agent runs."""
        writes = [(CORE_ENGINE_DESC + 4 * at, word)
                  for at, (word,) in enumerate(struct.iter_unpack("<I", command))]
        writes += [(CORE_ENGINE_AS, 1), (CORE_ENGINE_CTRL, self.random.choice((1, 1, 1, 2)))]
        self.ask(target.npu, writes)

    def transfer(self, target):
        """A transfer of the core's DMA, where an agent runs."""
        r = self.random
        words = (1, r.choice((0, 2, 3, 4)) * LARGE_PAGE + r.randrange(PAGE), 0, 0x20000,
                 r.randrange(1, 65537))
        writes = [(CORE_DMA + 4 * at, word) for at, word in enumerate(words)]
        self.ask(target.npu, writes + [(CORE_DMA_CTRL, r.choice((1, 2)))])

    def reset(self, target):
        """Resets of all kinds."""
        npu, r = target.npu, self.random
        kind = r.randrange(4)
        if kind == 0:
            npu.set_reg(CONTROL, CONTROL_RESET)
        elif kind == 1:
            try:
                npu.write(npu.capability(0x10) + 8, 1 << 15)
            except ValueError:
                pass
        elif kind == 2:
            bridge = target.slot.read(0x3c)
            target.slot.write(0x3c, bridge | 1 << 22)
            target.slot.write(0x3c, bridge & ~(1 << 22))
        else:
            self.machine.qmp("system_reset")
            self.machine.qmp("query-status")
            if r.random() < 0.7:
                self.set_up()

    def configure(self, target):
        """Bus mastering, addresses, power, interrupts."""
        npu, r = target.npu, self.random
        kind = r.randrange(5)
        if kind == 0:
            npu.write(0x04, r.choice((0, 2, 4, 6, 7)))
        elif kind == 1:
            self.place(target, r.choice(target.places), r.choice((2, 6)))
        elif kind == 2:
            npu.write(0x64, r.choice((0, 1, 2, 3)))
        elif kind == 3:
            npu.write(0x64, 0)
            self.place(target, target.places[0])
            self.make_tables()
        else:
            try:
                npu.write(npu.capability(0x11), r.choice((0x80000000, 0xc0000000, 0)))
            except ValueError:
                pass
            table = npu.regs + 0x180000
            self.machine.write32(table, r.choice((0xfee00000, DATA, 0)))
            self.machine.write32(table + 12, r.choice((0, 1)))
            npu.set_reg(0x204, r.choice((0, 7)))

    def run_state(self, _):
        """Stop, or go on."""
        self.machine.qmp("stop" if self.running else "cont")
        self.running = not self.running

    def drain(self):
        """Make an NPU's reference to what was ejected the last one, as a rule."""
        if self.random.random() < 0.7:
            drain(self.machine)

    def plug(self, target):
        """Unplug an NPU or the device with the ROM, or plug it in."""
        if self.random.random() < 0.5:
            self.plug_rom()
            return
        if target.plugged:
            target.slot.eject(target.name)
            target.plugged = False
            self.drain()
            return
        answer = self.machine.monitor.command(
            "device_add", driver="v3npu", id=target.name, bus=target.port, threads=2,
            **{"x-post-writes": self.random.random() < 0.5})
        # The last one of that name may not be gone yet
        if "error" not in answer:
            target.plugged = True
            if self.native:
                target.slot.power(True)
            self.place(target, target.places[0])
            self.set_root(target, TABLES)

    def plug_rom(self):
        """Plug the device with the ROM in, or unplug it."""
        if self.rom:
            self.rom_slot.eject("rom")
            self.rom = False
            self.drain()
            return
        answer = self.machine.monitor.command("device_add", driver="virtio-serial-pci", id="rom",
                                              bus="port4", romfile=self.tmp + "/rom")
        if "error" not in answer:
            self.rom = True
            if self.native:
                self.rom_slot.power(True)
            function = PciFunction(self.machine, 1, 0)
            function.write(0x30, ROM_ADDR | 1)
            function.write(0x04, 6)

    def plug_memory(self, _):
        """Plug memory in, or eject it."""
        if self.dimm:
            self.machine.out32(MEMORY_SELECT, 0)
            self.machine.qtest("outb", hex(MEMORY_FLAGS), hex(MEMORY_EJECT))
            self.machine.monitor.command("object-del", id="memory")
            self.dimm = bool(self.machine.qmp("query-memory-devices"))
            self.drain()
            return
        self.machine.monitor.command("object-add", **{
            "qom-type": "memory-backend-ram", "id": "memory", "size": 128 << 20})
        self.machine.monitor.command("device_add", driver="pc-dimm", id="dimm", memdev="memory")
        self.dimm = bool(self.machine.qmp("query-memory-devices"))

    def use_iommu(self, _):
        """Switch translation, map, unmap, invalidate."""
        r = self.random
        if not self.iommu:
            return
        kind = r.randrange(5)
        if kind == 0:
            self.iommu.enable(r.random() < 0.8)
        elif kind == 1:
            self.iommu.detach()
            self.iommu.attach()
        else:
            at = DATA + r.randrange(1024) * PAGE
            for _ in range(r.randrange(20)):
                self.iommu.map(at, r.choice((at, DATA)), PAGE, r.choice((0, 1, 3)))
                at += PAGE
            self.iommu.invalidate(r.choice((1, 2, 3)), at, r.randrange(10))
            if kind == 4:
                self.iommu.map(DATA, DATA, 1024 * PAGE)

    def inject(self, target):
        """A fault on demand."""
        self.machine.monitor.command(
            "qom-set", path="/machine/peripheral/" + target.name,
            property="x-inject-" + self.random.choice(INJECT), value=self.random.randrange(3))

    def eject(self, target):
        """All that it takes to eject what a command uses. What ends that is left to chance."""
        if not self.running:
            self.run_state(target)
        if not self.rom:
            self.plug_rom()
        if not self.dimm:
            self.plug_memory(target)
        target.npu.write(0x64, 0)
        self.place(target, target.places[0])
        self.make_tables()
        self.start_program(target, self.agent)
        self.start_command(target, convolution(2 * LARGE_PAGE, 3 * LARGE_PAGE, size=128))
        self.wait(target)
        self.random.choice((self.plug_rom, lambda: self.plug_memory(target)))()

    def spoil(self, _):
        """Page tables change, also to nonsense."""
        r = self.random
        for _ in range(8):
            self.machine.write64(TABLES + r.randrange(6 * 512) * 8,
                                 r.choice((0, r.getrandbits(64), DATA | 3, ROM_ADDR | 3)))
        if r.random() < 0.7:
            self.make_tables()

    def wait(self, _):
        """Time passes."""
        time.sleep(self.random.random() * 0.01)
        self.machine.qtest("clock_step", "1000000")

    def act(self):
        """Do something."""
        action = self.random.choices(
            (self.access, self.boot, self.command, self.transfer, self.reset, self.configure,
             self.run_state, self.plug, self.plug_memory, self.use_iommu, self.inject, self.spoil,
             self.eject, self.wait), (6, 8, 16, 8, 4, 6, 6, 4, 3, 8, 2, 2, 6, 6))[0]
        target = self.random.choice(self.targets)
        self.log.append(f"{action.__name__} {target.name}")
        action(target)

    def judge(self):
        """Whether the NPUs are right after all that, and the machine ends."""
        m = self.machine
        self.log.append("judge")
        m.qmp("cont")
        for target in self.targets:
            if not target.plugged:
                self.plug_npu(target)
            for fault in INJECT:
                m.qmp("qom-set", path="/machine/peripheral/" + target.name,
                      property="x-inject-" + fault, value=0)
        m.qmp("system_reset")
        m.qmp("query-status")
        self.set_up()
        if self.iommu:
            self.iommu.enable()
        data = self.random.randbytes(65536)
        m.write(DATA, data)
        good = True
        for target in self.targets:
            npu = target.npu
            m.clear(DATA + LARGE_PAGE, len(data))
            npu.boot()
            good = (good and npu.reg(ID) == ID_MAGIC and
                    npu.run(copy(0, LARGE_PAGE, len(data))) == ENGINE_DONE and
                    m.read(DATA + LARGE_PAGE, len(data)) == data)
        self.log.append("quit")
        m.qmp("quit")
        return m.process.wait(60) == 0 and good

    def plug_npu(self, target):
        """Plug an NPU in that was unplugged, when the last one of its name is gone."""
        end = time.monotonic() + 60
        while "error" in self.machine.monitor.command("device_add", driver="v3npu", threads=2,
                                                      id=target.name, bus=target.port):
            if time.monotonic() > end:
                raise ValueError("an unplugged NPU does not go")
            time.sleep(0.01)
        target.plugged = True
        if self.native:
            target.slot.power(True)


def run_seed(seed):
    """All of one seed. Return whether nothing was found; if so, it was said."""
    with tempfile.TemporaryDirectory() as tmp:
        fuzz = None
        try:
            fuzz = Fuzz(tmp, seed)
            for _ in range(ACTIONS):
                fuzz.act()
            good, why = fuzz.judge(), "wrong bytes, or a wrong exit status"
        except (AssertionError, EOFError, OSError, ValueError) as e:
            good, why = False, repr(e)
        if fuzz:
            fuzz.machine.close()
        if not good:
            print(f"# V3NPU_FUZZ_SEED={seed}: {why}")
            if fuzz:
                print(f"# after {', '.join(fuzz.log)}")
                print("\n".join("# " + line for line in fuzz.machine.messages().splitlines()[-60:]))
        return good


def main():
    """Fuzz until the time is over."""
    first = seed = int(os.environ.get("V3NPU_FUZZ_SEED", "1"))
    seconds = int(os.environ.get("V3NPU_FUZZ_MS", "10000")) / 1000
    tap = Tap(1)
    end = time.monotonic() + seconds
    good = True
    while good and (seed == first or time.monotonic() < end):
        good = run_seed(seed)
        seed += 1
    print(f"# inputs {(seed - first) * ACTIONS} seeds {first} to {seed - 1}")
    tap.check("the machine survives what is done to its NPUs", good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
