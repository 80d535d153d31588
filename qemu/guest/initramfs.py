# SPDX-License-Identifier: MIT
"""The test machine's initramfs: what is in it, and when to make it anew."""

import fcntl
import json
import os
import stat
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(TOP, "build")
# Another kernel may bring its own build of the driver. The initramfs is kept beside the kernel.
KERNEL = os.path.abspath(os.environ.get("V3NPU_GUEST_KERNEL") or
                         os.path.join(BUILD, "guest/kernel"))
OUT = os.path.join(os.path.dirname(KERNEL), "initramfs.cpio")
MODULE = os.path.join(KERNEL, "v3npu.ko")
if not os.path.exists(MODULE):
    MODULE = os.path.join(BUILD, "kernel/v3npu.ko")
FIRMWARE = os.path.join(BUILD, "firmware/v3npu/v3npu-fw.bin")
BUSYBOX = "/bin/busybox"
HERE = os.path.join(TOP, "qemu/guest")

DIRS = ("bin", "dev", "etc/run-guest", "lib/firmware/v3npu", "proc", "root", "run", "sys",
        "tests", "tmp", "usr/bin", "var")
# Beside root, a user who is in no group, and one who may use the NPU.
PASSWD = ("root:x:0:0::/root:/bin/sh\n"
          "nobody:x:65534:65534::/:/bin/sh\n"
          "user:x:1000:1000::/tmp:/bin/sh\n")
GROUP = "root:x:0:\nrender:x:108:user\nnogroup:x:65534:\nuser:x:1000:\n"


class Missing(Exception):
    """Something that the initramfs needs is not there; the text says what to do."""


