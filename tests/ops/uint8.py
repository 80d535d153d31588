# SPDX-License-Identifier: MIT
"""Models of uint8, at their edges or throughout, imported by operators.py.

A tensor is (number, shape, scale, zero_point), as in ops.py, with uint8's zero point. All
operators are there whose kernels TensorFlow Lite has written twice, and differently.
"""

from ops import INT32, RELU6, SAME, VALID, add, case, product
from tflite_writer import UINT8


def tensor(n, name, shape, scale, zero, data=None):
    t = n.model.tensor(name, shape, UINT8, scale=scale, zero_point=zero, data=data)
    return t, shape, scale, zero


def value(n, shape, scale=0.05, zero=131):
    x = tensor(n, "in%d" % len(n.model.inputs), shape, scale, zero)
    n.model.inputs.append(x[0])
    n.input_bytes += n.random(product(shape))
    return x


def op(n, name, inputs, shape, scale=0.05, zero=131, **options):
    y = tensor(n, name, shape, scale, zero)
    n.model.op(name, [i if isinstance(i, int) else i[0] for i in inputs], [y[0]], **options)
    return y


def weights(n, shape, zero, least=0, most=255):
    data = bytes(least + v % (most - least + 1) for v in n.random(product(shape)))
    return tensor(n, "weights", shape, 0.0061, zero, data)


