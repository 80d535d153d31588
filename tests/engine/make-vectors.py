#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make vectors.inc: small operators, and what TensorFlow Lite computes for them.

    tests/engine/make-vectors.py TFL > tests/engine/vectors.inc

TFL is the oracle's program (../shared/oracle/tfl; see setup beside it), which
runs a .tflite file on TFLite's reference kernels. Each case is one operator,
or an operator and its activation, in a .tflite file of its own; the command
that shall do the same is derived here from scales and zero points as TFLite
derives its own constants. All numbers come from a fixed seed.
"""

import math
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../models"))
from tflite_writer import (INT32, Model, NONE, RELU, RELU6, SAME, VALID)  # noqa: E402

# Where a vector's parts lie in its address space
IN, IN2, OUT, CHAN, TABLE = 0x10000, 0x20000, 0x30000, 0x40000, 0x50000

rng = random.Random(20240607)


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def int8s(n, low=-128, high=127):
    return [rng.randint(low, high) for _ in range(n)]


def size(shape):
    return math.prod(shape)


def quantize_multiplier(real):
    """TFLite's QuantizeMultiplier: (Q31 multiplier, power of two)."""
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    q = round_half_up(fraction * (1 << 31))
    if q == 1 << 31:
        q //= 2
        shift += 1
    return (0, 0) if shift < -31 else (q, shift)


def round_half_up(x):
    return math.floor(x + 0.5)


def run(model, data):
    """What TFLite's reference kernels compute."""
    with tempfile.TemporaryDirectory() as tmp:
        path = [os.path.join(tmp, n) for n in ("m.tflite", "in", "out")]
        model.write(path[0])
        with open(path[1], "wb") as f:
            f.write(struct.pack("%db" % len(data), *data))
        subprocess.run([TFL, "run", path[0], "ref", "1", path[1], path[2]], check=True)
        with open(path[2], "rb") as f:
            out = f.read()
    return list(struct.unpack("%db" % len(out), out))


# What is written: commands as C initializers, data as C arrays


class Vector:
    def __init__(self, name, member, opcode):
        self.name, self.member, self.opcode = name, member, opcode
        self.fields, self.data, self.want = [], [], None

    def field(self, name, value):
        self.fields.append(".%s = %s" % (name, value))

    def tensor(self, name, addr, shape, strides=None):
        shape = [1] * (4 - len(shape)) + list(shape)
        if strides is None:
            strides = [size(shape[i + 1:]) for i in range(4)]
        self.field(name, "{ %#x, { %s }, { %s } }" % (addr, ", ".join(map(str, shape)),
                                                      ", ".join(map(str, strides))))

    def put(self, addr, values, ctype="int8_t"):
        self.data.append((addr, ctype, values))

    def chan(self, rows):
        self.put(CHAN, [v for row in rows for v in row], "int32_t")


vectors = []


def new(name, member, opcode):
    vectors.append(Vector(name, member, opcode))
    return vectors[-1]


def clamp_of(activation, scale, zero):
    """TFLite's CalculateActivationRangeQuantized for int8."""
    low, high = -128, 127
    if activation in (RELU, RELU6):
        low = max(low, zero + round_half_up(0.0 / f32(scale)))
    if activation == RELU6:
        high = min(high, zero + round_half_up(6.0 / f32(scale)))
    return low, high


def same_padding(in_size, out_size, kernel, stride, dilation):
    return max(0, (out_size - 1) * stride + (kernel - 1) * dilation + 1 - in_size) // 2


