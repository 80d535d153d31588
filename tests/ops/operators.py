#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small models of the operators beyond those of the V3 detectors, for tests/ops/test.

  operators.py models DIR         writes them and their inputs, as tests/compiler/ops.py does
  operators.py expected TFL DIR   prints operators.expected: what TensorFlow Lite's reference
                                  kernels compute for them; TFL is ../shared/oracle/tfl

networks.py has whole networks, uint8.py models of that type.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../compiler"))
import ops  # noqa: E402
from ops import INT32, RELU, RELU6, SAME, VALID, add, case, fully_connected, product  # noqa: E402

ops.CASES.clear()
import networks  # noqa: E402, F401
import shapes  # noqa: E402, F401
import uint8  # noqa: E402, F401

ALL = bytes((v - 128) % 256 for v in range(256))


# Functions of one value: all 256 of them, on several scales

def function(name, op, scale, zero, out_scale, out_zero, **options):
    add(name, "COPY", lambda n: [n.op(op, [n.input([256], scale, zero, ALL)], [256], out_scale,
                                      out_zero, **options)])


for name, scale, zero, out_scale, out_zero in (
        ("", 0.05, -3, 0.04, 7), ("_fine", 0.011, 20, 0.009, -70),
        ("_coarse", 0.3, -90, 0.21, -100)):
    for op in ("ELU", "HARD_SWISH", "RELU_0_TO_1", "ABS"):
        function(op.lower() + name, op, scale, zero, out_scale, out_zero)
    function("tanh" + name, "TANH", scale, zero, 1 / 128, 0)
    function("exp" + name, "EXP", scale / 8, zero, 0.03, -128)
    function("gelu" + name, "GELU", scale, zero, out_scale, out_zero)
    function("gelu_tanh" + name, "GELU", scale, zero, out_scale, out_zero, approximate=1)
function("abs_same", "ABS", 0.05, -3, 0.05, 4)
function("hard_swish_shift", "HARD_SWISH", 0.0005, 3, 0.0004, -5)


def by_hand(name, op, real, scale, zero, out_scale, out_zero):
    """A function that TFLite has no int8 kernel for; no result here is near a half."""
    function(name, op, scale, zero, out_scale, out_zero)
    ops.BY_HAND[name] = lambda data: bytes(
        max(-128, min(127, round(real((((v + 128) % 256 - 128) - zero) * scale) / out_scale) +
                      out_zero)) % 256 for v in data)


by_hand("neg", "NEG", lambda x: -x, 0.05, -3, 0.043, 7)
by_hand("square", "SQUARE", lambda x: x * x, 0.05, 0, 0.13, -128)


# Transposed convolution

def transpose_conv(n, x, out, kernel=(3, 3), stride=(2, 2), padding=SAME, size=None, bias=True,
                   per_channel=False, scale=0.5, zero=4, activation=0):
    b, h, w, c = x[1]
    if size is None:
        size = [i * s if padding == SAME else (i - 1) * s + max(k, s)
                for i, k, s in zip((h, w), kernel, stride)]
    scales = [0.004 + 0.001 * (i % 7) for i in range(out)] if per_channel else 0.006
    weights = n.model.tensor("weights", [out, *kernel, c], data=n.random(out * product(kernel) * c),
                             scale=scales, zero_point=0)
    shape = [b, *size, out]
    return n.op("TRANSPOSE_CONV", [n.ints(shape), weights, x] + ([n.bias(out)] if bias else []),
                shape, scale, zero, padding=padding, stride_h=stride[0], stride_w=stride[1],
                activation=activation)


for name, commands, options in (
        ("", 4, {}), ("_valid", 4, {"padding": VALID}), ("_even", 4, {"kernel": (2, 2)}),
        ("_four", 4, {"kernel": (4, 4)}), ("_no_bias", 4, {"bias": False}),
        ("_per_channel", 4, {"per_channel": True, "bias": True}),
        ("_stride_1", 1, {"stride": (1, 1)}), ("_stride_3_2", 6, {"stride": (3, 2)}),
        ("_sparse", 9, {"stride": (3, 3), "kernel": (2, 1)}),
        ("_odd", 4, {"size": (9, 13)}), ("_large", 4, {"kernel": (5, 7), "padding": VALID}),
        ("_relu6", 4, {"activation": RELU6, "scale": 0.03})):
    add("transpose_conv" + name, " ".join(["CONV"] * commands),
        lambda n, options=options: [transpose_conv(n, n.input([2, 5, 7, 6]), 5, **options)])
