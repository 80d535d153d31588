#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Posted writes of the host: when they take effect. TAP on standard output."""

from machine import Machine
from npu import IRQ_ENABLE, STATUS, Npu
from hotplug import run_tests

# A word of core memory
COUNT = 0x1000


def run(tap, tmp):
    """Run all tests."""
    with Machine(tmp, "-m", "64M", "-trace", "v3npu_reg_write",
                 "-device", "v3npu,addr=5,x-post-writes=on") as machine:
        npu = Npu(machine, 0, 5)

        def arrived():
            """How many register writes have arrived."""
            machine.qmp("query-status")
            return machine.messages().count("v3npu_reg_write")

        before = arrived()
        npu.set_reg(IRQ_ENABLE, 1)
        npu.set_reg(IRQ_ENABLE, 3)
        tap.check("writes are on their way", arrived() == before)
        tap.check("a read of a register brings them, in order",
                  npu.reg(IRQ_ENABLE) == 3 and arrived() == before + 2)
        npu.set_reg(IRQ_ENABLE, 0)
        npu.core_write(COUNT, 5)
        tap.check("so does one of core memory",
                  npu.core_read(COUNT) == 5 and arrived() == before + 3)
        npu.set_reg(IRQ_ENABLE, 1)
        machine.qtest("clock_step", "900000")
        early = arrived()
        machine.qtest("clock_step", "200000")
        tap.check("and a millisecond", early == before + 3 and arrived() == before + 4)
        for number in range(100):
            npu.set_reg(IRQ_ENABLE, number & 1)
        tap.check("some are not many", before + 4 < arrived() < before + 104)
        npu.set_reg(STATUS, 0)
        npu.write(0x04, 6)
        tap.check("a write to the configuration space does not overtake them",
                  arrived() == before + 105)


if __name__ == "__main__":
    run_tests(6, run)
