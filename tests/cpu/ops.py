#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small models in float32, float16 and mixed precision for the CPU backend.

    ops.py models DIR       write the models, their inputs and expected outputs
    ops.py expect TFL       make ops.expected again, with TensorFlow Lite's results

TFL is the project's oracle, ../shared/oracle/tfl. A row of ops.expected has a
model's name and its output's bytes, as TFLite's reference kernels compute it. In
DIR, "list" names the models with how far from that a result may be, and how many
pieces the model has on the NPU and the CPU together.
"""

import os
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../models"))
from tflite_writer import (FLOAT16, FLOAT32, INT8, INT32, INT64, RELU, RELU6, SAME, UINT8, VALID,
                           Model)

EXPECTED = os.path.join(os.path.dirname(os.path.realpath(__file__)), "ops.expected")
TOLERANCE = "1e-5"


class Case:
    """A model in the making, with one input, and the input's values."""

    def __init__(self, name, shape, low=-2.0, high=2.0):
        self.random = random.Random(name)
        self.name = name
        self.model = Model("CPU backend: " + name)
        self.tolerance = TOLERANCE
        self.pieces = 1
        self.reference = None  # what TFLite is to run instead
        self.kernels = "ref"  # TFLite's
        count = 1
        for n in shape:
            count *= n
        self.x = self.model.tensor("in", shape, FLOAT32)
        self.input = struct.pack("<%df" % count,
                                 *(self.random.uniform(low, high) for _ in range(count)))

    def values(self, count, low=-1.0, high=1.0):
        return [self.random.uniform(low, high) for _ in range(count)]

    def const(self, shape, values=None):
        count = 1
        for n in shape:
            count *= n
        return self.model.tensor("const", shape, FLOAT32,
                                 data=self.values(count) if values is None else values)

    def op(self, name, inputs, shape, **options):
        out = self.model.tensor("t", shape, FLOAT32)
        self.model.op(name, inputs, [out], **options)
        return out

    def int8(self, name, inputs, shape, scale, zero_point, dtype=INT8, **options):
        out = self.model.tensor("q", shape, dtype, scale=scale, zero_point=zero_point)
        self.model.op(name, inputs, [out], **options)
        return out

    def done(self, out):
        self.model.inputs, self.model.outputs = [self.x], [out]
        return self


def unary(name, low=-3.0, high=3.0, **options):
    c = Case(name.lower(), [1, 3, 5, 3], low, high)
    if name in ("CEIL", "ROUND", "ELU", "GELU", "RELU_0_TO_1"):
        c.kernels = "opt"  # the oracle has no others
    return c.done(c.op(name, [c.x], [1, 3, 5, 3], **options))


def binary(name, other, **options):
    c = Case("%s_%s" % (name.lower(), "x".join(map(str, other)) or "scalar"), [1, 3, 2, 4])
    count = 1
    for n in other:
        count *= n
    out = c.op(name, [c.x, c.const(other, c.values(count, 0.5, 2))], [1, 3, 2, 4], **options)
    return c.done(out)


def conv(name, out_shape, weights, **options):
    c = Case(name, [1, 7, 6, 4])
    inputs = [c.x, c.const(weights), c.const([out_shape[3]])]
    return c.done(c.op(options.pop("op", "CONV_2D"), inputs, out_shape, **options))


def transpose_conv(name, out_shape, kernel, **options):
    c = Case(name, [1, 4, 3, 3])
    inputs = [c.model.int32(out_shape), c.const([out_shape[3], kernel, kernel, 3]), c.x]
    return c.done(c.op("TRANSPOSE_CONV", inputs, out_shape, **options))


