#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small models, an operator or a few each, for ops_test.c.

  ops.py models DIR         writes DIR/NAME.tflite, NAME.in (its inputs, one after the other),
                            NAME.cmds (the commands it must become), and DIR/list
  ops.py expected TFL DIR   prints, for the models in DIR, what TensorFlow Lite's reference
                            kernels compute, by running TFL (../shared/oracle/tfl): the file
                            ops.expected is this output

A line of ops.expected is a model's name, the number of the output, its crc32, and
for outputs of up to 256 bytes the bytes in hexadecimal.
"""

import os
import pathlib
import subprocess
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../models"))
import ops_roll  # noqa: E402
import ops_tree  # noqa: E402
from tflite_writer import INT32, RELU, RELU6, RELU_N1_TO_1, SAME, UINT8, VALID, Model  # noqa: E402

CASES = {}
# Where TFLite has no int8 kernel: what it would compute, from the input's bytes
BY_HAND = {}


def product(shape):
    n = 1
    for d in shape:
        n *= d
    return n


class Net:
    """A model under construction; a tensor is (number, shape, scale, zero_point)."""

    def __init__(self, seed):
        self.model = Model()
        self.state = seed * 2654435761 % 2**32
        self.input_bytes = b""

    def random(self, n):
        """n random bytes, the same everywhere: a linear congruential generator."""
        out = bytearray()
        for _ in range(n):
            self.state = (self.state * 1664525 + 1013904223) % 2**32
            out.append(self.state >> 24)
        return bytes(out)

    def input(self, shape, scale=0.05, zero=-3, data=None):
        t = self.model.tensor("in%d" % len(self.model.inputs), shape, scale=scale, zero_point=zero)
        self.model.inputs.append(t)
        self.input_bytes += self.random(product(shape)) if data is None else data
        return t, shape, scale, zero

    def const(self, shape, scale=0.02, zero=4, data=None):
        t = self.model.tensor("const", shape, data=data or self.random(product(shape)),
                              scale=scale, zero_point=zero)
        return t, shape, scale, zero

    def op(self, name, inputs, shape, scale=0.05, zero=-3, **options):
        t = self.model.tensor(name, shape, scale=scale, zero_point=zero)
        self.model.op(name, [i if isinstance(i, int) else i[0] for i in inputs], [t], **options)
        return t, shape, scale, zero

    def ints(self, values, shape=None):
        return self.model.int32(values, shape)

    def bias(self, n, spread=2000):
        raw = self.random(2 * n)
        return self.model.tensor("bias", [n], INT32, data=[
            (int.from_bytes(raw[2 * i:2 * i + 2], "little") - 32768) * spread // 32768
            for i in range(n)], scale=0.001, zero_point=0)

    def conv(self, x, out, kernel=(3, 3), stride=(1, 1), dilation=(1, 1), padding=SAME,
             depthwise=0, groups=1, per_channel=False, bias=True, scale=0.4, zero=-7, activation=0):
        n, h, w, c = x[1]
        span = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
        size = [-(-i // s) if padding == SAME else (i - k) // s + 1
                for i, k, s in zip((h, w), span, stride)]
        shape = [1, *kernel, out] if depthwise else [out, *kernel, c // groups]
        scales = [0.004 + 0.001 * (i % 7) for i in range(out)] if per_channel else 0.006
        weights = self.model.tensor("weights", shape, data=self.random(product(shape)),
                                    scale=scales, zero_point=0, axis=3 if depthwise else 0)
        options = {"depth_multiplier": depthwise} if depthwise else {}
        return self.op("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
                       [x, weights] + ([self.bias(out)] if bias else []), [n, *size, out], scale,
                       zero, padding=padding, stride_h=stride[0], stride_w=stride[1],
                       dilation_h=dilation[0], dilation_w=dilation[1], activation=activation,
                       **options)

    def pool(self, name, x, kernel, stride, padding, activation=0):
        n, h, w, c = x[1]
        size = [-(-i // s) if padding == SAME else (i - k) // s + 1
                for i, k, s in zip((h, w), kernel, stride)]
        return self.op(name, [x], [n, *size, c], x[2], x[3], padding=padding,
                       filter_height=kernel[0], filter_width=kernel[1], stride_h=stride[0],
                       stride_w=stride[1], activation=activation)

    def slice(self, x, begin, size):
        return self.op("SLICE", [x, self.ints(begin), self.ints(size)], size, x[2], x[3])

    def reshape(self, x, shape):
        return self.op("RESHAPE", [x, self.ints(shape)], shape, x[2], x[3])

    def transpose(self, x, perm):
        return self.op("TRANSPOSE", [x, self.ints(perm)], [x[1][p] for p in perm], x[2], x[3])

    def concat(self, xs, axis):
        shape = list(xs[0][1])
        shape[axis] = sum(x[1][axis] for x in xs)
        return self.op("CONCATENATION", xs, shape, xs[0][2], xs[0][3], axis=axis)

    def pad(self, x, amounts):
        shape = [d + a + b for d, (a, b) in zip(x[1], amounts)]
        flat = [v for pair in amounts for v in pair]
        return self.op("PAD", [x, self.ints(flat, [len(amounts), 2])], shape, x[2], x[3])

    def padv2(self, x, amounts, value):
        shape = [d + a + b for d, (a, b) in zip(x[1], amounts)]
        flat = [v for pair in amounts for v in pair]
        fill = self.const([1], x[2], x[3], bytes([value % 256]))
        return self.op("PADV2", [x, self.ints(flat, [len(amounts), 2]), fill], shape, x[2], x[3])

    def quantize(self, x, scale=0.07, zero=9):
        return self.op("QUANTIZE", [x], x[1], scale, zero)


def case(name, commands, error=None):
    """Registers a function that builds a model and returns its outputs.

    commands: the opcodes it must become; error: instead, what the compiler must say."""
    def register(build):
        assert name not in CASES
        CASES[name] = (build, commands, error)
        return build
    return register


def add(name, commands, build, error=None):
    case(name, commands, error)(build)


# The MAC array

for name, options in {
        "conv": {}, "conv_valid": {"padding": VALID}, "conv_stride": {"stride": (2, 3)},
        "conv_dilation": {"dilation": (2, 3)}, "conv_wide": {"kernel": (1, 5)},
        "conv_dilation_valid": {"dilation": (2, 2), "padding": VALID},
        "conv_point": {"kernel": (1, 1)}, "conv_point_stride": {"kernel": (1, 1), "stride": (2, 2)},
        "conv_per_channel": {"per_channel": True},
        "conv_relu": {"activation": RELU}, "conv_relu6": {"activation": RELU6, "scale": 0.03},
        "conv_relu_n1": {"activation": RELU_N1_TO_1, "scale": 0.01},
        "conv_fine": {"scale": 0.002}}.items():
    add(name, "CONV", lambda n, options=options: [n.conv(n.input([2, 9, 11, 5]), 19, **options)])
add("conv_groups", "CONV", lambda n: [n.conv(n.input([1, 7, 7, 12]), 18, groups=3)])
add("conv_groups_depthwise", "CONV", lambda n: [n.conv(n.input([1, 7, 7, 12]), 12, groups=12)])
add("depthwise", "CONV", lambda n: [n.conv(n.input([2, 9, 8, 6]), 6, depthwise=1)])
add("depthwise_multiplier", "CONV", lambda n: [n.conv(
    n.input([1, 9, 8, 6]), 18, depthwise=3, per_channel=True, stride=(2, 2), activation=RELU6)])
add("depthwise_dilation", "CONV", lambda n: [n.conv(
    n.input([1, 12, 12, 3]), 3, depthwise=1, dilation=(2, 2), padding=VALID)])


def fully_connected(n, x, units, shape, weights_zero=0, per_channel=False, bias=True, **options):
    depth = x[1][-1] if options.get("keep_num_dims") else options.pop("depth", x[1][-1])
    scales = [0.004 + 0.001 * (i % 5) for i in range(units)] if per_channel else 0.006
    w = n.model.tensor("weights", [units, depth], data=n.random(units * depth), scale=scales,
                       zero_point=weights_zero)
    return n.op("FULLY_CONNECTED", [x, w, n.bias(units) if bias else -1], shape, 0.3, 5, **options)


add("fc", "CONV", lambda n: [fully_connected(n, n.input([4, 37]), 11, [4, 11])])
add("fc_no_bias", "CONV", lambda n: [fully_connected(n, n.input([4, 37]), 11, [4, 11], bias=False)])
add("fc_per_channel", "CONV", lambda n: [fully_connected(n, n.input([4, 37]), 11, [4, 11],
                                                         per_channel=True)])
add("fc_keep", "CONV", lambda n: [fully_connected(n, n.input([2, 3, 5, 16]), 9, [2, 3, 5, 9],
                                                  keep_num_dims=1, activation=RELU)])
add("fc_flatten", "CONV", lambda n: [fully_connected(n, n.input([2, 3, 4, 4]), 9, [2, 9],
                                                     depth=48)])
add("fc_asymmetric", "CONV", lambda n: [fully_connected(n, n.input([4, 37]), 11, [4, 11],
                                                          weights_zero=-9)])


@case("fc_activations", "MATMUL")
def _(n):
    x = n.input([30, 24], 0.04, 11)
    return [n.op("FULLY_CONNECTED", [n.slice(x, [0, 0], [12, 24]), n.slice(x, [12, 0], [18, 24]),
                                     -1], [12, 18], 0.9, -20)]


@case("attention", "MATMUL SOFTMAX MATMUL")
def _(n):
    x = n.input([1, 4, 6, 48], 0.03, 2)
    x = n.reshape(n.transpose(x, [0, 3, 1, 2]), [48, 24])
    q = n.transpose(n.slice(x, [0, 0], [16, 24]), [1, 0])
    k = n.transpose(n.slice(x, [16, 0], [16, 24]), [1, 0])
    s = n.op("FULLY_CONNECTED", [q, k, -1], [24, 24], 0.2, -5)
    s = n.op("MUL", [s, n.const([], 0.002, -128, b"\x7f")], [24, 24], 0.08, -5)
    p = n.op("SOFTMAX", [s], [24, 24], 1 / 256, -128, beta=1.0)
    v = n.slice(x, [32, 0], [16, 24])
    return [n.op("FULLY_CONNECTED", [v, p, -1], [16, 24], 0.03, 1)]


def rounding(n, name, shape, **options):
    """Scales and sums for which a product of scales in float and in double differ in a result."""
    x = n.input(shape, 0.015651008114218712, 3, bytes([3] * product(shape)))
    w = n.model.tensor("weights", [4] + [1] * (len(shape) - 2) + [8], data=n.random(32),
                       scale=0.0015364105347543955, zero_point=0)
    b = n.model.tensor("bias", [4], INT32, data=[-661595, -471720, 471720, 661595],
                       scale=0.00002, zero_point=0)
    return n.op(name, [x, w, b], shape[:-1] + [4], 0.14268141984939575, 0, **options)


add("fc_rounding", "CONV", lambda n: [rounding(n, "FULLY_CONNECTED", [1, 8])])
add("conv_rounding", "CONV", lambda n: [rounding(n, "CONV_2D", [1, 1, 1, 8], padding=VALID,
                                                 stride_h=1, stride_w=1)])

# Padding

SIDES = [(0, 0), (1, 2), (2, 1), (0, 0)]
add("pad_conv", "CONV", lambda n: [n.conv(n.pad(n.input([1, 8, 9, 4]), SIDES), 6, padding=VALID,
                                          stride=(2, 2))])
add("pad_conv_same", "CONV", lambda n: [n.conv(n.pad(n.input([1, 8, 9, 4]), SIDES), 6)])
add("padv2_conv", "CONV", lambda n: [n.conv(n.padv2(n.input([1, 8, 9, 4]), SIDES, 77), 6,
                                            padding=VALID)])
add("padv2_conv_same", "COPY COPY CONV",
    lambda n: [n.conv(n.padv2(n.input([1, 8, 9, 4]), SIDES, 77), 6)])
add("padv2_conv_same_point", "CONV",
    lambda n: [n.conv(n.padv2(n.input([1, 8, 9, 4]), SIDES, 77), 6, kernel=(1, 1))])
add("pad_max_pool", "COPY COPY POOL",
    lambda n: [n.pool("MAX_POOL_2D", n.pad(n.input([1, 8, 9, 4]), SIDES), (3, 3), (2, 2), VALID)])
add("padv2_max_pool", "POOL",
    lambda n: [n.pool("MAX_POOL_2D", n.padv2(n.input([1, 8, 9, 4]), SIDES, -128), (3, 3), (2, 2),
                      VALID)])
add("pad_average_pool", "COPY COPY POOL",
    lambda n: [n.pool("AVERAGE_POOL_2D", n.pad(n.input([1, 8, 9, 4]), SIDES), (2, 2), (1, 1),
                      SAME)])
add("pad_channels", "COPY COPY CONV",
    lambda n: [n.conv(n.pad(n.input([1, 8, 9, 4]), [(0, 0), (1, 1), (1, 1), (0, 2)]), 6)])
add("pad_output", "COPY COPY", lambda n: [n.pad(n.input([5, 7]), [(1, 0), (2, 3)])])
add("pad_nothing", "COPY", lambda n: [n.pad(n.input([5, 7]), [(0, 0), (0, 0)])])


@case("pad_shared", "COPY COPY CONV POOL ELTWISE")
def _(n):
    p = n.pad(n.input([1, 8, 8, 6]), [(0, 0), (1, 1), (1, 1), (0, 0)])
    a = n.conv(p, 6, padding=VALID)
    b = n.pool("MAX_POOL_2D", p, (3, 3), (1, 1), VALID)
    return [n.op("ADD", [a, b], a[1], 0.5, 0)]


# The vector unit

for name in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
    for padding in (SAME, VALID):
        add("%s_%s" % (name.lower(), ("same", "valid")[padding]), "POOL",
            lambda n, name=name, padding=padding: [n.pool(name, n.input([2, 9, 10, 5]), (3, 2),
                                                          (2, 1), padding, RELU6)])
add("max_pool_spp", "POOL POOL", lambda n: [n.pool("MAX_POOL_2D", n.input([1, 6, 6, 20]), (5, 5),
                                              (1, 1), SAME)])


def binary(n, name, a, b, **options):
    rank = max(len(a[1]), len(b[1]))
    shapes = [[1] * (rank - len(t[1])) + list(t[1]) for t in (a, b)]
    out = [max(p, q) for p, q in zip(*shapes)]
    if name in ("MAXIMUM", "MINIMUM"):
        return n.op(name, [a, b], out, a[2], a[3])
    return n.op(name, [a, b], out, 0.09 if name != "MUL" else 0.02, 6, **options)


SHAPES = {"same": ([2, 3, 4, 5], [2, 3, 4, 5]), "scalar": ([2, 3, 4, 5], []),
          "channel": ([2, 3, 4, 5], [5]), "row": ([2, 3, 4, 5], [4, 1]),
          "both": ([2, 1, 4, 1], [3, 1, 5])}
for name in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"):
    for kind, (a, b) in SHAPES.items():
        add("%s_%s" % (name.lower(), kind), "ELTWISE" if b else "COPY",
            lambda n, name=name, a=a, b=b: [binary(n, name, n.input(a), n.const(
                b, *((0.05, -3) if name[:2] in ("MA", "MI") else ())))])
add("add_relu", "ELTWISE", lambda n: [binary(n, "ADD", n.input([40]), n.const([40]),
                                             activation=RELU)])
add("sub_swapped", "ELTWISE", lambda n: [binary(n, "SUB", n.const([6, 1]), n.input([5]),
                                                activation=RELU6)])
add("mul_relu_n1", "COPY", lambda n: [binary(n, "MUL", n.input([40]), n.const([1]),
                                                activation=RELU_N1_TO_1)])
add("add_square", "COPY", lambda n: [(lambda x: binary(n, "ADD", x, x))(n.input([3, 50]))])

for name, shape, beta, scale in (("softmax", [3, 17], 1.0, 0.05), ("softmax_4d", [2, 3, 4, 9], 0.5,
                                 0.1), ("softmax_1d", [30], 1.0, 0.2),
                                 ("softmax_steep", [7, 30], 3.0, 0.9)):
    add(name, "SOFTMAX", lambda n, shape=shape, beta=beta, scale=scale: [n.op(
        "SOFTMAX", [n.input(shape, scale, 10)], shape, 1 / 256, -128, beta=beta)])
add("softmax_middle", "COPY SOFTMAX", lambda n: [n.op("SOFTMAX", [n.transpose(n.quantize(n.input(
    [2, 3, 4, 9])), [2, 0, 3, 1])], [4, 2, 9, 3], 1 / 256, -128, beta=1.0)])

for name, options in (("", {}), ("_half", {"half_pixel_centers": 1}),
                      ("_corners", {"align_corners": 1})):
    for size in ([10, 14], [7, 4], [5, 7]):
        add("resize%s_%dx%d" % (name, *size), "RESIZE", lambda n, options=options, size=size: [n.op(
            "RESIZE_NEAREST_NEIGHBOR", [n.input([2, 5, 7, 3]), n.ints(size)], [2, *size, 3],
            **options)])

ALL = bytes(range(128, 256)) + bytes(range(128))

# A product of scales for which float and double differ in a result
add("mul_rounding", "COPY", lambda n: [n.op("MUL", [
    n.input([256], 0.022127382457256317, -128, ALL), n.const([], 0.09429318457841873, -128,
                                                             bytes([111]))], [256],
    0.958347737789154, -120)])


def table(name, op, scale, zero, out_scale, out_zero, **options):
    add("table_" + name, "COPY", lambda n: [n.op(op, [n.input([256], scale, zero, ALL)], [256],
                                                 out_scale, out_zero, **options)])


for i, (scale, zero) in enumerate([(0.144007757, 32), (0.122660197, 37), (0.01, -128), (0.05, 3),
                                   (0.3, 0), (1.0, 127), (0.003, -5)]):
    table("logistic%d" % i, "LOGISTIC", scale, zero, 1 / 256, -128)
for i, (scale, zero, out, out_zero, alpha) in enumerate([
        (0.0701405779, 11, 0.03, -100, 0.1), (0.02, -20, 0.02, -20, 0.01), (0.5, 40, 0.07, 3, 0.3),
        (0.1, -128, 0.1, -112, 0.1),
        # Quotients for which float and double differ in a result
        (0.403315931558609, 127, 0.09257712215185165, 127, 0.2),
        (0.3258362114429474, -128, 0.27383407950401306, -128, 0.1)]):
    table("leaky%d" % i, "LEAKY_RELU", scale, zero, out, out_zero, alpha=alpha)
for i, (scale, zero, out, out_zero) in enumerate([
        (0.0335926637, -128, 0.0241131596, -128), (0.00390625, -128, 0.00389357354, -128),
        (0.1, 5, 0.1, 5), (0.1, 5, 0.1, -9), (0.9, 17, 0.013, 0), (0.01, -50, 0.7, 60)]):
    table("quantize%d" % i, "QUANTIZE", scale, zero, out, out_zero)
for op in ("RELU", "RELU6"):
    table(op.lower(), op, 0.07, -10, 0.04, -60)
    table(op.lower() + "_same", op, 0.07, -10, 0.07, -10)
table("relu_rounding", "RELU", 0.3258362114429474, -128, 0.27383407950401306, -128)

# Tables in the command before

add("conv_leaky", "CONV", lambda n: [n.op("LEAKY_RELU", [n.conv(n.input([1, 6, 6, 8]), 16)],
                                          [1, 6, 6, 16], 0.2, -90, alpha=0.1)])
add("conv_logistic_quantize", "CONV", lambda n: [n.quantize(n.op("LOGISTIC", [n.conv(n.input(
    [1, 6, 6, 8]), 16, scale=0.1)], [1, 6, 6, 16], 1 / 256, -128), 0.004, -120)])
add("add_relu6_operator", "ELTWISE", lambda n: [n.op("RELU6", [binary(n, "ADD", n.input(
    [7, 9]), n.const([9]))], [7, 9], 0.03, -100)])
add("pool_quantize", "POOL", lambda n: [n.quantize(n.pool("MAX_POOL_2D", n.input([1, 6, 6, 8]), (
    2, 2), (2, 2), SAME))])
add("fc_relu", "CONV", lambda n: [n.op("RELU", [fully_connected(n, n.input([4, 37]), 11, [4, 11])],
                                       [4, 11], 0.2, -100)])
add("matmul_transposed_table", "MATMUL", lambda n: (lambda x: [n.quantize(n.transpose(n.op(
    "FULLY_CONNECTED", [n.slice(x, [0, 0], [12, 24]), n.slice(x, [12, 0], [18, 24]), -1], [12, 18],
    0.9, -20), [1, 0]), 1.1, 3)])(n.input([30, 24], 0.04, 11)))
add("quantize_twice", "COPY", lambda n: [n.quantize(n.quantize(n.input([50])), 0.03, -20)])
add("resize_quantize", "RESIZE COPY", lambda n: [n.quantize(n.op(
    "RESIZE_NEAREST_NEIGHBOR", [n.input([1, 4, 4, 6]), n.ints([8, 8])], [1, 8, 8, 6]))])


@case("table_shared", "CONV COPY ELTWISE")
def _(n):
    c = n.conv(n.input([1, 6, 6, 8]), 16)
    return [binary(n, "ADD", n.transpose(c, [0, 2, 1, 3]), n.quantize(c))]


ops_tree.register(case, add, binary)

# Views


@case("split_concat", "CONV CONV CONV CONV")
def _(n):
    """The cross-stage block of YOLO: parts of a result, and more, meet in a concatenation."""
    c = n.conv(n.input([1, 6, 6, 8]), 16, kernel=(1, 1))
    a, b = n.slice(c, [0, 0, 0, 0], [1, 6, 6, 8]), n.slice(c, [0, 0, 0, 8], [1, 6, 6, 8])
    d = n.conv(n.conv(b, 8), 8)
    return [n.conv(n.concat([a, b, d], 3), 4, kernel=(1, 1))]


@case("documentation", "CONV CONV CONV")
def _(n):
    """The example of Documentation/compiler.md."""
    p = n.pad(n.input([1, 8, 8, 4]), [(0, 0), (1, 1), (1, 1), (0, 0)])
    c = n.conv(p, 16, padding=VALID)
    a, b = n.slice(c, [0, 0, 0, 0], [1, 8, 8, 8]), n.slice(c, [0, 0, 0, 8], [1, 8, 8, 8])
    d = n.conv(b, 8, scale=0.2)
    rectified = n.op("LEAKY_RELU", [d], d[1], c[2], c[3], alpha=0.1)
    f = n.conv(n.concat([a, b, rectified], 3), 4, kernel=(1, 1))
    return [n.reshape(n.transpose(f, [0, 3, 1, 2]), [1, 4, 64])]


@case("split_concat_swapped", "CONV COPY COPY CONV")
def _(n):
    c = n.conv(n.input([1, 6, 6, 8]), 16, kernel=(1, 1))
    a, b = n.slice(c, [0, 0, 0, 0], [1, 6, 6, 8]), n.slice(c, [0, 0, 0, 8], [1, 6, 6, 8])
    return [n.conv(n.concat([b, a], 3), 4, kernel=(1, 1))]


@case("split_concat_part", "CONV COPY CONV CONV")
def _(n):
    """Half of a result cannot lie in the concatenation, or the other half would too."""
    c = n.conv(n.input([1, 6, 6, 8]), 16, kernel=(1, 1))
    a, b = n.slice(c, [0, 0, 0, 0], [1, 6, 6, 8]), n.slice(c, [0, 0, 0, 8], [1, 6, 6, 8])
    return [n.conv(n.concat([a, n.conv(b, 8)], 3), 4, kernel=(1, 1))]


@case("two_concats", "CONV CONV COPY COPY ELTWISE")
def _(n):
    x = n.input([1, 4, 4, 8])
    a, b = n.conv(x, 8), n.conv(x, 8)
    return [binary(n, "SUB", n.concat([a, b], 3), n.concat([b, a], 3))]


add("concat_twice_same", "CONV COPY", lambda n: (lambda c: [n.concat([c, c], 1)])(
    n.conv(n.input([1, 4, 4, 8]), 8)))
add("concat_input", "CONV COPY", lambda n: (lambda x: [n.concat([x, n.conv(
    x, 4, scale=0.05, zero=-3)], 2)])(n.input([1, 4, 4, 4])))
add("concat_const", "COPY COPY", lambda n: [n.concat([n.input([3, 4]), n.const([3, 2], 0.05, -3)],
                                                     -1)])
add("concat_rows", "CONV CONV", lambda n: (lambda x: [n.concat([n.conv(x, 8), n.conv(x, 8)], 1)])(
    n.input([2, 4, 4, 8])))
add("concat_batch", "CONV CONV", lambda n: (lambda x: [n.concat([n.conv(x, 8), n.conv(x, 8)], 0)])(
    n.input([2, 4, 4, 8])))


@case("detection_head", "POOL CONV CONV CONV CONV")
def _(n):
    """Both branches write their own place in the transposed concatenation."""
    x = n.input([1, 4, 4, 8])
    y = n.pool("MAX_POOL_2D", x, (2, 2), (2, 2), VALID)
    a = n.concat([n.conv(x, 6), n.conv(x, 3)], 3)
    b = n.concat([n.conv(y, 6), n.conv(y, 3)], 3)
    a = n.reshape(n.transpose(a, [0, 3, 1, 2]), [1, 9, 16])
    b = n.reshape(n.transpose(b, [0, 3, 1, 2]), [1, 9, 4])
    return [n.concat([a, b], 2)]


add("strided_slice", "ELTWISE", lambda n: (lambda x: [binary(n, "ADD", n.op(
    "STRIDED_SLICE", [x, n.ints([1, -6, 0]), n.ints([4, 7, 0]), n.ints([2, 3, 1])], [2, 2, 5],
    end_mask=4), n.const([2, 5]))])(n.input([5, 8, 5])))
add("strided_slice_shrink", "COPY", lambda n: [n.op("STRIDED_SLICE", [
    n.input([5, 8, 5]), n.ints([1, -2, 0]), n.ints([2, 0, 0]), n.ints([1, 1, 2])], [3],
    end_mask=4, begin_mask=4, shrink_axis_mask=3)])
add("strided_slice_short", "COPY", lambda n: [n.op("STRIDED_SLICE", [
    n.input([5, 8, 5]), n.ints([2]), n.ints([100]), n.ints([1])], [3, 8, 5])])
add("slice_rest", "COPY", lambda n: [n.op("SLICE", [n.input([5, 8]), n.ints([2, 1]), n.ints(
    [-1, 3])], [3, 3])])


@case("split", "ELTWISE")
def _(n):
    x = n.input([4, 6, 5])
    parts = [n.model.tensor("part", [4, 2, 5], scale=0.05, zero_point=-3) for _ in range(3)]
    n.model.op("SPLIT", [n.ints([1], []), x[0]], parts, num_splits=3)
    return [binary(n, "SUB", (parts[2], [4, 2, 5]), (parts[0], [4, 2, 5]))]


@case("split_v", "COPY COPY COPY")
def _(n):
    x = n.input([4, 6, 5])
    parts = [n.model.tensor("part", [4, k, 5], scale=0.05, zero_point=-3) for k in (1, 3, 2)]
    n.model.op("SPLIT_V", [x[0], n.ints([1, -1, 2]), n.ints([-2], [])], parts, num_splits=3)
    return [(p,) for p in parts]


@case("pack_unpack", "ELTWISE ELTWISE")
def _(n):
    x = n.input([3, 4, 2])
    parts = [n.model.tensor("part", [3, 4], scale=0.05, zero_point=-3) for _ in range(2)]
    n.model.op("UNPACK", [x[0]], parts, num=2, axis=-1)
    p, q = [(t, [3, 4], 0.05, -3) for t in parts]
    return [n.op("PACK", [binary(n, "ADD", p, q), binary(n, "SUB", q, p)], [3, 2, 4], 0.09, 6,
                 values_count=2, axis=1)]


for perm in ([0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 3, 2]):
    add("transpose_" + "".join(map(str, perm)), "COPY",
        lambda n, perm=perm: [n.transpose(n.input([2, 3, 4, 5]), perm)])
add("transpose_5d", "COPY COPY", lambda n: [n.transpose(n.input([2, 3, 2, 4, 3]), [4, 2, 0, 3, 1])])
add("transpose_6d", "COPY COPY COPY COPY",
    lambda n: [n.transpose(n.input([2, 3, 2, 2, 3, 2]), [4, 2, 0, 5, 3, 1])])
add("transpose_merges", "COPY", lambda n: [n.transpose(n.input([2, 3, 2, 2, 3]), [3, 4, 0, 1, 2])])
add("reshape_output", "COPY", lambda n: [n.reshape(n.input([2, 3, 4]), [4, 6])])
add("reshape_conv", "CONV", lambda n: [n.reshape(n.conv(n.input([1, 4, 6, 3]), 5), [8, 15])])
add("reshape_transposed", "CONV", lambda n: [n.reshape(n.transpose(n.conv(n.input(
    [1, 4, 6, 3]), 5), [0, 3, 2, 1]), [15, 8])])


@case("reshape_twice", "COPY COPY COPY")
def _(n):
    """Neither layout can be seen in the other's shape: through dense memory."""
    x = n.transpose(n.input([4, 6, 3]), [1, 0, 2])
    return [n.concat([n.reshape(x, [9, 8]), n.const([9, 2], 0.05, -3)], 1)]


