#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The NPU behind an IOMMU. TAP on standard output."""

import time

import vtd
from machine import Machine
from npu import (DMA_FROM_HOST, DMA_TO_HOST, ENGINE_DONE, ENGINE_FAULT, LARGE_PAGE, PAGE, STATUS,
                 Npu, Tables, channel, convolution, copy)
from hotplug import run_tests

# On the bus, memory is so much higher than for the processor
OFFSET = 1 << 32
TABLES, VTD_TABLES, CONSTANTS = 0x100000, 0x200000, 0x800000
SOURCE, TARGET = 0x1000000, 0x1800000
SIZE = 2 * LARGE_PAGE
# In the NPU's address space
VA_CONSTANTS, VA_SOURCE, VA_TARGET = 0, 8 * LARGE_PAGE, 16 * LARGE_PAGE
OK, FAULT = 0, 1


class Bench:
    """A machine with an IOMMU that translates for an NPU, and known bytes."""

    def __init__(self, machine):
        self.machine = machine
        self.npu = Npu(machine, 0, 5)
        self.iommu = vtd.Vtd(machine, VTD_TABLES, 5 << 3)
        self.iommu.map(TABLES + OFFSET, TABLES, 16 * PAGE, vtd.READ)
        self.iommu.map(CONSTANTS + OFFSET, CONSTANTS, PAGE, vtd.READ)
        self.iommu.map(SOURCE + OFFSET, SOURCE, SIZE, vtd.READ)
        self.iommu.map(TARGET + OFFSET, TARGET, SIZE)
        self.bytes = bytes(i * 7 % 251 for i in range(65536))
        machine.write(SOURCE, self.bytes)
        machine.write(CONSTANTS, channel(5))
        self.boot()

    def boot(self):
        """Bring the NPU from a reset to where it can execute commands."""
        self.npu.reset()
        tables = Tables(self.machine, TABLES, OFFSET)
        tables.map(VA_CONSTANTS, CONSTANTS)
        tables.map(VA_SOURCE, SOURCE, SIZE, large=True)
        tables.map(VA_TARGET, TARGET, SIZE, large=True)
        self.npu.set_root(1, tables.root)
        self.npu.boot()

    def long_command(self, **how):
        """Start a command that writes to the target for long, and wait until it does."""
        self.machine.clear(TARGET, SIZE)
        self.npu.start(convolution(VA_CONSTANTS, VA_TARGET, **how))
        self.npu.wait(lambda: self.machine.read32(TARGET), "the command writes")

    def still(self):
        """Whether nothing is written."""
        before = self.machine.read(TARGET, SIZE)
        time.sleep(0.1)
        return before == self.machine.read(TARGET, SIZE)


def test_translation(tap, bench):
    """Bytes and permissions."""
    machine, npu, iommu = bench.machine, bench.npu, bench.iommu
    size = len(bench.bytes)
    result = npu.run(copy(VA_SOURCE, VA_TARGET, size))
    tap.check("a command's bytes are right",
              result == ENGINE_DONE and machine.read(TARGET, size) == bench.bytes, str(result))
    result = npu.dma(DMA_FROM_HOST, VA_SOURCE, 4096), npu.dma(DMA_TO_HOST, VA_TARGET + 8192, 4096)
    tap.check("so are a transfer's", result == (OK, OK) and
              machine.read(TARGET + 8192, 4096) == bench.bytes[:4096], str(result))
    tap.check("nothing was a fault", not iommu.fault())

    # Where QEMU's IOMMU has the translation already, it refuses and records nothing
    result = npu.run(copy(VA_SOURCE, VA_SOURCE + PAGE, PAGE))
    tap.check("the IOMMU's permissions hold", result == ENGINE_FAULT and
              machine.read(SOURCE, size) == bench.bytes, str(result))
    tap.check("... for transfers, too", npu.dma(DMA_TO_HOST, VA_SOURCE, 64) == FAULT and
              machine.read(SOURCE, size) == bench.bytes)
    iommu.fault()

    iommu.map(SOURCE + OFFSET + PAGE, 0, PAGE, 0)
    iommu.invalidate(vtd.PAGE_SELECTIVE, SOURCE + OFFSET + PAGE)
    result = npu.run(copy(VA_SOURCE, VA_TARGET, size)), npu.dma(DMA_FROM_HOST, VA_SOURCE + PAGE, 4)
    tap.check("what was unmapped is a fault", result == (ENGINE_FAULT, FAULT) and iommu.fault(),
              str(result))
    iommu.map(SOURCE + OFFSET + PAGE, SOURCE + PAGE)
    iommu.invalidate(vtd.PAGE_SELECTIVE, SOURCE + OFFSET + PAGE)
    result = npu.run(copy(VA_SOURCE, VA_TARGET, size))
    tap.check("... and again none when it is mapped", result == ENGINE_DONE and not iommu.fault())

    # The same address, other memory
    machine.write(SOURCE + PAGE, bytes(PAGE))
    iommu.map(SOURCE + OFFSET, SOURCE + PAGE, PAGE, vtd.READ)
    iommu.invalidate(vtd.DOMAIN)
    result = npu.run(copy(VA_SOURCE, VA_TARGET, PAGE))
    tap.check("what was mapped elsewhere is found there",
              result == ENGINE_DONE and machine.read(TARGET, PAGE) == bytes(PAGE))
    iommu.map(SOURCE + OFFSET, SOURCE, PAGE, vtd.READ)
    iommu.invalidate(vtd.GLOBAL)
    machine.write(SOURCE, bench.bytes)


