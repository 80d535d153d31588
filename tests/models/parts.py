#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make two models that take smallnet's input.

    parts.py IDENTITY.tflite CLASSIFIER.tflite

The first one's output is its input, so that it can stand in front of smallnet. The
other one says of which colour most of a picture is: red, green or blue.
"""

import sys

from tflite_writer import INT32, NONE, VALID, Model

SHAPE = [1, 64, 64, 3]
PIXEL = {"scale": 1 / 255, "zero_point": -128}


def identity(path):
    """A pool over one pixel each."""
    m = Model("identity")
    x, y = m.tensor("in", SHAPE, **PIXEL), m.tensor("out", SHAPE, **PIXEL)
    m.op("MAX_POOL_2D", [x], [y], padding=VALID, stride_w=1, stride_h=1, filter_width=1,
         filter_height=1, activation=NONE)
    m.inputs, m.outputs = [x], [y]
    m.write(path)


def classifier(path):
    """The mean of each channel, sharpened, and softmax."""
    m = Model("classifier")
    x = m.tensor("in", SHAPE, **PIXEL)
    mean = m.tensor("mean", [1, 3], **PIXEL)
    m.op("MEAN", [x, m.int32([1, 2])], [mean], keep_dims=0)
    weights = m.tensor("w", [3, 3], data=[127, 0, 0, 0, 127, 0, 0, 0, 127], scale=0.1,
                       zero_point=0)
    bias = m.tensor("b", [3], INT32, data=[0, 0, 0], scale=0.1 / 255, zero_point=0)
    logits = m.tensor("logits", [1, 3], scale=0.06, zero_point=-128)
    m.op("FULLY_CONNECTED", [mean, weights, bias], [logits], activation=NONE,
         weights_format=0, keep_num_dims=0)
    y = m.tensor("out", [1, 3], scale=1 / 256, zero_point=-128)
    m.op("SOFTMAX", [logits], [y], beta=1.0)
    m.inputs, m.outputs = [x], [y]
    m.write(path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    identity(sys.argv[1])
    classifier(sys.argv[2])
