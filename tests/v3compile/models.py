# SPDX-License-Identifier: MIT
"""Small models that have something to report."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../models"))
from tflite_writer import FLOAT32, INT32, RELU, VALID, Model

QUANT = {"scale": 0.05, "zero_point": 0}


def convolution(m, x, channels, scale=0.05, weight=1, activation=0):
    """A 1x1 convolution of [1,8,8,4] whose weights are all the same."""
    w = m.tensor("w", [channels, 1, 1, 4], data=[weight] * (4 * channels), scale=0.01)
    b = m.tensor("b", [channels], INT32, data=[0] * channels, scale=0.0005)
    y = m.tensor("y", [1, 8, 8, channels], scale=scale)
    m.op("CONV_2D", [x, w, b], [y], padding=VALID, stride_h=1, stride_w=1, activation=activation)
    return y


def unrolled(products, swapped=False):
    """The product of two activations, a column at a time, the first two swapped or not."""
    m = Model()
    a = m.tensor("a", [6, 4], **QUANT)
    b = m.tensor("b", [products, 4], **QUANT)
    rows = [m.tensor(f"b{k}", [1, 4], **QUANT) for k in range(products)]
    m.op("SPLIT", [m.int32([0], []), b], rows, num_splits=products)
    columns = []
    if swapped:
        rows = rows[1::-1] + rows[2:]
    for row in rows:
        columns.append(m.tensor("c", [6, 1], scale=0.1))
        m.op("FULLY_CONNECTED", [a, row, -1], [columns[-1]], keep_num_dims=0)
    out = m.tensor("out", [products, 6, 1], scale=0.1)
    m.op("PACK", columns, [out], axis=0, values_count=products)
    m.inputs, m.outputs = [a, b], [out]
    return m


def duplicated(copies):
    """Convolutions one after another, with weights of 1 KiB that are equal."""
    m = Model()
    x = y = m.tensor("x", [1, 8, 8, 4], **QUANT)
    for k in range(copies):
        w = m.tensor(f"w{k}", [4, 8, 8, 4], data=bytes(range(256)) * 4, scale=0.01)
        bias = m.tensor(f"b{k}", [4], INT32, data=[k] * 4, scale=0.0005)
        y = m.tensor(f"y{k}", [1, 8, 8, 4], **QUANT)
        m.op("CONV_2D", [x, w, bias], [y], padding=0, stride_h=1, stride_w=1)
        x = y
    m.inputs, m.outputs = [0], [y]
    return m


def concatenated(small, large, activation=0):
    """Two convolutions whose weights are `small` and `large`, under one scale."""
    m = Model()
    x = m.tensor("x", [1, 8, 8, 4], **QUANT)
    parts = [convolution(m, x, 4, 0.2, small, activation),
             convolution(m, x, 2, 0.2, large, activation)]
    out = m.tensor("out", [1, 8, 8, 6], scale=0.2)
    m.op("CONCATENATION", parts, [out], axis=3)
    m.inputs, m.outputs = [x], [out]
    return m


def requantized(ratio):
    """A concatenation that one input is quantized for, from a scale `ratio` times finer."""
    m = Model()
    x = m.tensor("x", [1, 8, 8, 4], scale=0.1)
    y = m.tensor("y", [1, 8, 8, 4], scale=0.1 / ratio)
    z = m.tensor("z", [1, 8, 8, 4], scale=0.1)
    out = m.tensor("out", [1, 8, 8, 8], scale=0.1)
    m.op("QUANTIZE", [y], [z])
    m.op("CONCATENATION", [x, z], [out], axis=3)
    m.inputs, m.outputs = [x, y], [out]
    return m


def plain():
    """One convolution, nothing odd."""
    m = Model()
    x = m.tensor("x", [1, 8, 8, 4], **QUANT)
    m.inputs, m.outputs = [x], [convolution(m, x, 16, activation=RELU)]
    return m


def floating():
    """An addition of float32: nothing for the NPU."""
    m = Model()
    x = m.tensor("x", [1, 8], FLOAT32)
    y = m.tensor("y", [1, 8], FLOAT32, data=[1.0] * 8)
    out = m.tensor("out", [1, 8], FLOAT32)
    m.op("ADD", [x, y], [out])
    m.inputs, m.outputs = [x], [out]
    return m


def mixed():
    """A convolution for the NPU, then an operator that no one computes in int8."""
    m = Model()
    x = m.tensor("x", [1, 8, 8, 4], **QUANT)
    y = convolution(m, x, 16)
    out = m.tensor("out", [1, 8, 8, 16], **QUANT)
    m.op("RSQRT", [y], [out])
    m.inputs, m.outputs = [x], [out]
    return m