def test_cut_off(tap, bench):
    """Translations that go while a command uses them."""
    machine, npu, iommu = bench.machine, bench.npu, bench.iommu

    def unmap(what):
        iommu.map(TARGET + OFFSET, 0, SIZE, 0)
        if what == vtd.PAGE_SELECTIVE:
            iommu.invalidate(what, TARGET + OFFSET, 10)
        else:
            iommu.invalidate(what)

    def remap():
        iommu.map(TARGET + OFFSET, CONSTANTS + PAGE, PAGE)
        iommu.invalidate(vtd.DOMAIN)

    def map_again():
        iommu.attach()
        iommu.map(TARGET + OFFSET, TARGET, SIZE)
        iommu.enable()

    for name, take in (("some pages are unmapped", lambda: unmap(vtd.PAGE_SELECTIVE)),
                       ("its domain is flushed after that", lambda: unmap(vtd.DOMAIN)),
                       ("all is flushed after that", lambda: unmap(vtd.GLOBAL)),
                       ("a page moves", remap),
                       ("the NPU leaves its domain", iommu.detach),
                       ("the IOMMU is switched off", lambda: iommu.enable(False))):
        bench.long_command()
        take()
        busy, still = npu.busy(), bench.still()
        # It may have to be mapped for the core to report
        map_again()
        result = npu.result()
        tap.check(f"a command is cut off when {name}",
                  not busy and still and result == ENGINE_FAULT, f"{busy} {still} {result}")
        iommu.fault()

    bench.long_command(kernel=64)
    for _ in range(100):
        iommu.map(SOURCE + OFFSET, 0, PAGE, 0)
        iommu.invalidate(vtd.DOMAIN)
        iommu.map(SOURCE + OFFSET, SOURCE, PAGE, vtd.READ)
        iommu.invalidate(vtd.PAGE_SELECTIVE, SOURCE + OFFSET)
        iommu.invalidate(vtd.GLOBAL)
    fault = iommu.fault()
    result = npu.result()
    tap.check("a command goes on when what it does not use is unmapped, again and again",
              result == ENGINE_DONE and not fault and
              machine.read(TARGET, 2 * LARGE_PAGE) == b"\5" * (2 * LARGE_PAGE), f"{result} {fault}")


def test_endings(tap, bench):
    """Those who end a command hold the lock that its translations need."""
    machine, npu = bench.machine, bench.npu
    for number in range(60):
        npu.start(copy(VA_SOURCE, VA_TARGET, SIZE))
        time.sleep(number % 7 * 0.0005)
        if number % 4 == 0:
            npu.reset()
            bench.boot()
        elif number % 4 == 1:
            npu.write(0x04, 2)
            npu.write(0x04, 6)
        elif number % 4 == 2:
            machine.qmp("stop")
            machine.qmp("cont")
        else:
            bench.iommu.enable(False)
            bench.iommu.enable()
        npu.wait(lambda: not npu.busy(), "the command ends")
    result = npu.run(copy(VA_SOURCE, VA_TARGET, len(bench.bytes)))
    tap.check("resets, stops and the end of bus mastering do not wait for ever",
              result == ENGINE_DONE, str(result))
    bench.iommu.fault()

    bench.long_command()
    machine.qmp("system_reset")
    npu.place()
    tap.check("a reset of the machine ends a command", npu.reg(STATUS) == 0)


def test_behind(tap, tmp, properties):
    """All that with one kind of intel-iommu."""
    print(f"# intel-iommu{properties}")
    with Machine(tmp, "-m", "64M", "-device", "intel-iommu" + properties,
                 "-device", "v3npu,id=npu,addr=5,threads=2") as machine:
        npu = Npu(machine, 0, 5)
        machine.write(SOURCE, b"plain")
        tables = Tables(machine, TABLES)
        tables.map(0, SOURCE)
        npu.set_root(1, tables.root)
        npu.boot()
        result = npu.dma(DMA_FROM_HOST, 0, 8)
        tap.check("it works while the IOMMU is off", result == OK and
                  npu.core_read(0x20000) == int.from_bytes(b"plai", "little"))
        bench = Bench(machine)
        bench.iommu.enable()
        test_translation(tap, bench)
        test_cut_off(tap, bench)
        test_endings(tap, bench)


def test_refused(tap, tmp):
    """IOMMUs that do not say what the NPU has to know."""
    npu = ("-device", "v3npu,addr=5")
    for name, arguments in (
            ("amd-iommu", ("-device", "amd-iommu") + npu),
            ("amd-iommu that comes later", npu + ("-device", "amd-iommu")),
            ("intel-iommu with snoop control", ("-device", "intel-iommu,snoop-control=on") + npu)):
        message = "it runs"
        try:
            Machine(tmp, "-m", "64M", *arguments).close()
        except EOFError as e:
            message = str(e)
        tap.check(f"behind {name} there is no NPU", "the NPU " in message, message)
    with Machine(tmp, "-m", "64M", "-device", "amd-iommu", *npu,
                 machine="q35,default-bus-bypass-iommu=on") as machine:
        tap.check("there is one where the IOMMU is bypassed", Npu(machine, 0, 5).reg(STATUS) == 0)


def run(tap, tmp):
    """Run all tests."""
    test_behind(tap, tmp, ",caching-mode=off")
    test_behind(tap, tmp, ",caching-mode=on")
    test_refused(tap, tmp)


if __name__ == "__main__":
    run_tests(2 * 18 + 4, run)