@case("squeeze", "CONV")
def _(n):
    c = n.conv(n.input([1, 1, 6, 3]), 5, kernel=(1, 1))
    s = n.op("SQUEEZE", [c], [6, 5], c[2], c[3], squeeze_dims=[0, 1])
    return [s]


@case("two_outputs", "CONV COPY")
def _(n):
    c = n.conv(n.input([1, 4, 4, 3]), 5)
    return [n.reshape(c, [16, 5]), n.reshape(c, [80])]


@case("output_read", "CONV COPY")
def _(n):
    c = n.conv(n.input([1, 4, 4, 3]), 5)
    return [binary(n, "ADD", c, c), c]


@case("unused", "CONV")
def _(n):
    x = n.input([1, 4, 4, 3])
    n.conv(x, 7)
    return [n.conv(x, 5)]


@case("uint8", "COPY CONV")
def _(n):
    """More of uint8 is in tests/ops/uint8.py."""
    x = n.model.tensor("x", [1, 5, 4, 3], UINT8, scale=0.05, zero_point=131)
    w = n.model.tensor("w", [17, 3, 3, 3], UINT8, n.random(459), scale=0.006, zero_point=77)
    y = n.model.tensor("y", [1, 3, 2, 17], UINT8, scale=0.4, zero_point=121)
    n.model.inputs.append(x)
    n.input_bytes += n.random(60)
    n.model.op("CONV_2D", [x, w, n.bias(17)], [y], padding=VALID, stride_h=1, stride_w=1)
    return [(y, [1, 3, 2, 17])]