add("transpose_conv_table", "CONV CONV CONV CONV", lambda n: [n.op("LEAKY_RELU", [
    transpose_conv(n, n.input([1, 5, 7, 6]), 5)], [1, 10, 14, 5], 0.4, -3, alpha=0.1)])
add("transpose_conv_concat", "CONV CONV CONV CONV CONV", lambda n: (lambda x: [n.concat([
    transpose_conv(n, n.reshape(x, [1, 5, 7, 16]), 5, scale=0.05, zero=-3),
    n.conv(n.reshape(x, [1, 10, 14, 4]), 3, scale=0.05, zero=-3)], 3)])(n.input([1, 5, 14, 8])))


# Products of batches of matrices

def two_parts(n, a, b):
    """Tensors of two shapes, cut from one input."""
    x = n.input([product(a) + product(b)])
    return (n.reshape(n.slice(x, [0], [product(a)]), a),
            n.reshape(n.slice(x, [product(a)], [product(b)]), b))


def batch_matmul(n, a, b, adj_x=0, adj_y=0, scale=0.4, zero=3):
    rows = a[1][-1] if adj_x else a[1][-2]
    columns = b[1][-2] if adj_y else b[1][-1]
    rank = max(len(a[1]), len(b[1])) - 2
    batch = [max(p, q) for p, q in zip(*([1] * (rank - len(t[1]) + 2) + list(t[1][:-2])
                                         for t in (a, b)))]
    return n.op("BATCH_MATMUL", [a, b], [*batch, rows, columns], scale, zero, adj_x=adj_x,
                adj_y=adj_y)


for name, a, b, adj_x, adj_y in (
        ("2d", [7, 13], [13, 9], 0, 0), ("3d", [3, 7, 13], [3, 13, 9], 0, 0),
        ("adj_x", [3, 13, 7], [3, 13, 9], 1, 0), ("adj_y", [3, 7, 13], [3, 9, 13], 0, 1),
        ("adj_both", [3, 13, 7], [3, 9, 13], 1, 1), ("4d", [2, 3, 7, 13], [2, 3, 13, 9], 0, 0),
        ("broadcast", [2, 3, 7, 13], [13, 9], 0, 0), ("broadcast_x", [7, 13], [4, 13, 9], 0, 0),
        ("broadcast_both", [2, 1, 7, 13], [1, 3, 13, 9], 0, 0),
        ("vector", [1, 1, 13], [1, 13, 1], 0, 0)):
    add("batch_matmul_" + name, "MATMUL", lambda n, a=a, b=b, x=adj_x, y=adj_y: [batch_matmul(
        n, *two_parts(n, a, b), x, y)])
add("batch_matmul_5d", "MATMUL MATMUL", lambda n: [batch_matmul(
    n, *two_parts(n, [2, 1, 3, 4, 5], [2, 4, 1, 5, 6]))])
add("batch_matmul_adj_broadcast", "MATMUL", lambda n: [batch_matmul(
    n, *two_parts(n, [3, 2, 13, 7], [13, 9]), 1, 0)])
add("batch_matmul_const", "MATMUL", lambda n: [batch_matmul(n, n.input([2, 7, 13]), n.const(
    [13, 9]))])


# Reductions

def reduce(n, op, x, axes, keep=0, scale=0.03, zero=9):
    drop = [a % len(x[1]) for a in axes]
    shape = [1 if i in drop else d for i, d in enumerate(x[1]) if keep or i not in drop]
    return n.op(op, [x, n.ints(axes)], shape, scale, zero, keep_dims=keep)


