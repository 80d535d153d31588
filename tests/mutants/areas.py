# SPDX-License-Identifier: MIT
"""What is changed in each area, and which tests are to notice."""

import collections

# files: patterns; skip: patterns of those to leave out; deps: targets of make to build first;
# objects: directories with the objects that are compared; programs: tests, the quick ones first.
Area = collections.namedtuple("Area", "files skip deps objects programs")

DEVICE = [f"build/tests/device/test_{name}"
          for name in ("rv32", "regs", "mmu", "core", "inject", "time", "engine")]
FIRMWARE = [f"build/tests/firmware/{name}"
            for name in ("string", "jobs", "cancel", "boot", "rings", "pause", "preempt", "preempt-random")]
ENGINE = [f"build/tests/engine/test-{name}"
          for name in ("vectors", "cost", "kernels", "limits", "engine", "aborts")]
SANITIZED = "build/sanitized/tests"
COMPILER = ([f"{SANITIZED}/compiler/{name}_test"
             for name in ("reader", "layout", "ops", "cascade", "damage")] +
            [f"build/userspace/tests/compiler/{name}_test" for name in ("golden", "place", "roll")])
GUEST = ["guest-kernel", "kernel", "firmware", "guest-tests"]

AREAS = {
    "device": Area(["qemu/device/*.c", "qemu/device/*.h"], [], ["firmware"], ["build/device"],
                   DEVICE + FIRMWARE),
    "model": Area(["qemu/model/*.c", "qemu/model/*.h"], ["*amx*"], [], ["build/model"],
                  ENGINE + [f"{SANITIZED}/compiler/ops_test"]),
    "firmware": Area(["firmware/*.c", "firmware/*.h"], [], ["firmware"], ["build/firmware"],
                     FIRMWARE),
    "compiler": Area(["userspace/compiler/*.c", "userspace/compiler/*.h"], [],
                     ["userspace", "build/tests/compiler/models/list", "build/tests/ops/list"],
                     ["build/userspace"], COMPILER + ["tests/ops/test"]),
    "libv3npu": Area(["userspace/libv3npu/*.c", "userspace/libv3npu/*.h"], [],
                     ["userspace", "smallnet", "build/tests/cpu/models/list"],
                     ["build/userspace"],
                     [f"{SANITIZED}/userspace/{name}_test"
                      for name in ("find", "device", "session", "share", "api", "memory")] +
                     ["tests/userspace/cli", "tests/e2e/sim"]),
    "quant": Area(["userspace/quant/*.c", "userspace/quant/*.h"], [],
                  ["userspace", "smallnet", "build/tests/quant/models/list"],
                  ["build/userspace"],
                  [f"{SANITIZED}/quant/map_test", "tests/quant/cli",
                   f"{SANITIZED}/quant/damage_test"]),
    "cpu": Area(["userspace/cpu/*.c", "userspace/cpu/*.h"], [],
                ["userspace", "build/tests/cpu/models/list"], ["build/userspace"],
                [f"{SANITIZED}/cpu/{name}_test" for name in ("ops", "damage")] +
                ["build/userspace/tests/cpu/models_test"]),
    "tools": Area([f"userspace/{folder}/*.[ch]"
                   for folder in ("tools", "vision", "common", "report")], [],
                  ["userspace", "smallnet", "build/tests/cpu/models/list"],
                  ["build/userspace"],
                  [f"{SANITIZED}/userspace/{name}_test"
                   for name in ("letterbox", "detect", "image", "vision")] +
                  ["tests/userspace/cli", "tests/v3compile/cli"]),
    "kernel": Area(["kernel/*.c", "kernel/*.h"], [],
                   GUEST + ["build/tests/guest/v3npu_inject"], ["build/kernel"],
                   ["tests/guest/run.sh", "tests/inject/test.py"]),
    "hw": Area(["qemu/hw/v3npu.c"], [],
               ["qemu"] + GUEST + ["userspace", "smallnet"], ["build/qemu"],
               ["tests/guest/run.sh", "tests/hotplug/test.py", "tests/hotplug/busy.py"]),
}
