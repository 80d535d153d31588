#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make the smallest detectors, and models that nearly are some.

    detectors.py DIR

Their output is their input in another shape, [1, 4, 6, 3] as [1, 6, 12]: a picture of 6x4
pixels says what is found in it. DIR/list names them.
"""

import os
import sys

from tflite_writer import FLOAT32, INT32, INT8, UINT8, Model

PICTURE, BOXES = [1, 4, 6, 3], [1, 6, 12]
PIXEL = {"scale": 1 / 255, "zero_point": -128}
NAMES = {"metadata.json": '{"task": "detect", "names": {"0": "cat"}}'}


def reshaped(dtype, outputs=(BOXES,), **quantization):
    """A model whose outputs all are its input."""
    m = Model("a detector")
    x = m.tensor("in", PICTURE, dtype, **quantization)
    m.inputs = [x]
    for shape in outputs:
        y = m.tensor("out", shape, dtype, **quantization)
        m.op("RESHAPE", [x, m.int32(shape)], [y], new_shape=shape)
        m.outputs.append(y)
    return m


def of_numbers():
    """The output has a detector's shape, and classes of pixels in it."""
    m = Model("no detector")
    x = m.tensor("in", [1, 6, 12, 3], **PIXEL)
    y = m.tensor("out", BOXES, INT32)
    m.op("ARG_MAX", [x, m.int32([3], [])], [y], output_type=INT32)
    m.inputs, m.outputs = [x], [y]
    return m


def models():
    yield "int8", reshaped(INT8, **PIXEL)
    yield "uint8", reshaped(UINT8, scale=1 / 255, zero_point=0)
    yield "float", reshaped(FLOAT32)
    yield "two_outputs", reshaped(INT8, (BOXES, BOXES), **PIXEL)
    yield "few_rows", reshaped(INT8, ([1, 4, 18],), **PIXEL)
    # Too small to be one
    yield "no_scale", reshaped(INT8, scale=1e-40, zero_point=0)
    yield "numbers", of_numbers()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    names = []
    for name, model in models():
        names.append(name + "\n")
        model.write(os.path.join(sys.argv[1], name + ".tflite"), NAMES)
    with open(os.path.join(sys.argv[1], "list"), "w", encoding="ascii") as f:
        f.writelines(names)


if __name__ == "__main__":
    main()
