#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""resets.py [COUNT]: resets of the NPU under load from four clients (resets.c)."""

import soak

count = soak.number("SOAK_RESETS", 12)
# iomem=relaxed lets the program overwrite the firmware in its memory.
soak.test("resets under load from 4 clients", count, "resets",
          f"rmmod v3npu && modprobe v3npu job_timeout_ms=1000 && v3npu_soak_resets {count}",
          limit=soak.timeout(count), arguments=["--append", "iomem=relaxed"])