for name, shape, axes, keep in (
        ("hw", [2, 7, 5, 19], [1, 2], 0), ("hw_keep", [2, 7, 5, 19], [1, 2], 1),
        ("wh_keep", [2, 7, 5, 19], [2, 1], 1), ("h", [2, 7, 5, 19], [1], 0),
        ("w", [2, 7, 5, 19], [2], 1), ("c", [2, 7, 5, 19], [-1], 1), ("all", [2, 7, 5, 19],
                                                                    [0, 1, 2, 3], 0),
        ("n", [3, 4, 5, 6], [0], 0), ("nh", [3, 4, 5, 6], [0, 1], 0),
        ("nw", [3, 4, 5, 6], [0, 2], 0), ("hc", [3, 4, 5, 6], [1, 3], 0),
        ("twice", [3, 4, 5, 6], [1, -3], 0), ("1d", [37], [0], 0), ("3d", [4, 9, 11], [1], 0),
        ("long", [1, 1500, 1, 3], [1], 0), ("long_parts", [1500, 2, 3], [0, 2], 0),
        ("ones", [1, 4, 1, 6], [0, 2], 1),
        ("nhc", [3, 4, 5, 6], [0, 1, 3], 0), ("nhc_keep", [3, 4, 5, 6], [3, 1, 0], 1)):
    commands = "COPY CONV" if name in ("nw", "hc", "long_parts") else "CONV"
    add("mean_" + name, commands, lambda n, s=shape, a=axes, k=keep: [
        reduce(n, "MEAN", n.input(s), a, k)])
    add("mean_same_" + name, commands, lambda n, s=shape, a=axes, k=keep: [
        reduce(n, "MEAN", n.input(s), a, k, 0.05, -3)])
for name, shape, axes, keep in (
        ("hw", [2, 7, 5, 19], [1, 2], 0), ("hw_keep", [2, 7, 5, 19], [2, 1], 1),
        ("c", [2, 7, 5, 19], [-1], 1), ("all", [2, 7, 5, 19], [0, 1, 2, 3], 0),
        ("nc", [3, 4, 5, 6], [0, 3], 0), ("long", [1, 1500, 1, 3], [1], 0), ("1d", [37], [0], 0),
        ("ones", [1, 4, 1, 6], [0, 2], 1)):
    commands = "COPY POOL" if name[:2] in ("hw", "nc") else "POOL"
    add("reduce_max_" + name, commands, lambda n, s=shape, a=axes, k=keep: [
        reduce(n, "REDUCE_MAX", n.input(s), a, k, 0.05, -3)])
for name, shape, index, dims, out, count in (
        ("rows", [5, 3, 2], [4, 0, 0], [3, 1], [3, 3, 2], 3),
        ("elements", [3, 4], [2, 3, 0, 0, 1, 2], [3, 2], [3], 3),
        ("one", [3, 4, 2], [1, 3], [2], [2], 1),
        ("all", [3, 4], [2, 1, 0, 3], [2, 1, 2], [2, 1], 2)):
    commands = " ".join(["COPY"] * count)
    add("gather_nd_" + name, commands, lambda n, s=shape, i=index, d=dims, o=out: [
        n.op("GATHER_ND", [n.input(s), n.ints(i, d)], o)])
add("mean_6d", "COPY COPY COPY COPY CONV", lambda n: [reduce(n, "MEAN", n.input(
    [2, 3, 2, 4, 2, 5]), [1, 3, 5], 1)])
add("mean_coarse", "CONV", lambda n: [reduce(n, "MEAN", n.input([1, 8, 8, 6]), [1, 2], 1, 2.0, 0)])
add("mean_fine", "CONV", lambda n: [reduce(n, "MEAN", n.input([1, 8, 8, 6]), [1, 2], 1, 0.001, 0)])
for op in ("ARG_MAX", "ARG_MIN"):
    for name, shape, axis, kind in (("c", [2, 3, 4, 25], -1, INT32), ("h", [2, 9, 4, 3], 1, INT32),
                                    ("long", [1, 300], 1, INT32), ("i64", [4, 30], 1, 4),
                                    ("1d", [50], 0, INT32)):
        def build(n, op=op, shape=shape, axis=axis, kind=kind):
            x = n.input(shape)
            out = n.model.tensor("index", [d for i, d in enumerate(shape)
                                           if i != axis % len(shape)], kind)
            n.model.op(op, [x[0], n.ints([axis], [])], [out], output_type=kind)
            return [(out,)]
        add("%s_%s" % (op.lower(), name), "ARGMAX", build)


# Where elements go

for op, shape, out in (("SPACE_TO_DEPTH", [2, 6, 9, 5], [2, 2, 3, 45]),
                       ("DEPTH_TO_SPACE", [2, 2, 3, 45], [2, 6, 9, 5])):
    add(op.lower(), "COPY", lambda n, op=op, shape=shape, out=out: [n.op(
        op, [n.input(shape)], out, block_size=3)])