def conv(n, x, out, zero=77, kernel=(3, 3), stride=1, depthwise=0, groups=1, padding=SAME,
         activation=0, most=255):
    """Weights from 40 on if there is a most: up to 127 more than the zero point they fit int8."""
    b, h, w, c = x[1]
    shape = [1, *kernel, out] if depthwise else [out, *kernel, c // groups]
    operands = [x, weights(n, shape, zero, 40 if most < 255 else 0, most), n.bias(out)]
    size = [-(-d // stride) if padding == SAME else (d - k) // stride + 1
            for d, k in zip((h, w), kernel)]
    return op(n, "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", operands, [b, *size, out], 0.9,
              117, padding=padding, stride_h=stride, stride_w=stride, dilation_h=1, dilation_w=1,
              activation=activation, **({"depth_multiplier": depthwise} if depthwise else {}))


def pool(n, name, x, kernel, stride, padding):
    size = [-(-d // stride) if padding == SAME else (d - k) // stride + 1
            for d, k in zip(x[1][1:3], kernel)]
    return op(n, name, [x], [x[1][0], *size, x[1][3]], x[2], x[3], padding=padding,
              filter_height=kernel[0], filter_width=kernel[1], stride_h=stride, stride_w=stride)


# At the edges: the flip and the QUANTIZE are one table

@case("uint8_edges", "COPY CONV")
def _(n):
    x = value(n, [1, 7, 6, 3], 1 / 255, 0)
    y = n.op("QUANTIZE", [x], x[1], 1 / 255, -128)
    y = n.conv(y, 9, stride=(2, 2), scale=0.05)
    return [op(n, "QUANTIZE", [y], y[1], 0.05, 121)]


add("uint8_same", "COPY", lambda n: [op(n, "QUANTIZE", [value(n, [256])], [256], 0.04, 3)])
add("uint8_output_is_input", "COPY", lambda n: [value(n, [5, 3])])


@case("uint8_two", "COPY ELTWISE COPY COPY")
def _(n):
    """Two outputs, of which something else reads one."""
    x = value(n, [4, 5])
    z = op(n, "ADD", [x, tensor(n, "const", [4, 5], 0.03, 9, n.random(20))], [4, 5], 0.07, 100)
    return [z, op(n, "RELU", [z], [4, 5], 0.07, 100)]


# Throughout: weights with a zero point of their own

for name, drawn in (("", {}), ("_symmetric", {"zero": 128}), ("_zero", {"zero": 0}),
                    ("_moved", {"most": 204}), ("_not_moved", {"most": 205}),
                    ("_relu6", {"activation": RELU6}),
                    ("_valid", {"padding": VALID, "stride": 2, "kernel": (2, 3)}),
                    ("_groups", {"groups": 3}), ("_pointwise", {"kernel": (1, 1)})):
    add("uint8_conv" + name, "COPY CONV", lambda n, drawn=drawn: [
        conv(n, value(n, [2, 9, 7, 6]), 39, **drawn)])
for name, multiplier in (("", 1), ("_multiplied", 3)):
    add("uint8_depthwise" + name, "COPY CONV", lambda n, m=multiplier: [
        conv(n, value(n, [1, 9, 7, 20]), 20 * m, 201, depthwise=m)])


@case("uint8_transpose_conv", "COPY CONV CONV CONV CONV CONV CONV")
def _(n):
    """A stride larger than the kernel: a window of some of the convolutions has no weight."""
    x = value(n, [1, 4, 5, 6])
    return [op(n, "TRANSPOSE_CONV", [n.ints([1, 12, 10, 7]), weights(n, [7, 2, 3, 6], 90), x],
               [1, 12, 10, 7], 0.8, 90, padding=SAME, stride_h=3, stride_w=2)]


@case("uint8_unrolled", "COPY CONV CONV COPY")
def _(n):
    """Parts of a convolution that have zero points of their own are none with groups."""
    x = value(n, [1, 5, 5, 8])
    parts = [op(n, "SLICE", [x, n.ints([0, 0, 0, k]), n.ints([1, 5, 5, 4])], [1, 5, 5, 4], *x[2:])
             for k in (0, 4)]
    return [op(n, "CONCATENATION", [conv(n, part, 3, zero) for part, zero in zip(parts, (77, 90))],
               [1, 5, 5, 6], 0.9, 117, axis=3)]


add("uint8_fc", "COPY CONV", lambda n: [
    op(n, "FULLY_CONNECTED", [value(n, [4, 37]), weights(n, [11, 37], 103), n.bias(11)], [4, 11],
       0.7, 99)])


# Kernels that TensorFlow Lite has twice

for name, kernel, padding in (("even", (2, 2), VALID), ("odd", (3, 3), SAME),
                              ("global", (8, 6), VALID)):
    add("uint8_average_" + name, "COPY POOL", lambda n, k=kernel, p=padding: [
        pool(n, "AVERAGE_POOL_2D", value(n, [1, 8, 6, 21]), k, 2, p)])
add("uint8_max_pool", "COPY POOL", lambda n: [
    pool(n, "MAX_POOL_2D", value(n, [1, 8, 6, 5]), (2, 2), 2, VALID)])
for name, mode in (("", {}), ("_half_pixel", {"half_pixel_centers": 1}),
                   ("_align", {"align_corners": 1})):
    add("uint8_bilinear" + name, "COPY RESIZE COPY", lambda n, mode=mode: [
        op(n, "RESIZE_BILINEAR", [value(n, [1, 5, 7, 3]), n.ints([17, 13])], [1, 17, 13, 3],
           **mode)])
add("uint8_nearest", "COPY RESIZE COPY", lambda n: [
    op(n, "RESIZE_NEAREST_NEIGHBOR", [value(n, [1, 5, 7, 3]), n.ints([9, 15])], [1, 9, 15, 3])])


@case("uint8_concat", "COPY COPY COPY COPY")
def _(n):
    """Scales of their own, which only the kernel for uint8 brings together."""
    x = value(n, [3, 256])
    xs = [op(n, "QUANTIZE", [x], x[1], scale, zero) for scale, zero in ((0.031, 9), (0.07, 250))]
    return [op(n, "CONCATENATION", [x] + xs, [9, 256], 0.05, 131, axis=0)]


add("uint8_softmax", "COPY SOFTMAX COPY", lambda n: [
    op(n, "SOFTMAX", [value(n, [5, 19])], [5, 19], 1 / 256, 0, beta=1.0)])
add("uint8_logistic", "COPY", lambda n: [
    op(n, "LOGISTIC", [value(n, [256])], [256], 1 / 256, 0)])
add("uint8_tanh", "COPY", lambda n: [op(n, "TANH", [value(n, [256])], [256], 1 / 128, 128)])
add("uint8_mean", "COPY CONV", lambda n: [
    op(n, "MEAN", [value(n, [1, 5, 6, 7]), n.ints([1, 2])], [1, 1, 1, 7], 0.04, 90, keep_dims=1)])
add("uint8_mul", "COPY", lambda n: (lambda x: [
    op(n, "MUL", [x, op(n, "QUANTIZE", [x], x[1], 0.04, 9)], x[1], 0.04, 30)])(value(n, [256])))
add("uint8_constant", "COPY ELTWISE", lambda n: [
    op(n, "SUB", [value(n, [4, 6]), tensor(n, "const", [6], 0.02, 3, n.random(6))], [4, 6])])
add("uint8_pad", "COPY CONV", lambda n: [conv(n, (lambda x: op(n, "PAD", [
    x, n.ints([0, 0, 1, 2, 1, 2, 0, 0], [4, 2])], [1, 8, 8, 4], *x[2:]))(value(n, [1, 5, 5, 4])),
                                              6, padding=VALID)])


@case("uint8_argmax", "COPY ARGMAX")
def _(n):
    x = value(n, [4, 30])
    y = n.model.tensor("y", [4], INT32)
    n.model.op("ARG_MAX", [x[0], n.ints([1], [])], [y], output_type=INT32)
    return [(y, [4])]


# What is refused

add("uint8_mixed", "", lambda n: [op(n, "ADD", [value(n, [4]), n.input([4])], [4])],
    "operator 0 (ADD): it has int8 and uint8 tensors, which TFLite does not take together")
add("uint8_zero_point", "", lambda n: [op(n, "RELU", [value(n, [4], zero=256)], [4])],
    "model input 0: damaged: tensor 0 has scale 0.05 and zero point 256")


@case("uint8_no_scale", "", "model input 0: tensor 0 is uint8, only int8 and uint8 with a scale")
def _(n):
    x = n.model.tensor("x", [4], UINT8)
    n.model.inputs.append(x)
    return [n.op("QUANTIZE", [x], [4])]