add("rank_0", "COPY", lambda n: [binary(n, "MUL", n.input([]), n.const([]))])
add("rank_5", "ELTWISE", lambda n: [binary(n, "ADD", n.input([2, 2, 3, 2, 3]), n.const(
    [2, 2, 3, 2, 3]))])

# What the compiler refuses

add("bad_float_input", "", lambda n: [(n.model.inputs.append(n.model.tensor("x", [4], 0)) or (
    n.model.inputs[0],))], "model input 0: tensor 0 is float32, only int8 and uint8 with a scale")
add("bad_operator", "", lambda n: [n.op("RSQRT", [n.input([4])], [4])],
    "operator 0 (RSQRT): the NPU cannot compute this operator")
add("bad_shape", "", lambda n: [n.op("ADD", [n.input([4]), n.const([3])], [4])],
    "operator 0 (ADD): damaged: its operands' dimensions 4 and 3 do not go together")
add("bad_output_shape", "", lambda n: [n.op("ADD", [n.input([4]), n.const([4])], [5])],
    "operator 0 (ADD): damaged: the shape of its output, tensor 2, does not follow")
add("bad_weights", "", lambda n: (lambda x: [n.op("CONV_2D", [x, n.reshape(x, [8, 3, 3, 1])],
                                                  [1, 6, 12, 8], stride_h=1, stride_w=1)])(
    n.input([1, 6, 12, 1])), "operator 1 (CONV_2D): tensor 2 is not a constant")
