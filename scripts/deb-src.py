#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Print deb-src lines for the archives this machine gets Debian from.

Reads the machine's own apt sources, of both styles, and prints deb-src entries
(deb822 style) for the main component of the running release, so that source
packages can be fetched with a private sources list.
"""

import glob
import os
import re
import subprocess
import sys

# The fields of a source that say how far to trust it, kept as they are.
KEPT = ("Signed-By", "Trusted", "Check-Valid-Until")


def release():
    """The code name of the running release, e.g. bookworm."""
    with open("/etc/os-release", encoding="utf-8") as f:
        m = re.search(r'^VERSION_CODENAME="?([\w-]+)', f.read(), re.M)
    if not m:
        sys.exit("deb-src.py: /etc/os-release names no VERSION_CODENAME; "
                 "this needs Debian 12")
    return m.group(1)


def apt_path(key):
    """The path that apt's configuration gives for key."""
    out = subprocess.run(["apt-config", "shell", "p", key + "/f"],
                         check=True, capture_output=True, text=True).stdout
    m = re.match(r"p='(.*)'", out)
    return m.group(1) if m else ""


def one_line(text):
    """Yield (extra fields, uri, suite, components) of a .list file."""
    pattern = re.compile(r"\s*deb(?:-src)?\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)")
    for line in text.splitlines():
        m = pattern.match(line)
        if m:
            options = dict(o.split("=", 1) for o in (m.group(1) or "").split() if "=" in o)
            extra = {n: " " + options[n.lower()] for n in KEPT if n.lower() in options}
            yield extra, m.group(2), m.group(3), m.group(4).split()


def deb822(text):
    """Yield (extra fields, uri, suite, components) of a .sources file."""
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", text):
        fields = {}
        for name, value in re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", stanza, re.M):
            fields[name.lower()] = value
        if fields.get("enabled", "yes").strip().lower() in ("no", "false", "0"):
            continue
        # Signed-By may be a whole key, of many lines: kept as it is.
        extra = {n: fields[n.lower()] for n in KEPT if n.lower() in fields}
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield extra, uri, suite, fields.get("components", "").split()


def main():
    codename = release()
    wanted = {codename + s for s in ("", "-updates", "-security", "/updates")}
    parts = apt_path("Dir::Etc::sourceparts").rstrip("/")
    entries = []
    files = [apt_path("Dir::Etc::sourcelist")]
    files += sorted(glob.glob(parts + "/*.list")) + sorted(glob.glob(parts + "/*.sources"))
    for name in files:
        if not os.path.exists(name):
            continue
        with open(name, encoding="utf-8") as f:
            parse = deb822 if name.endswith(".sources") else one_line
            entries += parse(f.read())

    stanzas = []
    for extra, uri, suite, components in entries:
        if suite in wanted and "main" in components:
            kept = "".join(f"{name}:{value}\n" for name, value in extra.items())
            stanzas.append(f"Types: deb-src\nURIs: {uri}\nSuites: {suite}\n"
                           f"Components: main\n{kept}")
    if not stanzas:
        sys.exit(f"deb-src.py: no apt source of this machine offers {codename} main; "
                 "add Debian 12's to /etc/apt/sources.list")
    print("\n".join(dict.fromkeys(stanzas)), end="")


if __name__ == "__main__":
    main()