def out_size(in_size, kernel, stride, dilation, padding):
    if padding == SAME:
        return -(-in_size // stride)
    return -(-(in_size - (kernel - 1) * dilation) // stride)


def table_of(name, in_scale, in_zero, out_scale, out_zero, **options):
    """An activation's results for all 256 values, from TFLite."""
    m = Model()
    x = m.tensor("x", [1, 256], scale=in_scale, zero_point=in_zero)
    y = m.tensor("y", [1, 256], scale=out_scale, zero_point=out_zero)
    m.op(name, [x], [y], **options)
    m.inputs, m.outputs = [x], [y]
    return run(m, list(range(-128, 128)))


def conv(name, shape, oc, kernel, stride=(1, 1), dilation=(1, 1), padding=SAME, activation=NONE,
         groups=1, per_channel=False, depthwise=False, brick=True, leaky=False, zero=None):
    """CONV_2D or DEPTHWISE_CONV_2D, and possibly LEAKY_RELU as a table."""
    _, h, w, ic = shape
    kh, kw = kernel
    in_zero = rng.randint(-128, 127) if zero is None else zero
    in_scale, out_scale, out_zero = 0.02, 0.05, rng.randint(-100, 100)
    scales = [0.004 * (1 + rng.random()) for _ in range(oc)] if per_channel else 0.006
    oh = out_size(h, kh, stride[0], dilation[0], padding)
    ow = out_size(w, kw, stride[1], dilation[1], padding)
    out_shape = [shape[0], oh, ow, oc]
    depth = kh * kw * ic // groups
    weights = int8s(oc * depth)  # o, ky, kx, i
    bias = [rng.randint(-3000, 3000) for _ in range(oc)]
    data = int8s(size(shape))

    m = Model()
    x = m.tensor("x", shape, scale=in_scale, zero_point=in_zero)
    if depthwise:
        flat = [weights[o * depth + k] for k in range(depth) for o in range(oc)]
        wt = m.tensor("w", [1, kh, kw, oc], data=flat, scale=scales, zero_point=0, axis=3)
    else:
        wt = m.tensor("w", [oc, kh, kw, ic // groups], data=weights, scale=scales, zero_point=0)
    per = scales if per_channel else [scales] * oc
    bias_scales = [f32(in_scale) * f32(s) for s in per] if per_channel else \
        f32(in_scale) * f32(scales)
    b = m.tensor("b", [oc], INT32, data=bias, scale=bias_scales)
    y = m.tensor("y", out_shape, scale=out_scale, zero_point=out_zero)
    options = dict(padding=padding, stride_h=stride[0], stride_w=stride[1], activation=activation,
                   dilation_h=dilation[0], dilation_w=dilation[1])
    if depthwise:
        options["depth_multiplier"] = oc // ic
    m.op("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", [x, wt, b], [y], **options)
    m.inputs, m.outputs = [x], [y]
    v = new(name, "conv", "CONV")
    if leaky:
        z = m.tensor("z", out_shape, scale=0.04, zero_point=-20)
        m.op("LEAKY_RELU", [y], [z], alpha=0.1)
        m.outputs = [z]
        v.put(TABLE, table_of("LEAKY_RELU", out_scale, out_zero, 0.04, -20, alpha=0.1))
    v.want = run(m, data)

    v.put(IN, data)
    if brick:
        quads = -(-ic // 4)
        bricks = [0] * (-(-oc // 16) * kh * kw * quads * 64)
        for o in range(oc):
            for k in range(kh * kw):
                for i in range(ic):
                    at = ((o // 16 * kh * kw + k) * quads + i // 4) * 16 + o % 16
                    bricks[at * 4 + i % 4] = weights[o * depth + k * ic + i]
        v.put(IN2, bricks)
    else:
        v.put(IN2, weights)
    v.chan([(bias[o],) + quantize_multiplier(f32(in_scale) * f32(per[o]) / f32(out_scale))
            for o in range(oc)])
    low, high = clamp_of(activation, out_scale, out_zero)
    v.tensor("in", IN, shape)
    v.tensor("out", OUT, out_shape)
    v.field("output", "{ .chan = %#x, .table = %#x, .zero_point = %d, .min = %d, .max = %d }" %
            (CHAN, TABLE if leaky else 0, out_zero, low, high))
    v.field("weights", "%#x" % IN2)
    v.field("kernel", "{ %d, %d }" % kernel)
    v.field("stride", "{ %d, %d }" % stride)
    v.field("dilation", "{ %d, %d }" % dilation)
    pad = (0, 0)
    if padding == SAME:
        pad = (same_padding(h, oh, kh, stride[0], dilation[0]),
               same_padding(w, ow, kw, stride[1], dilation[1]))
    v.field("pad", "{ %d, %d }" % pad)
    v.field("groups", groups)
    v.field("in_zero_point", in_zero)
    v.field("pad_value", in_zero)
    v.field("weight_format", "V3NPU_WEIGHTS_BRICK" if brick else "V3NPU_WEIGHTS_OHWI")


def matmul(name, batch, rows, columns, depth, a_zero, b_zero):
    """BATCH_MATMUL of two activations, both slices of the model's input."""
    a_size, b_size = batch * rows * depth, batch * columns * depth
    data = int8s(a_size + b_size)
    out_scale, out_zero = 0.4, 11
    m = Model()
    # TFLite wants equal scales of what it slices; zero points differ by QUANTIZE
    x = m.tensor("x", [a_size + b_size], scale=0.02, zero_point=a_zero)
    a1 = m.tensor("a1", [a_size], scale=0.02, zero_point=a_zero)
    b1 = m.tensor("b1", [b_size], scale=0.02, zero_point=a_zero)
    b2 = m.tensor("b2", [b_size], scale=0.02, zero_point=b_zero)
    a = m.tensor("a", [batch, rows, depth], scale=0.02, zero_point=a_zero)
    b = m.tensor("b", [batch, columns, depth], scale=0.02, zero_point=b_zero)
    y = m.tensor("y", [batch, rows, columns], scale=out_scale, zero_point=out_zero)
    m.op("SLICE", [x, m.int32([0]), m.int32([a_size])], [a1])
    m.op("SLICE", [x, m.int32([a_size]), m.int32([b_size])], [b1])
    m.op("QUANTIZE", [b1], [b2])
    m.op("RESHAPE", [a1, m.int32([batch, rows, depth])], [a], new_shape=[batch, rows, depth])
    m.op("RESHAPE", [b2, m.int32([batch, columns, depth])], [b], new_shape=[batch, columns, depth])
    m.op("BATCH_MATMUL", [a, b], [y], adj_x=0, adj_y=1)
    m.inputs, m.outputs = [x], [y]
    v = new(name, "matmul", "MATMUL")
    v.want = run(m, data)
    moved = [max(-128, min(127, q - a_zero + b_zero)) for q in data[a_size:]]
    v.put(IN, data[:a_size])
    v.put(IN2, moved)
    v.chan([(0,) + quantize_multiplier(f32(0.02) * f32(0.02) / f32(out_scale))])
    v.tensor("a", IN, [batch, 1, rows, depth])
    v.tensor("b", IN2, [batch, 1, columns, depth])
    v.tensor("out", OUT, [batch, 1, rows, columns])
    v.field("output", "{ .chan = %#x, .zero_point = %d, .min = -128, .max = 127, "
            ".flags = V3NPU_OUTPUT_PER_TENSOR }" % (CHAN, out_zero))
    v.field("a_zero_point", a_zero)
    v.field("b_zero_point", b_zero)


def eltwise(name, op, shape, shape2=None, scales=(0.03, 0.05, 0.07), zeros=(-10, 20, 5),
            activation=NONE):
    """ADD, SUB, MUL, MAXIMUM or MINIMUM with a constant second operand."""
    shape2 = shape2 or shape
    data, other = int8s(size(shape)), int8s(size(shape2))
    compares = op in ("MAX", "MIN")
    if compares:
        scales, zeros = (0.03,) * 3, (7,) * 3
    m = Model()
    x = m.tensor("x", shape, scale=scales[0], zero_point=zeros[0])
    c = m.tensor("c", shape2, data=other, scale=scales[1], zero_point=zeros[1])
    y = m.tensor("y", shape, scale=scales[2], zero_point=zeros[2])
    options = {} if compares else {"activation": activation}
    m.op(op + "IMUM" if compares else op, [x, c], [y], **options)
    m.inputs, m.outputs = [x], [y]
    v = new(name, "eltwise", "ELTWISE")
    v.want = run(m, data)
    v.put(IN, data)
    v.put(IN2, other)
    strides = [0 if d == 1 else size(shape2[i + 1:]) for i, d in enumerate(shape2)]
    v.tensor("in[0]", IN, shape)
    v.tensor("in[1]", IN2, shape, strides)
    v.tensor("out", OUT, shape)
    s = [f32(x) for x in scales]
    if op in ("ADD", "SUB"):
        twice = 2 * max(s[0], s[1])
        operands = [quantize_multiplier(k / twice) for k in s[:2]]
        result = quantize_multiplier(twice / ((1 << 20) * s[2]))
        v.field("left_shift", 20)
    else:
        operands = [(0, 0)] * 2
        result = (0, 0) if compares else quantize_multiplier(s[0] * s[1] / s[2])
    for i in range(2):
        v.field("operand[%d]" % i, "{ %d, %d, %d, { 0 } }" %
                (operands[i] + (0 if compares else zeros[i],)))
    v.field("multiplier", result[0])
    v.field("shift", result[1])
    v.field("op", "V3NPU_ELTWISE_" + op)
    v.field("zero_point", 0 if compares else zeros[2])
    low, high = clamp_of(activation, scales[2], zeros[2])
    v.field("min", low)
    v.field("max", high)


def pool(name, op, shape, kernel, stride, padding, activation=NONE):
    _, h, w, c = shape
    oh = out_size(h, kernel[0], stride[0], 1, padding)
    ow = out_size(w, kernel[1], stride[1], 1, padding)
    data = int8s(size(shape))
    m = Model()
    x = m.tensor("x", shape, scale=0.05, zero_point=-7)
    y = m.tensor("y", [shape[0], oh, ow, c], scale=0.05, zero_point=-7)
    m.op(op + "_POOL_2D", [x], [y], padding=padding, stride_h=stride[0], stride_w=stride[1],
         filter_height=kernel[0], filter_width=kernel[1], activation=activation)
    m.inputs, m.outputs = [x], [y]
    v = new(name, "pool", "POOL")
    v.want = run(m, data)
    v.put(IN, data)
    v.tensor("in", IN, shape)
    v.tensor("out", OUT, [shape[0], oh, ow, c])
    v.field("kernel", "{ %d, %d }" % kernel)
    v.field("stride", "{ %d, %d }" % stride)
    pad = (0, 0)
    if padding == SAME:
        pad = (same_padding(h, oh, kernel[0], stride[0], 1),
               same_padding(w, ow, kernel[1], stride[1], 1))
    v.field("pad", "{ %d, %d }" % pad)
    v.field("op", "V3NPU_POOL_MAX" if op == "MAX" else "V3NPU_POOL_AVG")
    low, high = clamp_of(activation, 0.05, -7)
    v.field("min", low)
    v.field("max", high)


def softmax(name, rows, depth, scale, beta=1.0, spread=127):
    data = int8s(rows * depth, -spread, spread)
    m = Model()
    x = m.tensor("x", [1, 1, rows, depth], scale=scale, zero_point=3)
    y = m.tensor("y", [1, 1, rows, depth], scale=1 / 256, zero_point=-128)
    m.op("SOFTMAX", [x], [y], beta=beta)
    m.inputs, m.outputs = [x], [y]
    v = new(name, "softmax", "SOFTMAX")
    v.want = run(m, data)
    v.put(IN, data)
    # PreprocessSoftmaxScaling and CalculateInputRadius with 5 integer bits
    multiplier, shift = quantize_multiplier(min(beta * f32(scale) * (1 << 26), 2.0 ** 31 - 1))
    v.tensor("in", IN, [rows, depth])
    v.tensor("out", OUT, [rows, depth])
    v.field("multiplier", multiplier)
    v.field("shift", shift)
    v.field("diff_min", -(31 * (1 << 26) // (1 << shift)))


def resize(name, shape, oh, ow, align=False, half=False):
    data = int8s(size(shape))
    m = Model()
    x = m.tensor("x", shape, scale=0.05, zero_point=-7)
    y = m.tensor("y", [shape[0], oh, ow, shape[3]], scale=0.05, zero_point=-7)
    m.op("RESIZE_NEAREST_NEIGHBOR", [x, m.int32([oh, ow])], [y], align_corners=align,
         half_pixel_centers=half)
    m.inputs, m.outputs = [x], [y]
    v = new(name, "resize", "RESIZE")
    v.want = run(m, data)
    v.put(IN, data)
    v.tensor("in", IN, shape)
    v.tensor("out", OUT, [shape[0], oh, ow, shape[3]])
    v.field("flags", "V3NPU_RESIZE_ALIGN_CORNERS" if align else
            "V3NPU_RESIZE_HALF_PIXEL" if half else 0)


def activation(name, op, in_scale, in_zero, out_scale, out_zero, **options):
    """A function of one element as a table, on other elements than the table was made with."""
    data = int8s(300)
    m = Model()
    x = m.tensor("x", [1, 300], scale=in_scale, zero_point=in_zero)
    y = m.tensor("y", [1, 300], scale=out_scale, zero_point=out_zero)
    m.op(op, [x], [y], **options)
    m.inputs, m.outputs = [x], [y]
    v = new(name, "copy", "COPY")
    v.want = run(m, data)
    v.put(IN, data)
    v.put(TABLE, table_of(op, in_scale, in_zero, out_scale, out_zero, **options))
    v.tensor("in", IN, [300])
    v.tensor("out", OUT, [300])
    v.field("table", "%#x" % TABLE)


def transpose(name, shape, order):
    data = int8s(size(shape))
    out_shape = [shape[i] for i in order]
    m = Model()
    x = m.tensor("x", shape, scale=0.05, zero_point=-7)
    y = m.tensor("y", out_shape, scale=0.05, zero_point=-7)
    m.op("TRANSPOSE", [x, m.int32(order)], [y])
    m.inputs, m.outputs = [x], [y]
    v = new(name, "copy", "COPY")
    v.want = run(m, data)
    v.put(IN, data)
    strides = [size(shape[i + 1:]) for i in range(4)]
    v.tensor("in", IN, out_shape, [strides[i] for i in order])
    v.tensor("out", OUT, out_shape)


def make():
    conv("convolution 3x3", [1, 8, 9, 3], 18, (3, 3))
    conv("convolution 3x3, stride 2, ReLU", [1, 8, 10, 5], 16, (3, 3), (2, 2), activation=RELU)
    conv("convolution 5x3, valid, ReLU6", [2, 7, 8, 4], 7, (5, 3), (1, 2), padding=VALID,
         activation=RELU6)
    conv("convolution, dilation 2x3", [1, 9, 10, 6], 9, (3, 3), dilation=(2, 3))
    conv("convolution 1x1, 33 channels", [1, 5, 13, 37], 33, (1, 1), zero=-128)
    conv("convolution, per channel", [1, 6, 6, 8], 20, (3, 3), per_channel=True)
    conv("convolution, OHWI", [1, 6, 6, 7], 20, (3, 3), brick=False)
    conv("convolution, 4 groups", [1, 6, 6, 12], 8, (3, 3), groups=4, brick=False)
    conv("convolution, LeakyReLU", [1, 8, 8, 8], 16, (3, 3), leaky=True)
    conv("depthwise convolution", [1, 7, 7, 20], 20, (3, 3), groups=20, depthwise=True,
         brick=False, per_channel=True)
    conv("depthwise convolution, multiplier 3, stride 2", [1, 8, 8, 5], 15, (3, 3), (2, 2),
         groups=5, depthwise=True, brick=False, per_channel=True, activation=RELU)
    matmul("product", 1, 9, 17, 32, 0, 0)
    matmul("products with zero points", 2, 5, 6, 21, -9, 30)
    eltwise("sum", "ADD", [1, 4, 5, 12])
    eltwise("sum, ReLU", "ADD", [1, 4, 5, 12], activation=RELU, scales=(0.5, 0.002, 0.3))
    eltwise("sum, broadcast over h and w", "ADD", [2, 4, 5, 12], [1, 1, 1, 12])
    eltwise("difference", "SUB", [1, 4, 5, 12], scales=(0.01, 0.03, 0.04))
    eltwise("difference with a scalar", "SUB", [1, 4, 5, 12], [1, 1, 1, 1])
    eltwise("element product", "MUL", [1, 4, 5, 12])
    eltwise("element product, broadcast over c, ReLU6", "MUL", [1, 4, 5, 12], [1, 4, 5, 1],
            activation=RELU6)
    eltwise("maximum", "MAX", [1, 4, 5, 12])
    eltwise("minimum, broadcast over h", "MIN", [1, 4, 5, 12], [1, 1, 5, 12])
    pool("maximum over 5x5", "MAX", [1, 9, 8, 6], (5, 5), (1, 1), SAME)
    pool("maximum over 2x3, stride 2, ReLU6", "MAX", [2, 8, 9, 5], (2, 3), (2, 2), VALID, RELU6)
    pool("average over 3x3", "AVERAGE", [1, 7, 8, 6], (3, 3), (1, 1), SAME)
    pool("average over 4x2, stride 3x2, ReLU", "AVERAGE", [1, 9, 9, 6], (4, 2), (3, 2), SAME, RELU)
    softmax("softmax over 16", 20, 16, 0.144007757, spread=15)
    softmax("softmax over 400", 3, 400, 0.0604584105, spread=60)
    softmax("softmax over 7, beta 0.5", 30, 7, 0.01, 0.5)
    softmax("softmax, steep", 10, 16, 1.7)
    resize("resize by 2", [1, 4, 5, 6], 8, 10)
    resize("resize by odd factors", [1, 5, 7, 3], 13, 4)
    resize("resize, aligned corners", [1, 5, 7, 3], 9, 11, align=True)
    resize("resize, half pixel centers", [1, 5, 7, 3], 12, 3, half=True)
    activation("logistic as a table", "LOGISTIC", 0.1, 32, 1 / 256, -128)
    activation("requantization as a table", "QUANTIZE", 0.03, -5, 0.021, 9)
    activation("LeakyReLU as a table", "LEAKY_RELU", 0.07, 13, 0.05, -40, alpha=0.1)
    activation("hard swish as a table", "HARD_SWISH", 0.05, -3, 0.04, -110)
    transpose("transposition", [2, 3, 5, 7], [0, 3, 1, 2])


def write_array(out, ctype, name, values):
    out.write("static const %s %s[] = {" % (ctype, name))
    for i, value in enumerate(values):
        out.write("%s%d," % ("\n\t" if i % 24 == 0 else "", value))
    out.write("\n};\n")


def write(out):
    out.write("/* SPDX-License-Identifier: MIT */\n"
              "/* Made by make-vectors.py: operators and TensorFlow Lite's results. */\n\n")
    for n, v in enumerate(vectors):
        for k, (_, ctype, values) in enumerate(v.data):
            write_array(out, ctype, "v%d_data%d" % (n, k), values)
        write_array(out, "int8_t", "v%d_want" % n, v.want)
    out.write("\nstatic const struct vector vectors[] = {\n")
    for n, v in enumerate(vectors):
        out.write("\t{\n\t\t.name = \"%s\",\n" % v.name)
        out.write("\t\t.cmd.%s = {\n\t\t\t.hdr = { V3NPU_OP_%s, "
                  "sizeof(struct v3npu_cmd_%s), %d },\n" % (v.member, v.opcode, v.member, n))
        for field in v.fields:
            out.write("\t\t\t%s,\n" % field)
        out.write("\t\t},\n\t\t.data = {\n")
        for k, (addr, _, _) in enumerate(v.data):
            out.write("\t\t\t{ %#x, v%d_data%d, sizeof(v%d_data%d) },\n" % (addr, n, k, n, k))
        out.write("\t\t},\n\t\t.want = v%d_want,\n\t\t.want_size = sizeof(v%d_want),\n\t},\n" %
                  (n, n))
    out.write("};\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    TFL = os.path.abspath(sys.argv[1])
    make()
    write(sys.stdout)