class Cpio:
    """Writes an archive in the "newc" format (Documentation/driver-api/early-userspace)."""

    def __init__(self, out):
        self.out = out
        self.names = set()

    def _entry(self, name, mode, data):
        self.names.add(name)
        raw = name.encode() + b"\0"
        fields = (len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
        self._padded(b"070701" + b"".join(b"%08x" % f for f in fields) + raw)
        self._padded(data)

    def _padded(self, data):
        self.out.write(data + b"\0" * (-len(data) % 4))

    def directory(self, name):
        """Add a directory, and those above it, unless they are there."""
        parts = name.split("/")
        for n in range(1, len(parts) + 1):
            path = "/".join(parts[:n])
            if path not in self.names:
                self._entry(path, stat.S_IFDIR | 0o755, b"")

    def file(self, name, data, mode=0o644):
        """Add a file of these bytes, and the directories above it."""
        if os.path.dirname(name):
            self.directory(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, data)

    def symlink(self, name, target):
        """Add a symbolic link."""
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def end(self):
        """Finish the archive. Another may follow it in the same file."""
        self._entry("TRAILER!!!", 0, b"")


def programs():
    """The programs that the tree has built for the guest: {path in it: path here}."""
    found = {}
    v3run = os.path.join(BUILD, "userspace/v3run")
    if os.path.exists(v3run):
        found["usr/bin/v3run"] = v3run
    tests = os.path.join(BUILD, "tests/guest")
    if os.path.isdir(tests):
        for entry in sorted(os.scandir(tests), key=lambda e: e.name):
            if entry.is_file() and os.access(entry.path, os.X_OK):
                found["tests/" + entry.name] = entry.path
    return found


def inputs():
    """The files to include, without libraries: {path in the guest: path here}."""
    try:
        with open(os.path.join(KERNEL, "version"), encoding="ascii") as f:
            version = f.read().strip()
    except FileNotFoundError:
        raise Missing("the guest's kernel is not there; run: make guest-kernel") from None
    if not os.path.exists(BUSYBOX):
        raise Missing(f"{BUSYBOX} not found; run: scripts/deps.sh")
    files = {"init": os.path.join(HERE, "init"), "bin/busybox": BUSYBOX}
    modules = os.path.join(KERNEL, "modules")
    for name in sorted(os.listdir(modules)):
        files[f"lib/modules/{version}/kernel/{name}"] = os.path.join(modules, name)
    if os.path.exists(MODULE):
        files[f"lib/modules/{version}/updates/v3npu.ko"] = MODULE
    if os.path.exists(FIRMWARE):
        files["lib/firmware/v3npu/v3npu-fw.bin"] = FIRMWARE
    files.update(programs())
    return files


def libraries(paths):
    """The shared libraries that these programs load, as absolute paths."""
    found = set()
    for path in paths:
        ldd = subprocess.run(["ldd", path], capture_output=True, text=True, check=False)
        for line in ldd.stdout.splitlines():
            if "not found" in line:
                raise Missing(f"{path} needs a library that is missing: {line.strip()}")
            found.update(word for word in line.split() if word.startswith("/"))
    return sorted(found)


def module_index(files):
    """The files that modprobe looks modules up in: {path in the guest: bytes}."""
    index = {}
    with tempfile.TemporaryDirectory() as tmp:
        for name, source in files.items():
            if name.endswith(".ko"):
                os.makedirs(os.path.join(tmp, os.path.dirname(name)), exist_ok=True)
                os.symlink(source, os.path.join(tmp, name))
        version = next(n.split("/")[2] for n in files if n.endswith(".ko"))
        # It warns that the list of built-in modules is not there: that is so on purpose.
        subprocess.run(["depmod", "-b", tmp, version], stderr=subprocess.DEVNULL, check=True)
        for name in ("modules.dep", "modules.alias", "modules.symbols"):
            path = f"lib/modules/{version}/{name}"
            with open(os.path.join(tmp, path), "rb") as f:
                index[path] = f.read()
    return index


def contents(source):
    """The bytes of a file for the guest: the driver without its debug information."""
    with tempfile.NamedTemporaryFile() as stripped:
        if source == MODULE:
            subprocess.run(["strip", "--strip-debug", "-o", stripped.name, source], check=True)
            source = stripped.name
        with open(source, "rb") as f:
            return f.read()


def write(out, files):
    """Write the initramfs of these files to the open file out."""
    cpio = Cpio(out)
    for name in DIRS:
        cpio.directory(name)
    for name in ("sbin", "usr/sbin"):
        cpio.symlink(name, "/bin")
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True)
    for name in applets.stdout.split():
        if name != "busybox":
            cpio.symlink("bin/" + name, "busybox")
    cpio.symlink("usr/bin/env", "/bin/busybox")
    cpio.file("etc/passwd", PASSWD.encode())
    cpio.file("etc/group", GROUP.encode())
    for name, data in module_index(files).items():
        cpio.file(name, data)
    for name, source in files.items():
        cpio.file(name, contents(source), stat.S_IMODE(os.stat(source).st_mode))
    cpio.end()


def fingerprint(files):
    """What tells whether a file has changed since: {path in the guest: facts}."""
    facts = {}
    for name, source in files.items():
        s = os.stat(source)
        facts[name] = [source, s.st_mtime_ns, s.st_size, s.st_mode]
    return facts


def up_to_date(key_path, wanted):
    """Whether the initramfs was made of these files, and its libraries are as they were."""
    try:
        with open(key_path, encoding="utf-8") as f:
            key = json.load(f)
        return (os.path.exists(OUT) and key["inputs"] == wanted and
                key["libraries"] == fingerprint({n: n for n in key["libraries"]}))
    except (OSError, ValueError, KeyError):
        return False


def update():
    """Make the initramfs unless it is up to date. Return its path."""
    key_path = OUT + ".key"
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        files = inputs()
        # This file itself says what else is in the initramfs.
        wanted = fingerprint({**files, "initramfs.py": os.path.realpath(__file__)})
        if not up_to_date(key_path, wanted):
            shared = libraries(programs().values())
            with open(OUT + ".new", "wb") as out:
                write(out, {**files, **{path.lstrip("/"): path for path in shared}})
            os.rename(OUT + ".new", OUT)
            with open(key_path, "w", encoding="utf-8") as f:
                json.dump({"inputs": wanted,
                           "libraries": fingerprint({path: path for path in shared})}, f)
    return OUT
