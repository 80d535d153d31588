#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stops the machine while its NPU works, and lets it go on. TAP on standard output."""

import time

from machine import Machine
from npu import (AGENT_READ, AGENT_WRITE, CORE_MTIME, CORE_WATCHDOG, COUNTER,
                 ENGINE_DONE, LARGE_PAGE, STATUS, STATUS_BUSY, STATUS_HALTED, Npu, Tables, channel,
                 convolution, stall)
from hotplug import run_tests

# Long enough for what does not stand still to be seen, on a busy machine too
LOOK = 0.3
COMMANDS = 4
MEMORY = 0x1000000
CONSTANTS = 0x800000
# What the program counter.S counts in
COUNT = 0x1000

ARGUMENTS = ("-m", "64M", "-device", "pcie-root-port,id=hole,chassis=2,slot=2,bus=pcie.0,addr=4",
             "-device", "v3npu,id=npu,addr=5,bus=pcie.0,threads=2")


def prepare(machine, program=None):
    """An NPU with a program, and address space 1: 4 MiB for results at 0, then constants."""
    npu = Npu(machine, 0, 5)
    npu.reset()
    tables = Tables(machine, 0x100000)
    tables.map(0, MEMORY, 2 * LARGE_PAGE, large=True)
    tables.map(2 * LARGE_PAGE, CONSTANTS)
    machine.clear(MEMORY, 2 * LARGE_PAGE)
    machine.write(CONSTANTS, channel(5))
    npu.set_root(1, tables.root)
    npu.boot(*([program] if program else []))
    return npu


def test_transfers(tap, machine):
    """The core's DMA."""
    npu = prepare(machine, COUNTER)
    npu.wait(lambda: machine.read32(MEMORY), "the core counts")
    still = True
    for _ in range(10):
        machine.qmp("stop")
        counts = machine.read32(MEMORY), npu.core_read(COUNT)
        time.sleep(LOOK / 10)
        still = still and counts == (machine.read32(MEMORY), npu.core_read(COUNT))
        machine.qmp("cont")
        npu.wait(lambda: machine.read32(MEMORY) != counts[0], "it goes on")
    tap.check("the core and its DMA stand still while the machine is stopped", still)


def test_command(tap, machine):
    """A command that writes all the time."""
    npu = prepare(machine)
    still = stopped = good = 0
    for _ in range(COMMANDS):
        machine.clear(MEMORY, 2 * LARGE_PAGE)
        npu.start(convolution(2 * LARGE_PAGE, 0, kernel=64))
        while not npu.busy() and not machine.read32(MEMORY):
            pass
        while npu.busy():
            machine.qmp("stop")
            if npu.busy():
                stopped += 1
                before = machine.read(MEMORY, 2 * LARGE_PAGE)
                time.sleep(LOOK / 10)
                still += before == machine.read(MEMORY, 2 * LARGE_PAGE) and npu.busy()
            machine.qmp("cont")
            time.sleep(0.05)
        good += (npu.result() == ENGINE_DONE and
                 machine.read(MEMORY, 2 * LARGE_PAGE) == b"\5" * (2 * LARGE_PAGE))
    tap.check("a command writes nothing while the machine is stopped", stopped and still == stopped,
              f"{still} of {stopped}")
    tap.check("... and its result is right in the end", good == COMMANDS, str(good))


def test_time(tap, machine):
    """Clock, watchdog, and a command that takes its time."""
    npu = prepare(machine)
    start = time.monotonic()
    first = npu.ask(AGENT_READ, CORE_MTIME)
    machine.qmp("stop")
    time.sleep(1)
    machine.qmp("cont")
    took = (npu.ask(AGENT_READ, CORE_MTIME) - first) / 1e6
    tap.check("the core's clock stands still, and does not jump", took < time.monotonic() - start - 0.99,
              f"{took} s")

    start = time.monotonic()
    npu.ask(AGENT_WRITE, CORE_WATCHDOG, 2000000)
    machine.qmp("stop")
    time.sleep(2.5)
    machine.qmp("cont")
    halted = npu.reg(STATUS) & STATUS_HALTED
    tap.check("its watchdog waits", not halted or time.monotonic() - start > 4.5)
    npu.wait(lambda: npu.reg(STATUS) & STATUS_HALTED, "the watchdog")
    tap.check("... and ends the core in its time", time.monotonic() - start > 4.49)

    npu = prepare(machine)
    start = time.monotonic()
    npu.start(stall(1000000))
    npu.wait(npu.busy, "the command starts")
    machine.qmp("stop")
    time.sleep(1.5)
    busy = npu.busy()
    machine.qmp("cont")
    tap.check("a command of a second does not end meanwhile", busy and npu.result() == ENGINE_DONE)
    tap.check("... and still takes a second", time.monotonic() - start > 2.49)


def test_endings(tap, machine):
    """What ends a command, in a machine that is stopped."""
    def start():
        npu = prepare(machine)
        npu.start(convolution(2 * LARGE_PAGE, 0))
        npu.wait(npu.busy, "the command starts")
        machine.qmp("stop")
        return npu

    npu = start()
    npu.reset()
    tap.check("a reset by register ends a command that is stopped", npu.reg(STATUS) == 0)
    machine.qmp("cont")

    npu = start()
    npu.write(0x04, 2)
    npu.wait(lambda: not npu.busy(), "the command ends")
    machine.qmp("cont")
    tap.check("so does the end of bus mastering", not npu.reg(STATUS) & STATUS_BUSY)

    start()
    machine.qmp("system_reset")
    machine.qmp("cont")
    npu = Npu(machine, 0, 5)
    tap.check("so does a reset of the machine", npu.reg(STATUS) == 0)

    machine.qmp("stop")
    npu = prepare(machine, COUNTER)
    time.sleep(LOOK)
    before = npu.core_read(COUNT), machine.read32(MEMORY)
    machine.qmp("cont")
    npu.wait(lambda: machine.read32(MEMORY), "the core starts")
    tap.check("a core that is started meanwhile waits", before[1] == 0, str(before))


def test_plug(tap, machine):
    """An NPU that is plugged in and unplugged while the machine is stopped."""
    machine.qmp("stop")
    machine.qmp("device_add", driver="v3npu", id="other", bus="hole")
    answer = machine.qmp("query-status")
    machine.qmp("cont")
    tap.check("an NPU is plugged into a machine that is stopped", not answer["running"])


def run(tap, tmp):
    """Run all tests."""
    with Machine(tmp, *ARGUMENTS) as machine:
        for test in (test_transfers, test_command, test_time, test_endings, test_plug):
            test(tap, machine)
        prepare(machine, COUNTER)
        machine.qmp("stop")
        machine.qmp("quit")
        tap.check("a stopped machine with a busy NPU ends", machine.process.wait(60) == 0)


if __name__ == "__main__":
    run_tests(14, run)
