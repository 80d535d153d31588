# SPDX-License-Identifier: MIT
"""Where test data is, and how results are compared with it."""

import glob
import os

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(TOP, "build")
# Without symbolic links: TensorFlow Lite's own tools run in another root, where those lead elsewhere
SHARED = os.path.realpath(os.environ.get("V3NPU_SHARED",
                                         os.path.join(os.path.dirname(TOP), "shared")))
NO_SHARED = "no test data: ../shared is absent"

V3RUN = os.path.join(BUILD, "userspace/v3run")
V3COMPILE = os.path.join(BUILD, "userspace/v3compile")
V3CRC = os.path.join(BUILD, "userspace/v3crc")
SMALLNET = os.path.join(BUILD, "tests/smallnet")  # .tflite, .png, .raw
SMALLNET_OUT = os.path.join(TOP, "tests/models/smallnet.out")

MODEL = os.path.join(SHARED, "models/v3/level3_relu_full_integer_quant.tflite")
GOLDEN = os.path.join(SHARED, "golden")
IMAGES = 4  # golden/img0.raw ... img3.raw

# Of MODEL's input: road321 has this sign in its middle.
SIGN = "Speed Limit 40"
# Where smallnet.py draws its discs, as (x0, y0, x1, y1) in 0..1.
DISCS = {"red disc": (0.25, 0.25, 0.51, 0.51), "blue disc": (0.50, 0.50, 0.76, 0.76)}
DISC_PICTURE = 640  # pixels a side

# Operators whose output TFLite may write over their input.
IN_PLACE = ("ADD", "SUB", "MUL", "SOFTMAX")


def have_shared():
    """Whether the real models and their expected outputs are here."""
    return os.path.exists(MODEL) and os.path.isdir(GOLDEN)


def golden_raw(k):
    """The path of golden input k."""
    return os.path.join(GOLDEN, f"img{k}.raw")


def golden(k):
    """Golden input k's path and MODEL's output bytes for it."""
    return golden_raw(k), read(os.path.join(GOLDEN, f"level3_relu.img{k}.out"))


def picture(name):
    """The development picture NAME*.jpg and its label file."""
    path = glob.glob(os.path.join(SHARED, "images/dev/images", name + "*.jpg"))[0]
    stem = os.path.splitext(os.path.basename(path))[0]
    return path, os.path.join(SHARED, "images/dev/labels", stem + ".txt")


def read(path):
    """A file's bytes; none if there is no such file."""
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def difference(got, wanted):
    """How two byte strings differ, in a line; empty if they do not."""
    if got == wanted:
        return ""
    if len(got) != len(wanted):
        return f"{len(got)} bytes instead of {len(wanted)}"
    differ = [i for i in range(len(wanted)) if got[i] != wanted[i]]
    i = differ[0]
    return (f"{len(differ)} of {len(wanted)} bytes differ; the first: byte {i} "
            f"is {got[i]:#04x} instead of {wanted[i]:#04x}")


def rows(text):
    """The rows of a TSV of tensors: [{column: value}]."""
    lines = text.splitlines()
    names = lines[0].split("\t") if lines else []
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]


def compare_tensors(got, wanted):
    """Compare the intermediate tensors that a run left with TFLite's.

    TFLite lets some operators overwrite their input, so the golden row of that
    input holds the crc32 of the operator's output. Such a tensor is compared
    through that operator: its output must be right instead.

    Return (tensors right, tensors right through their consumer, [faults]).
    """
    crc = {r["tensor"]: r["crc32"] for r in got}
    golden = {r["tensor"]: k for k, r in enumerate(wanted)}
    direct, through, faults = 0, 0, []
    for row in got:
        if row["tensor"] not in golden:
            faults.append(f"tensor {row['tensor']} is none of the model's")
            continue
        k = golden[row["tensor"]]
        expected = wanted[k]
        if row["crc32"] == expected["crc32"]:
            direct += 1
            continue
        overwritten = any(w["crc32"] == expected["crc32"] and w["bytes"] == expected["bytes"] and
                          w["opcode"] in IN_PLACE for w in wanted[k + 1:])
        group = [w["tensor"] for w in wanted[k + 1:] if w["crc32"] == expected["crc32"]]
        if overwritten and any(crc.get(t) == expected["crc32"] for t in group):
            through += 1
        else:
            faults.append(f"op {expected['op']} {expected['opcode']} tensor {row['tensor']}: "
                          f"crc32 {row['crc32']} instead of {expected['crc32']}")
    return direct, through, faults


def check_tensors(tap, name, text):
    """Test v3crc's rows for MODEL and golden input 0 against the golden ones."""
    got = rows(text)
    golden_tsv = read(os.path.join(GOLDEN, "level3_relu.img0.tsv")).decode()
    direct, through, faults = compare_tensors(got, rows(golden_tsv))
    # Most operators leave a tensor whatever the compiler fuses.
    if len(got) < 60:
        faults.append(f"only {len(got)} tensors were compared")
    tap.ok(not faults, name, "\n".join(faults))
    tap.note(f"{direct} tensors compared, {through} more through the operator that overwrote them")


def overlap(a, b):
    """Intersection over union of two boxes (x0, y0, x1, y1)."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def best(found, name, box):
    """The largest overlap of a box with a detection of that class."""
    return max((overlap(d["box"], box) for d in found if d["class"] == name), default=0.0)


def sign_faults(found, label, size=416):
    """What is wrong with MODEL's detections in road321, whose labels are in the file label.

    Both labelled signs are of one class; the smaller is too small for this model.
    """
    x, y, w, h = max(([float(v) * size for v in line.split()[1:]]
                      for line in read(label).decode().splitlines()), key=lambda b: b[2] * b[3])
    box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    if best(found, SIGN, box) > 0.5:
        return []
    return [f"no {SIGN} overlaps the labelled box {box} by more than 0.5 in {found}"]


def disc_faults(found):
    """What is wrong with smallnet's detections in its picture."""
    return [f"no {name} overlaps the drawn one by more than 0.5 in {found}"
            for name, box in DISCS.items()
            if best(found, name, [v * DISC_PICTURE for v in box]) <= 0.5]
