# SPDX-License-Identifier: MIT
"""Random convolutions and products: the MAC array's operators."""

import math

from net import MAX_MACS, Skip, Value, product
from tflite_writer import NONE, RELU, RELU6, RELU_N1_TO_1, SAME, VALID

TYPICAL = 74        # standard deviation of a random int8 value
ACTIVATIONS = [NONE, NONE, NONE, RELU, RELU6, RELU_N1_TO_1]


def window(size, kernel, stride, dilation, padding):
    """Elements of a convolution's or pooling's result along one dimension."""
    span = (kernel - 1) * dilation + 1
    if padding == SAME:
        return -(-size // stride)
    if span > size:
        raise Skip
    return (size - span) // stride + 1


def kernel_size(c, size, padding):
    """Mostly 1 or 3, and within the image unless it is padded."""
    k = c.pick([1, 1, 3, 3, 3, 2, 5, 4, 7])
    return k if padding == SAME else min(k, size)


def weights(n, c, v, shape, channels, axis, depth, symmetric=True, need_bias=False,
            per_channel=True):
    """Weights, the output's quantization and a bias: sums of depth products that neither
    saturate all nor vanish."""
    factor = 60 / (math.sqrt(depth) * TYPICAL * TYPICAL) * c.factor()
    scale, zero_point = n.quant(c, v.scale * 0.004 / factor)
    natural = factor * scale / v.scale
    if per_channel and n.kind != "uint8" and c.chance(35):
        rng = n.random("scales")
        scales = [natural * rng.choice([0.3, 0.7, 1, 1.4]) for _ in range(channels)]
        zeros = [0] * channels
    else:
        scales, zeros = natural, 0
        if n.kind == "uint8" and c.chance(75) or not symmetric and c.chance(15):
            zeros = c.zero_point()
    w = Value(n.tensor("weights", shape, scales, zeros, n.data(c, product(shape)), axis), shape,
              None, None)
    in_w = [v.scale * s for s in scales] if isinstance(scales, list) else v.scale * scales
    if not need_bias and c.chance(15):
        return [w], (scale, zero_point)
    bias = n.bias(c, channels, math.sqrt(depth) * TYPICAL * TYPICAL, in_w)
    return [w, bias], (scale, zero_point)


def window_options(n, c, v, dilate=True):
    """Kernel, result's height and width, and the operator's options."""
    padding = c.pick([SAME, VALID])
    kernel = [kernel_size(c, size, padding) for size in v.shape[1:3]]
    stride = [c.pick([1, 1, 1, 2, 3]) for _ in range(2)] if c.chance(50) else [1, 1]
    dilation = [1, 1]
    if dilate and c.chance(20):
        dilation = [c.pick([1, 2, 3]) for _ in range(2)]
    out = [window(*args, padding) for args in zip(v.shape[1:3], kernel, stride, dilation)]
    options = {"padding": padding, "stride_h": stride[0], "stride_w": stride[1],
               "activation": c.pick(ACTIVATIONS)}
    if dilate:
        options.update(dilation_h=dilation[0], dilation_w=dilation[1])
    return kernel, out, options


def conv(n, c):
    v = n.value(c, 4)
    kernel, out, options = window_options(n, c, v)
    depth = v.shape[3]
    groups = c.pick([g for g in range(1, depth + 1) if depth % g == 0]) if c.chance(20) else 1
    channels = groups * c.dim(80 // groups) if groups <= 80 else groups
    taps = product(kernel) * depth // groups
    if v.shape[0] * product(out) * channels * taps > MAX_MACS:
        raise Skip
    operands, quant = weights(n, c, v, [channels, *kernel, depth // groups], channels, 0, taps,
                              need_bias=True)
    n.op("CONV_2D", [v] + operands, [v.shape[0], *out, channels], quant, **options)


def grouped_piece(n, c, part, groups, channels, kernel, quant):
    """Weights and bias of one piece of unrolled_conv, for any number of its groups."""
    depth = product(kernel) * part.shape[3] // groups
    factor = 60 / (math.sqrt(depth) * TYPICAL * TYPICAL) * c.factor()
    scale = factor * quant[0] / part.scale
    shape = [channels, *kernel, part.shape[3] // groups]
    zero = c.pick([0, 0, 5, -90]) if n.kind == "uint8" else 0
    w = Value(n.tensor("weights", shape, scale, zero, n.data(c, product(shape))), shape, None,
              None)
    return [w, n.bias(c, channels, math.sqrt(depth) * TYPICAL * TYPICAL, part.scale * scale)]


def unrolled_conv(n, c):
    """A grouped convolution, as some exporters take it apart; or nearly one."""
    v = n.value(c, 4)
    kernel, out, options = window_options(n, c, v)
    width = c.pick([w for w in range(1, v.shape[3] + 1) if v.shape[3] % w == 0])
    per_group, count = c.pick([1, 1, 2, 3, 17]), v.shape[3] // width
    if count < 2 or count > 12:
        raise Skip
    if v.shape[0] * product(out) * count * per_group * product(kernel) * width > MAX_MACS:
        raise Skip
    sizes = [1] * count         # groups of each piece
    while len(sizes) > 2 and c.chance(20):
        sizes[0] += sizes.pop()
    parts = n.op_many("SPLIT_V", [v, n.ints([width * s for s in sizes]), n.ints([3], [])],
                      [[*v.shape[:3], width * s] for s in sizes], v, num_splits=len(sizes))
    if c.chance(10):
        parts.reverse()
    quant, pieces = n.quant(c, v.scale), []
    for part in parts:
        groups = part.shape[3] // width
        operands = grouped_piece(n, c, part, groups, groups * per_group, kernel, quant)
        pieces.append(n.op("CONV_2D", [part] + operands, [v.shape[0], *out, groups * per_group],
                           quant, **options))
    axis = c.pick([3, 3, 3, 3, 2])
    if axis == 2 and len(set(sizes)) > 1:
        raise Skip
    shape = list(pieces[0].shape)
    shape[axis] = sum(p.shape[axis] for p in pieces)
    n.op("CONCATENATION", pieces, shape, pieces[0], axis=axis)


def depthwise_conv(n, c):
    v = n.value(c, 4)
    kernel, out, options = window_options(n, c, v)
    multiplier = c.pick([1, 1, 1, 2, 3, 8])
    channels = v.shape[3] * multiplier
    operands, quant = weights(n, c, v, [1, *kernel, channels], channels, 3, product(kernel))
    n.op("DEPTHWISE_CONV_2D", [v] + operands, [v.shape[0], *out, channels], quant,
         depth_multiplier=multiplier, **options)


def transpose_conv(n, c):
    v = n.value(c, 4)
    padding = c.pick([SAME, VALID])
    kernel = [c.pick([1, 2, 3, 4, 5]) for _ in range(2)]
    stride = [c.pick([1, 2, 2, 3]) for _ in range(2)]
    if padding == SAME:
        out = [s * i - c.below(s) for s, i in zip(stride, v.shape[1:3])]
    else:
        out = [s * (i - 1) + k + c.below(s) if k <= s else s * (i - 1) + k
               for s, i, k in zip(stride, v.shape[1:3], kernel)]
        out = [min(o, s * i + k - s) if k > s else s * (i - 1) + k
               for o, s, i, k in zip(out, stride, v.shape[1:3], kernel)]
    channels = c.dim(40)
    if product(v.shape) * product(kernel) * channels > MAX_MACS:
        raise Skip
    depth = v.shape[3] * max(1, product(kernel) // product(stride))
    operands, quant = weights(n, c, v, [channels, *kernel, v.shape[3]], channels, 0, depth)
    shape = [v.shape[0], *out, channels]
    n.check(shape)
    n.op("TRANSPOSE_CONV", [n.ints(shape), operands[0], v] + operands[1:], shape, quant,
         padding=padding, stride_h=stride[0], stride_w=stride[1])


def fully_connected(n, c):
    v = n.value(c, c.pick([2, 2, 4, 3]))
    depth, units = v.shape[-1], c.dim()
    keep = len(v.shape) != 2 and c.chance(50)
    rows = product(v.shape) // depth
    if not keep and len(v.shape) > 2 and c.chance(50):
        depth, rows = product(v.shape[1:]), v.shape[0]
    if rows * depth * units > MAX_MACS or depth * units > 40000:
        raise Skip
    # TFLite's kernel with scales per channel takes every output for a matrix
    operands, quant = weights(n, c, v, [units, depth], units, 0, depth, symmetric=False,
                              per_channel=not keep)
    if len(operands) == 1:
        operands.append(Value(-1, None, None, None))
    n.op("FULLY_CONNECTED", [v] + operands, (v.shape[:-1] if keep else [rows]) + [units], quant,
         keep_num_dims=int(keep), activation=c.pick(ACTIVATIONS))


def product_scale(n, c, a, b, depth):
    """Quantization for sums of depth products of two activations."""
    natural = a.scale * b.scale * math.sqrt(depth) * TYPICAL
    return natural * c.factor(), n.quant(c)[1]


def activations_product(n, c):
    """FULLY_CONNECTED whose weights are computed, as attention is exported."""
    a = n.value(c, 2)
    units = c.dim()
    b = n.input(c, [units, a.shape[1]])
    if c.chance(50):
        b = n.op("TRANSPOSE", [n.input(c, [a.shape[1], units]), n.ints([1, 0])],
                 [units, a.shape[1]], n.values[-1])
    if product(a.shape) * units > MAX_MACS:
        raise Skip
    n.op("FULLY_CONNECTED", [a, b, Value(-1, None, None, None)], [a.shape[0], units],
         product_scale(n, c, a, b, a.shape[1]), activation=c.pick(ACTIVATIONS))


def batch_matmul(n, c):
    a = n.value(c, c.pick([3, 4, 2]))
    adj_x, adj_y = int(c.chance(25)), int(c.chance(40))
    rows, depth = reversed(a.shape[-2:]) if adj_x else a.shape[-2:]
    columns = c.dim(20)
    # With adj_x, TFLite broadcasts from memory that it did not write
    batch = [1 if not adj_x and c.chance(15) else d for d in a.shape[:-2]]
    shape = batch + ([columns, depth] if adj_y else [depth, columns])
    out = a.shape[:-2] + [rows, columns]
    n.check(shape)
    n.check(out)
    if product(out) * depth > MAX_MACS:
        raise Skip
    b = n.const(c, shape) if c.chance(40) else n.input(c, shape)
    n.op("BATCH_MATMUL", [a, b], out, product_scale(n, c, a, b, depth), adj_x=adj_x, adj_y=adj_y)


OPERATORS = {
    "conv": (conv, 6), "unrolled_conv": (unrolled_conv, 2), "depthwise": (depthwise_conv, 4),
    "transpose_conv": (transpose_conv, 2), "fc": (fully_connected, 3),
    "fc_activations": (activations_product, 2), "batch_matmul": (batch_matmul, 2),
}
