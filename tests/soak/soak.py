# SPDX-License-Identifier: MIT
"""What the soak tests share: the guest, its log, and a row of the table.

Each of these programs has the guest try something many times and prints TAP; a
comment is its row of the table, which tests/soak/run collects. How many times is
the argument or in the environment; without either, a few seconds' worth.
"""

import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build/tests")
sys.path.insert(0, os.path.join(TOP, "tests/hotplug"))
from hotplug import Tap  # pylint: disable=import-error,wrong-import-position


def number(variable, default):
    """The number of the command line, or of the environment, or the default."""
    return int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get(variable, default))


def timeout(seconds):
    """A timeout for something that takes this long on a machine that is not slow."""
    return str(300 + 10 * seconds)


class Guest:
    """The test machine, running a command with smallnet in its current directory."""

    def __init__(self, tmp, command, limit, arguments=()):
        share = os.path.join(tmp, "share")
        os.mkdir(share)
        for name in ("build/tests/smallnet.tflite", "build/tests/smallnet.raw",
                     "tests/models/smallnet.out"):
            shutil.copy(os.path.join(TOP, name), share)
        self.log = os.path.join(tmp, "dmesg")
        self.lines = []
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [TOP + "/qemu/run-guest", "--share", share, "--dmesg", self.log,
             "--timeout", limit, *arguments, "--", "sh", "-c", command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def line(self):
        """The next line that the command prints; those of comments are passed on."""
        while True:
            line = self.process.stdout.readline()
            if not line.startswith("#"):
                return line.strip()
            print(line, end="", flush=True)

    def finish(self):
        """Read to the end. Return the exit status and {first word: rest} of the lines."""
        words = {}
        while line := self.line():
            key, _, rest = line.partition(" ")
            words[key] = rest
        return self.process.wait(), words

    def reports(self):
        """What in the kernel's log says that something is wrong."""
        return subprocess.run(
            ["sh", "-c", '. "$0/tests/guest/reports.sh"; find_reports "$1"', TOP, self.log],
            capture_output=True, text=True, check=False).stdout


def test(row, count, unit, command, limit, arguments=(), host=None):
    """Run one soak test. host(guest, tmp) does the host's part of it, if it has one."""
    tap = Tap(3)
    with tempfile.TemporaryDirectory(prefix="soak.") as tmp:
        guest = Guest(tmp, command, limit, [a.replace("TMP", tmp) for a in arguments])
        try:
            if host:
                host(guest, tmp)
            status, words = guest.finish()
        except (AssertionError, EOFError, OSError, ValueError) as e:
            guest.process.terminate()
            status, words = repr(e), {}
        finally:
            guest.process.wait()
        tried = int(words.get("tried", 0))
        lost = words.get("lost", "unknown")
        print(f"# | {row} | {tried:,} | {lost} |")
        tap.check(f"{row}: {count} {unit}", tried >= count, f"only {tried}")
        tap.check(f"{row}: nothing is lost", status == 0, f"{status}: {lost}")
        reports = guest.reports()
        tap.check(f"{row}: the kernel's log has no complaint", not reports, reports)