add("space_to_batch", "COPY COPY COPY COPY", lambda n: [n.op("SPACE_TO_BATCH_ND", [
    n.input([1, 7, 9, 4]), n.ints([2, 3]), n.ints([0, 1, 2, 1], [2, 2])], [6, 4, 4, 4])])
add("batch_to_space", "COPY COPY COPY", lambda n: [n.op("BATCH_TO_SPACE_ND", [
    n.input([6, 4, 4, 4]), n.ints([2, 3]), n.ints([0, 1, 2, 1], [2, 2])], [1, 7, 9, 4])])
for name, copies, indices, shape, axis in (
        ("rows", 3, [4, 0, 1, 2, 2], [5, 3], 0), ("channels", 4, [7, 5, 3, 1], [2, 3, 8], -1),
        ("table", 3, [[1, 2], [6, 0]], [4, 7, 3], 1), ("one", 1, 3, [4, 7, 3], 1),
        ("run", 1, [2, 3, 4], [4, 7, 3], 1), ("steps", 2, [0, 3, 6, 1, 2], [4, 7, 3], 1)):
    def build(n, indices=indices, shape=shape, axis=axis):
        x = n.input(shape)
        flat, dims = indices, []
        if isinstance(indices, int):
            flat = [indices]
        elif isinstance(indices[0], list):
            flat, dims = sum(indices, []), [len(indices), len(indices[0])]
        else:
            dims = [len(indices)]
        a = axis % len(shape)
        return [n.op("GATHER", [x, n.ints(flat, dims)], shape[:a] + dims + shape[a + 1:],
                     axis=axis)]
    add("gather_" + name, " ".join(["COPY"] * copies), build)
for mode in (0, 1):
    def build(n, mode=mode):
        amounts = [(0, 0), (2, 1), (1, 3), (0, 0)]
        x = n.input([1, 5, 6, 3])
        flat = [v for pair in amounts for v in pair]
        return [n.op("MIRROR_PAD", [x, n.ints(flat, [4, 2])],
                     [d + sum(p) for d, p in zip(x[1], amounts)], mode=mode)]
    add("mirror_pad_" + ("reflect", "symmetric")[mode], " ".join(["COPY"] * 9), build)
add("mirror_pad_all", " ".join(["COPY"] * 8), lambda n: [n.op("MIRROR_PAD", [
    n.input([3, 4]), n.ints([2, 1, 3, 0], [2, 2])], [6, 7], mode=0)])
add("tile", "COPY COPY COPY COPY COPY", lambda n: [n.op("TILE", [n.input([2, 3, 4]), n.ints([
    2, 1, 3])], [4, 3, 12])])
add("expand_dims", "COPY", lambda n: [n.op("EXPAND_DIMS", [n.input([3, 4]), n.ints([1], [])],
                                           [3, 1, 4])])


# Resizing, and a slope a channel

for name, size, options in (("", (10, 14), {}), ("_down", (3, 4), {}), ("_odd", (7, 3), {}),
                            ("_align", (9, 13), {"align_corners": 1}),
                            ("_half", (10, 14), {"half_pixel_centers": 1}),
                            ("_half_down", (3, 2), {"half_pixel_centers": 1}),
                            ("_one", (1, 1), {"align_corners": 1}), ("_same", (5, 7), {}),
                            ("_large", (64, 100), {"half_pixel_centers": 1})):
    add("resize_bilinear" + name, "RESIZE", lambda n, size=size, options=options: [n.op(
        "RESIZE_BILINEAR", [n.input([2, 5, 7, 6]), n.ints(size)], [2, *size, 6], **options)])
for name, shape, alpha in (("channel", [2, 3, 4, 5], [1, 1, 5]), ("full", [3, 4, 5], [3, 4, 5]),
                           ("one", [2, 3, 4, 5], [1]), ("row", [2, 3, 4, 5], [3, 1, 1])):
    add("prelu_" + name, "COPY" if alpha == [1] else "ELTWISE", lambda n, s=shape, a=alpha: [n.op(
        "PRELU", [n.input(s), n.const(a)], s, 0.04, 8)])


# What cannot be computed


def index_of(n, shape, axis):
    out = n.model.tensor("index", [d for i, d in enumerate(shape) if i != axis], INT32)
    n.model.op("ARG_MAX", [n.input(shape)[0], n.ints([axis], [])], [out], output_type=INT32)
    return out


