#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clients.py [SECONDS]: 32 clients of all priorities, and some that are faulty (clients.c)."""

import soak

seconds = soak.number("SOAK_CLIENTS", 10)
LASTING = f"{seconds // 60} minutes" if seconds >= 60 else f"{seconds} seconds"
soak.test(f"concurrent clients, mixed priorities, {LASTING}", 32, "clients",
          "rmmod v3npu && modprobe v3npu job_timeout_ms=2000 && "
          f"v3npu_soak_clients {seconds}", limit=soak.timeout(seconds / 5))
