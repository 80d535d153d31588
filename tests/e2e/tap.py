# SPDX-License-Identifier: MIT
"""Print test results in the Test Anything Protocol."""

import sys


class Tap:
    """Counts tests; end() prints the plan and ends the program."""

    def __init__(self):
        self.count = 0
        self.failed = 0
        print("TAP version 13")

    def ok(self, good, name, why=""):
        """Report a test; why explains a failure, in any number of lines."""
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            self.note(why)
        sys.stdout.flush()
        return good

    def skip(self, name, reason):
        """Report a test that cannot run here."""
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def note(self, text):
        """Print text as a diagnostic."""
        for line in str(text).splitlines():
            print("# " + line, flush=True)

    def end(self):
        """Print the plan and exit."""
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