add("bad_index_read", "", lambda n: [n.op("RESHAPE", [index_of(n, [3, 5], 1), n.ints([1, 3])],
                                          [1, 3])],
    "operator 1 (RESHAPE): it reads tensor 0, which is int32; indices can only be a model's")
add("bad_gather_batch", "", lambda n: [n.op("GATHER", [n.input([2, 5]), n.ints([1, 2], [2, 1])],
                                            [2, 1], axis=1, batch_dims=1)],
    "operator 0 (GATHER): indices for each batch (batch_dims 1) are not supported")
add("bad_gather_index", "", lambda n: [n.op("GATHER", [n.input([2, 5]), n.ints([2])], [1, 5])],
    "operator 0 (GATHER): damaged: index 2 of 2 elements")
add("bad_gather_nd", "", lambda n: [n.op("GATHER_ND", [n.input([2, 5]), n.ints([1, 5], [1, 2])],
                                        [1])],
    "operator 0 (GATHER_ND): damaged: index 5 of 5 elements")
add("bad_gather_nd_depth", "", lambda n: [n.op("GATHER_ND", [n.input([2]), n.ints([1, 1], [1, 2])],
                                              [1])],
    "operator 0 (GATHER_ND): damaged: 2 indices each of 1 dimensions")
add("bad_reduce_max", "", lambda n: [reduce(n, "REDUCE_MAX", n.input([2, 5]), [1], 0, 0.06)],
    "operator 0 (REDUCE_MAX): damaged: its input has scale 0.05 and zero point -3, its output 0.06")
add("bad_reduce_max_prime", "", lambda n: [reduce(n, "REDUCE_MAX", n.input([1031]), [0], 0, 0.05,
                                                 -3)],
    "operator 0 (REDUCE_MAX): a maximum of 1031 elements is no window of at most 1024 by 1024")
add("bad_mean", "", lambda n: [reduce(n, "MEAN", n.input([1, 300, 300, 1]), [1, 2])],
    "operator 0 (MEAN): a mean of 90000 elements, at most 65536 are supported; take it in two")
for name, axis in (("after", 2), ("before", -3)):
    add("bad_split_" + name, "", lambda n, a=axis: [n.op("SPLIT", [n.ints([a], []), n.input([
        4, 6])], [4, 3], num_splits=2)], "operator 0 (SPLIT): damaged: axis %d of 2 dim" % axis)
    add("bad_concat_" + name, "", lambda n, a=axis: [n.op("CONCATENATION", [n.input([4, 6]), n.input([
        4, 6])], [4, 12], axis=a)], "operator 0 (CONCATENATION): damaged: axis %d of 2 dim" % axis)
    add("bad_mean_" + name, "", lambda n, a=axis: [n.op("MEAN", [n.input([4, 6]), n.ints([a])], [
        4])], "operator 0 (MEAN): damaged: axis %d of 2 dimensions" % axis)
add("bad_mirror", "", lambda n: [n.op("MIRROR_PAD", [n.input([3]), n.ints([3, 0], [1, 2])], [6])],
    "operator 0 (MIRROR_PAD): damaged: padding 3, 0 of 3 elements")
add("bad_hard_swish", "", lambda n: [n.op("HARD_SWISH", [n.input([3], 0.9)], [3], 0.0001)],
    "operator 0 (HARD_SWISH): scales 0.9 to 0.0001 with zero points -3 to -3 are out of TFLite's")
add("bad_block", "", lambda n: [n.op("SPACE_TO_DEPTH", [n.input([1, 5, 4, 2])], [1, 2, 2, 8],
                                     block_size=2)],
    "operator 0 (SPACE_TO_DEPTH): damaged: blocks of 2 in an image of 5 x 4")
add("bad_matmul_fold", "", lambda n: [batch_matmul(n, n.input([2, 5, 4]), n.const([1, 5, 3]), 1)],
    "operator 0 (BATCH_MATMUL): TFLite does not compute adj_x with one second operand for all")
add("bad_matmul", "", lambda n: [n.op("BATCH_MATMUL", [n.input([2, 5]), n.const([4, 3])], [2, 3])],
    "operator 0 (BATCH_MATMUL): damaged: its operands' shapes do not go together")


if __name__ == "__main__":
    ops.main(__doc__)
