# SPDX-License-Identifier: MIT
"""QEMU's monitor, test results, and where things are, for the tests of hot plug."""

import json
import os
import socket
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 120


class Monitor:
    """A QMP connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.events = []
        self._receive()
        self.command("qmp_capabilities")

    def _receive(self):
        line = self.file.readline()
        if not line:
            raise EOFError("QEMU closed its monitor")
        return json.loads(line)

    def command(self, name, **arguments):
        """Run a command. Return its result, or {"error": ...}."""
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            message = self._receive()
            if "event" not in message:
                return message if "error" in message else message["return"]
            self.events.append(message)

    def wait_event(self, name):
        """Wait for an event of this name and drop those before it."""
        while True:
            event = self.events.pop(0) if self.events else self._receive()
            if event.get("event") == name:
                return event


class Tap:
    """Prints results, and remembers whether all were good."""

    def __init__(self, plan):
        self.number = 0
        self.plan = plan
        print(f"1..{plan}", flush=True)

    def check(self, description, good, detail=""):
        """Print the result of one test."""
        self.number += 1
        print(f"{'ok' if good else 'not ok'} {self.number} - {description}", flush=True)
        if not good and detail:
            print(f"# {detail}", flush=True)


def run_tests(plan, run):
    """Call run(tap, tmp) with results to print and a directory that goes when it returns."""
    tap = Tap(plan)
    with tempfile.TemporaryDirectory() as tmp:
        try:
            run(tap, tmp)
        except (AssertionError, EOFError, OSError, IndexError, ValueError) as e:
            tap.check("no surprise", False, repr(e))
