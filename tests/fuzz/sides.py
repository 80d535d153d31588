# SPDX-License-Identifier: MIT
"""The two sides that are compared, and the files they read and write (pack.h)."""

import gzip
import os
import signal
import struct
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(TOP, "build/tests/fuzz")
SHARED = os.environ.get("V3NPU_SHARED") or os.path.join(os.path.dirname(TOP), "shared")
TFL = os.path.join(SHARED, "oracle/tfl")

DONE, REFUSED, DAMAGED, FAILED, CRASHED = range(5)
TIMEOUT = 300       # seconds, for one process with a batch of cases


def build(sanitize):
    """Builds both sides' programs; exits with a line where one cannot be."""
    if not os.path.exists(TFL):
        sys.exit("fuzz: no %s; the fuzzer compares with TensorFlow Lite, which that runs "
                 "(set V3NPU_SHARED where it is elsewhere)" % TFL)
    os.makedirs(BUILD, exist_ok=True)
    target = "fuzz-sim-asan" if sanitize else "fuzz-sim"
    if subprocess.run(["make", "-s", "--no-print-directory", "-C", TOP, target]).returncode:
        sys.exit("fuzz: the simulator does not build; see above")
    source = ["tests/fuzz/oracle.cc", "tests/fuzz/pack.h"]
    program = os.path.join(BUILD, "oracle")
    if os.path.exists(program) and all(os.path.getmtime(os.path.join(TOP, s)) <
                                       os.path.getmtime(program) for s in source):
        return
    if subprocess.run([TFL, "-O2", "-std=c++17", source[0], "-o", "build/tests/fuzz/oracle",
                       "-ltensorflow-lite"], cwd=TOP, env={**os.environ, "TFL": "g++"}).returncode:
        sys.exit("fuzz: the program for TensorFlow Lite does not build; run %s once" %
                 os.path.join(os.path.dirname(TFL), "setup"))


def pack(name, model, data, output=b""):
    """One record."""
    name = name.encode()
    return struct.pack("<4I", *map(len, (name, model, data, output))) + name + model + data + output


def read_pack(path):
    """The records of a compressed file: (name, model, input, output)."""
    with gzip.open(path) as f:
        while head := f.read(16):
            name, *rest = [f.read(size) for size in struct.unpack("<4I", head)]
            yield name.decode(), *rest


def write_pack(path, records):
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as f:
        for record in records:
            f.write(pack(*record))


def _run(command, env, packed):
    """Runs a program on records: a (status, bytes) for each, up to one that ends the program."""
    with subprocess.Popen(command, cwd=TOP, env=env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            out, err = child.communicate(b"".join(packed), TIMEOUT)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
            err += b"it did not end within %d s" % TIMEOUT
    results, at = [], 0
    while at + 8 <= len(out):
        status, size = struct.unpack_from("<2I", out, at)
        if at + 8 + size > len(out):
            break
        results.append((status, out[at + 8:at + 8 + size]))
        at += 8 + size
    if len(results) < len(packed):
        code = child.returncode
        how = signal.Signals(-code).name if code < 0 else "exit status %d" % code
        results.append((CRASHED, how.encode() + b": " + err[-4000:]))
    return results


def _run_all(command, env, packed):
    results = []
    while len(results) < len(packed):
        results += _run(command, env, packed[len(results):])
    return results


def run_oracle(packed):
    """What TensorFlow Lite makes of records: (status, output or reason) for each."""
    # A path below TOP: in the tree where TensorFlow Lite is, this machine's root is elsewhere
    env = {**os.environ, "TFL": "build/tests/fuzz/oracle"}
    return _run_all([TFL], env, packed)


def run_sim(packed, sanitize, device):
    """What the simulator makes of them."""
    program = os.path.join(TOP, "build", "sanitized" if sanitize else "userspace",
                           "tests/fuzz/fuzz-sim")
    return _run_all([program] + ([device] if device else []), os.environ, packed)
