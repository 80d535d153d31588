#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""reload.py [COUNT]: the module is unloaded and loaded, with jobs in between (reload.c)."""

import soak

count = soak.number("SOAK_RELOADS", 20)
soak.test("module load/unload", count, "times", f"v3npu_soak_reload {count}",
          limit=soak.timeout(count))