def quantized_weights(name, scale):
    """Weights in int8, activations in float: TFLite gets the same weights in float32."""
    scales = scale if isinstance(scale, list) else 2 * [scale]
    c = Case(name, [1, 4, 4, 3])
    q = [c.random.randint(-127, 127) for _ in range(2 * 3 * 3 * 3)]
    each = [v * struct.unpack("<f", struct.pack("<f", scales[i // 27]))[0]
            for i, v in enumerate(q)]
    bias = c.values(2)
    made = []
    for real in (False, True):
        m = Model("CPU backend: " + name)
        x = m.tensor("in", [1, 4, 4, 3], FLOAT32)
        if real:
            w = m.tensor("w", [2, 3, 3, 3], FLOAT32, data=each)
        else:
            w = m.tensor("w", [2, 3, 3, 3], data=q, scale=scale, zero_point=0)
        y = m.tensor("out", [1, 4, 4, 2], FLOAT32)
        m.op("CONV_2D", [x, w, m.tensor("b", [2], FLOAT32, data=bias)], [y], padding=SAME,
             stride_w=1, stride_h=1)
        m.inputs, m.outputs = [x], [y]
        made.append(m)
    c.model, c.reference = made
    return c


def half_weights(name, through_dequantize):
    c = Case(name, [1, 4, 4, 3])
    values = c.values(2 * 3 * 3 * 3)
    made = []
    for dequantize in (through_dequantize, True):
        m = Model("CPU backend: " + name)
        x = m.tensor("in", [1, 4, 4, 3], FLOAT32)
        w = m.tensor("half", [2, 3, 3, 3], FLOAT16, data=values)
        if dequantize:
            half, w = w, m.tensor("w", [2, 3, 3, 3], FLOAT32)
            m.op("DEQUANTIZE", [half], [w])
        y = m.tensor("out", [1, 4, 4, 2], FLOAT32)
        bias = m.tensor("b", [2], FLOAT32, data=[0.5, -0.25])
        m.op("CONV_2D", [x, w, bias], [y], padding=SAME, stride_w=1, stride_h=1)
        m.inputs, m.outputs = [x], [y]
        made.append(m)
    c.model, c.reference = made
    return c


def pool(name, op, size, kernel, stride, out, padding):
    c = Case(name, [1, size, size, 3])
    return c.done(c.op(op, [c.x], [1, out, out, 3], padding=padding, stride_w=stride,
                       stride_h=stride, filter_width=kernel, filter_height=kernel))


def resize(name, op, out, **options):
    c = Case(name, [1, 3, 4, 2])
    return c.done(c.op(op, [c.x, c.model.int32(out)], [1] + out + [2], **options))


def products():
    c = Case("fully_connected", [3, 5])
    yield c.done(c.op("FULLY_CONNECTED", [c.x, c.const([4, 5]), c.const([4])], [3, 4],
                      activation=RELU))
    c = Case("fully_connected_computed_weights", [4, 6])
    halves = [c.model.tensor("half", [2, 6], FLOAT32) for _ in range(2)]
    c.model.op("SPLIT", [c.model.int32([0], []), c.x], halves, num_splits=2)
    yield c.done(c.op("FULLY_CONNECTED", halves + [c.const([2])], [2, 2], activation=RELU))
    for adj_x in (False, True):
        for adj_y in (False, True):
            c = Case("batch_matmul%s%s" % ("_x" * adj_x, "_y" * adj_y), [2, 3, 3])
            y = c.op("TRANSPOSE", [c.x, c.model.int32([0, 2, 1])], [2, 3, 3])
            yield c.done(c.op("BATCH_MATMUL", [c.x, y], [2, 3, 3], adj_x=adj_x, adj_y=adj_y))
    for name, x, y, out in (("one_right", [3, 2, 4], [4, 5], [3, 2, 5]),
                            ("one_left", [2, 4], [3, 4, 5], [3, 2, 5]),
                            ("both", [2, 1, 2, 4], [3, 4, 5], [2, 3, 2, 5])):
        c = Case("batch_matmul_" + name, x)
        yield c.done(c.op("BATCH_MATMUL", [c.x, c.const(y)], out))


def views():
    c = Case("pad", [1, 2, 3, 2])
    yield c.done(c.op("PAD", [c.x, c.model.int32([0, 0, 1, 0, 2, 1, 0, 0], [4, 2])], [1, 3, 6, 2]))
    c = Case("padv2", [1, 2, 3, 2])
    yield c.done(c.op("PADV2", [c.x, c.model.int32([0, 0, 1, 0, 0, 1, 0, 1], [4, 2]),
                                c.const([1], [-7.5])], [1, 3, 4, 3]))
    c = Case("mirror_pad", [1, 4, 3, 2])
    yield c.done(c.op("MIRROR_PAD", [c.x, c.model.int32([0, 0, 2, 1, 1, 1, 0, 0], [4, 2])],
                      [1, 7, 5, 2], mode=0))
    c = Case("space_to_depth", [1, 4, 6, 3])
    yield c.done(c.op("SPACE_TO_DEPTH", [c.x], [1, 2, 3, 12], block_size=2))
    c = Case("depth_to_space", [1, 2, 3, 12])
    yield c.done(c.op("DEPTH_TO_SPACE", [c.x], [1, 4, 6, 3], block_size=2))
    c = Case("gather", [3, 5, 2])
    yield c.done(c.op("GATHER", [c.x, c.model.int32([4, 0, 4])], [3, 3, 2], axis=1))
    c = Case("tile", [2, 3])
    yield c.done(c.op("TILE", [c.x, c.model.int32([2, 2])], [4, 6]))
    c = Case("transpose_reshape", [1, 2, 3, 4])
    t = c.op("TRANSPOSE", [c.x, c.model.int32([0, 3, 1, 2])], [1, 4, 2, 3])
    yield c.done(c.op("RESHAPE", [t, c.model.int32([4, 6])], [4, 6]))
    c = Case("strided_slice", [1, 5, 4, 3])
    four = [c.model.int32(v) for v in ([0, 1, 0, 0], [1, 5, 4, 2], [1, 2, 3, 1])]
    yield c.done(c.op("STRIDED_SLICE", [c.x] + four, [1, 2, 2, 2]))
    c = Case("unpack_pack", [2, 3, 4])
    rows = [c.model.tensor("row", [2, 4], FLOAT32) for _ in range(3)]
    c.model.op("UNPACK", [c.x], rows, num=3, axis=1)
    yield c.done(c.op("PACK", [rows[2], rows[0]], [2, 4, 2], values_count=2, axis=2))
    # Halves of the channels, one convolved, put together: no copy but strides between pixels
    c = Case("split_conv_concat", [1, 4, 4, 8])
    halves = [c.model.tensor("half", [1, 4, 4, 4], FLOAT32) for _ in range(2)]
    c.model.op("SPLIT", [c.model.int32([3], []), c.x], halves, num_splits=2)
    y = c.op("CONV_2D", [halves[1], c.const([3, 3, 3, 4]), c.const([3])], [1, 4, 4, 3],
             padding=SAME, stride_w=1, stride_h=1)
    z = c.op("ADD", [halves[0], halves[1]], [1, 4, 4, 4])
    w = c.op("CONCATENATION", [z, y, halves[0]], [1, 4, 4, 11], axis=3)
    yield c.done(c.op("CONV_2D", [w, c.const([2, 1, 1, 11]), c.const([2])], [1, 4, 4, 2],
                      padding=VALID, stride_w=1, stride_h=1))
    # A PAD that the convolution's own padding adds to
    c = Case("pad_conv", [1, 5, 5, 2])
    t = c.op("PAD", [c.x, c.model.int32([0, 0, 1, 2, 0, 1, 0, 0], [4, 2])], [1, 8, 6, 2])
    yield c.done(c.op("CONV_2D", [t, c.const([2, 3, 3, 2]), c.const([2])], [1, 4, 3, 2],
                      padding=SAME, stride_w=2, stride_h=2))


def argmax(name, op, shape, axis, out, dtype=INT32, int8=False):
    c = Case(name, shape)
    # Few different numbers, so that some are equal
    x = c.op("ROUND", [c.x], shape)
    c.kernels = "opt"
    if int8:
        x, c.pieces, c.tolerance = c.int8("QUANTIZE", [x], shape, 0.5, -5), 2, "0"
    y = c.model.tensor("index", out, dtype)
    c.model.op(op, [x, c.model.int32([axis], [])], [y], output_type=dtype)
    return c.done(y)


def indices():
    yield argmax("arg_max", "ARG_MAX", [1, 3, 4, 7], 3, [1, 3, 4])
    yield argmax("arg_min_middle", "ARG_MIN", [2, 5, 3], -2, [2, 3], INT64)
    yield argmax("arg_max_of_vector", "ARG_MAX", [30], 0, [], INT64)
    yield argmax("arg_min_int8", "ARG_MIN", [1, 3, 4, 7], 2, [1, 3, 7], int8=True)
    c = Case("arg_max_split", [2, 3, 8])
    halves = [c.model.tensor("half", [2, 3, 4], FLOAT32) for _ in range(2)]
    c.model.op("SPLIT", [c.model.int32([2], []), c.x], halves, num_splits=2)
    y = c.model.tensor("index", [2, 3], INT32)
    c.model.op("ARG_MAX", [halves[1], c.model.int32([2], [])], [y], output_type=INT32)
    yield c.done(y)


def int8_conv(c, x, scale, zero):
    weights = c.model.tensor("w", [4, 3, 3, 4], scale=0.02, zero_point=0,
                             data=[c.random.randint(-127, 127) for _ in range(144)])
    bias = c.model.int32([c.random.randint(-500, 500) for _ in range(4)])
    return c.int8("CONV_2D", [x, weights, bias], [1, 4, 4, 4], scale, zero, padding=SAME,
                  stride_w=1, stride_h=1)


def uint8(c, x):
    """Weights and a constant with zero points of their own."""
    weights = c.model.tensor("w", [4, 3, 3, 4], UINT8, scale=0.02, zero_point=101,
                             data=[c.random.randint(0, 255) for _ in range(144)])
    other = c.model.tensor("c", [4], UINT8, scale=0.05, zero_point=90, data=[0, 80, 130, 255])
    x = c.int8("QUANTIZE", [x], [1, 4, 4, 4], 0.02, 123, UINT8)
    x = c.int8("CONV_2D", [x, weights, c.model.int32([200, -400, 0, 99])], [1, 4, 4, 4], 0.05, 131,
               UINT8, padding=SAME, stride_w=1, stride_h=1)
    return c.int8("ADD", [x, other], [1, 4, 4, 4], 0.06, 120, UINT8)


def mixed():
    # Float at the edges: CPU, NPU, CPU
    c = Case("float_edges", [1, 4, 4, 4])
    q = c.int8("QUANTIZE", [c.x], [1, 4, 4, 4], 0.02, -5)
    q = int8_conv(c, q, 0.05, 3)
    c.pieces, c.tolerance = 3, "0"
    yield c.done(c.op("DEQUANTIZE", [q], [1, 4, 4, 4]))
    # The same with uint8
    c = Case("uint8_edges", [1, 4, 4, 4])
    c.pieces, c.tolerance = 3, "0"
    yield c.done(c.op("DEQUANTIZE", [uint8(c, c.x)], [1, 4, 4, 4]))
    # An operator that the NPU lacks between two convolutions, and a skip around it
    c = Case("float_middle", [1, 4, 4, 4])
    q = c.int8("QUANTIZE", [c.x], [1, 4, 4, 4], 0.02, -5)
    a = int8_conv(c, q, 0.05, 3)
    f = c.op("FLOOR", [c.op("DEQUANTIZE", [a], [1, 4, 4, 4])], [1, 4, 4, 4])
    b = c.int8("QUANTIZE", [f], [1, 4, 4, 4], 0.04, 1)
    b = int8_conv(c, b, 0.1, 0)
    s = c.int8("ADD", [a, b], [1, 4, 4, 4], 0.12, -2)
    c.pieces, c.tolerance = 5, "0"
    yield c.done(c.op("DEQUANTIZE", [s], [1, 4, 4, 4]))


def cases():
    for name in ("RELU", "RELU6", "RELU_N1_TO_1", "ABS", "NEG", "SQUARE", "FLOOR", "CEIL", "ROUND",
                 "LOGISTIC", "TANH", "ELU", "HARD_SWISH", "EXP", "GELU", "RELU_0_TO_1"):
        yield unary(name)
    yield unary("SQRT", 0.1, 9)
    yield unary("RSQRT", 0.1, 9)
    yield unary("LOG", 0.1, 9)
    yield unary("LEAKY_RELU", alpha=0.1)
    yield unary("SOFTMAX", beta=1.0)
    c = Case("softmax_beta", [2, 7])
    yield c.done(c.op("SOFTMAX", [c.x], [2, 7], beta=0.5))
    c = Case("prelu", [1, 3, 2, 4])
    yield c.done(c.op("PRELU", [c.x, c.const([1, 1, 4])], [1, 3, 2, 4]))
    for name in ("ADD", "SUB", "MUL", "DIV"):
        yield binary(name, [1, 3, 2, 4])
        yield binary(name, [4], activation=RELU6)
    for name in ("MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"):
        yield binary(name, [2, 1])
    yield binary("MUL", [])
    one = {"stride_w": 1, "stride_h": 1}
    two = {"stride_w": 2, "stride_h": 2}
    yield conv("conv", [1, 7, 6, 3], [3, 3, 3, 4], padding=SAME, activation=RELU, **one)
    yield conv("conv_stride", [1, 3, 2, 2], [2, 3, 3, 4], padding=VALID, **two)
    yield conv("conv_same_stride", [1, 4, 3, 2], [2, 3, 2, 4], padding=SAME, **two)
    yield conv("conv_dilated", [1, 3, 2, 2], [2, 3, 3, 4], padding=VALID, dilation_w=2,
               dilation_h=2, **one)
    yield conv("conv_groups", [1, 5, 4, 4], [4, 3, 3, 2], padding=VALID, **one)
    yield conv("depthwise", [1, 4, 3, 8], [1, 3, 3, 8], padding=SAME, activation=RELU6,
               depth_multiplier=2, op="DEPTHWISE_CONV_2D", **two)
    yield transpose_conv("transpose_conv", [1, 8, 6, 2], 3, padding=SAME, **two)
    yield transpose_conv("transpose_conv_valid", [1, 9, 7, 2], 3, padding=VALID, **two)
    yield quantized_weights("int8_weights", 0.015)
    yield quantized_weights("int8_weights_channels", [0.01, 0.02])
    # What a converter makes of a channel whose weights are all 0
    yield quantized_weights("int8_weights_zero", [0.0, 0.02])
    yield half_weights("float16_weights", False)
    yield half_weights("float16_weights_dequantized", True)
    yield from products()
    for name in ("MAX", "AVERAGE"):
        op = name + "_POOL_2D"
        yield pool(name.lower() + "_pool", op, 5, 3, 2, 3, SAME)
        yield pool(name.lower() + "_pool_valid", op, 5, 2, 1, 4, VALID)
    yield pool("max_pool_of_one", "MAX_POOL_2D", 5, 1, 2, 3, VALID)
    for name, axes, keep, shape in (("mean", [1, 2], False, [1, 4]),
                                    ("mean_keep", [1, 2], True, [1, 1, 1, 4]),
                                    ("mean_first", [0], False, [3, 5, 4]),
                                    ("mean_first_two", [0, 1], False, [5, 4]),
                                    ("mean_all", [0, 1, 2, 3], True, [1, 1, 1, 1]),
                                    ("mean_apart", [1, 3], False, [2, 5]),
                                    ("mean_apart_keep", [-2, 0], True, [1, 3, 1, 4])):
        c = Case(name, [1 + name.startswith("mean_apart"), 3, 5, 4])
        yield c.done(c.op("MEAN", [c.x, c.model.int32(axes)], shape, keep_dims=keep))
        for op in ("SUM", "REDUCE_MAX"):
            c = Case(name.replace("mean", op.lower()), [1 + name.startswith("mean_apart"), 3, 5, 4])
            yield c.done(c.op(op, [c.x, c.model.int32(axes)], shape, keep_dims=keep))
    c = Case("gather_nd", [3, 4, 2])
    yield c.done(c.op("GATHER_ND", [c.x, c.model.int32([1, 3, 0, 0, 2, 1], [3, 2])], [3, 2]))
    c = Case("broadcast_to", [3, 1, 2])
    yield c.done(c.op("BROADCAST_TO", [c.x, c.model.int32([2, 3, 4, 2])], [2, 3, 4, 2]))
    for mode in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
        end = "".join("_" + k for k in mode)
        yield resize("bilinear" + end, "RESIZE_BILINEAR", [5, 6], **mode)
        yield resize("nearest" + end, "RESIZE_NEAREST_NEIGHBOR", [7, 3], **mode)
    yield from indices()
    yield from views()
    yield from mixed()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def models(directory):
    os.makedirs(directory, exist_ok=True)
    with open(EXPECTED, encoding="ascii") as f:
        expected = dict(line.split() for line in f)
    rows = []
    for c in cases():
        path = os.path.join(directory, c.name)
        c.model.write(path + ".tflite")
        write(path + ".in", c.input)
        write(path + ".out", bytes.fromhex(expected[c.name]))
        rows.append("%s %s %d\n" % (c.name, c.tolerance, c.pieces))
    write(os.path.join(directory, "list"), "".join(rows).encode())


def expect(tfl):
    rows = []
    with tempfile.TemporaryDirectory() as tmp:
        model, raw, out = (os.path.join(tmp, name) for name in ("model.tflite", "in", "out"))
        for c in cases():
            (c.reference or c.model).write(model)
            write(raw, c.input)
            subprocess.run([tfl, "run", model, c.kernels, "1", raw, out], check=True)
            with open(out, "rb") as f:
                rows.append("%s %s\n" % (c.name, f.read().hex()))
    write(EXPECTED, "".join(rows).encode())


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("models", "expect"):
        sys.exit(__doc__)
    {"models": models, "expect": expect}[sys.argv[1]](sys.argv[2])