add("bad_dynamic", "", lambda n: [n.op("QUANTIZE", [n.input([-1, 4], data=b"")], [-1, 4])],
    "model input 0: tensor 0 has dimension -1; export with a fixed shape")


@case("bad_order", "", "operator 0 (QUANTIZE): damaged: it reads tensor 2, which nothing before")
def _(n):
    x = n.input([4])
    later = n.op("QUANTIZE", [2], [4])
    n.op("ADD", [x, x], [4])
    return [later]


# Unrolled products

ops_roll.register(case, add)


def build(name):
    make, commands, error = CASES[name]
    n = Net(sum(ord(c) * 31 ** i for i, c in enumerate(name)))
    n.model.outputs = [t[0] for t in make(n)]
    return n, commands, error


def write_models(directory):
    directory.mkdir(parents=True, exist_ok=True)
    for name in CASES:
        n, commands, error = build(name)
        n.model.write(directory / (name + ".tflite"))
        (directory / (name + ".in")).write_bytes(n.input_bytes)
        (directory / (name + ".cmds")).write_text(error or commands)
    (directory / "list").write_text("".join(
        "%s %s\n" % ("error" if CASES[name][2] else "run", name) for name in CASES))


def print_expected(tfl, directory):
    for name in CASES:
        n, _, error = build(name)
        if error:
            continue
        for k, tensor in enumerate(n.model.outputs):
            out = directory / "oracle.out"
            # Where an operator has only one kernel, it is not among the reference kernels.
            if not any(subprocess.run([tfl, "dump", directory / (name + ".tflite"), kernels,
                                       directory / (name + ".in"), str(tensor), out],
                                      stderr=subprocess.DEVNULL).returncode == 0
                       for kernels in ("ref", "opt")):
                if name not in BY_HAND:
                    print("ops.py: TensorFlow Lite does not run", name, file=sys.stderr)
                    continue
                out.write_bytes(BY_HAND[name](n.input_bytes))
            data = out.read_bytes()
            print(name, k, "%08x" % zlib.crc32(data), data.hex() if len(data) <= 256 else "")


def main(usage):
    if sys.argv[1:2] == ["models"] and len(sys.argv) == 3:
        write_models(pathlib.Path(sys.argv[2]))
    elif sys.argv[1:2] == ["expected"] and len(sys.argv) == 4:
        print_expected(sys.argv[2], pathlib.Path(sys.argv[3]))
    else:
        sys.exit(usage)


if __name__ == "__main__":
    main(__doc__)
