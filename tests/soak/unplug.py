#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""unplug.py [COUNT]: the NPU is unplugged under load and plugged in again (unplug.c)."""

import soak
from hotplug import Monitor

count = soak.number("SOAK_UNPLUGS", 5)


def unplug(guest, tmp):
    """Unplug the NPU when all clients are busy, and plug it in when they have seen it."""
    monitor = None
    for _ in range(count):
        assert guest.line() == "busy"
        monitor = monitor or Monitor(tmp + "/qmp")
        monitor.command("device_del", id="npu0")
        monitor.wait_event("DEVICE_DELETED")
        assert guest.line() == "gone"
        got = monitor.command("device_add", driver="v3npu", id="npu0", bus="slot0")
        assert "error" not in got, got


soak.test("unplug and re-plug under load", count, "times",
          f"v3npu_soak_unplug {count}", limit=soak.timeout(count),
          arguments=["--qemu-arg=-qmp", "--qemu-arg=unix:TMP/qmp,server=on,wait=off"],
          host=unplug)
