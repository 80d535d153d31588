# SPDX-License-Identifier: MIT
"""Small networks of well-known shapes, imported by operators.py.

Weights are random, with scales that keep values in the range of what follows.
"""

import math

from ops import INT32, RELU6, SAME, VALID, case, product

INT64 = 4
# Root mean square of random int8 numbers
RMS = 74
RELU6_SCALE, RELU6_ZERO = 6 / 255, -128


def commands(text):
    """A list of commands, in which CONV*3 is three of them."""
    return " ".join(" ".join([c.split("*")[0]] * int((c + "*1").split("*")[1]))
                    for c in text.split())


class Layers:
    """The layers of one network, on top of a Net."""

    def __init__(self, net):
        self.net = net

    def weights(self, shape, channels, axis, depth, scale, per_channel=True):
        """Weights, and a bias, for results of about 2."""
        n = self.net
        each = 2 / (scale * 40 * RMS * math.sqrt(depth))
        scales = [each * (0.7 + 0.1 * (i % 7)) for i in range(channels)] if per_channel else each
        w = n.model.tensor("weights", shape, data=n.random(product(shape)), scale=scales,
                           zero_point=0, axis=axis)
        raw = n.random(channels)
        b = n.model.tensor("bias", [channels], INT32, scale=0.001, zero_point=0,
                           data=[round((v - 128) / 128 / (each * scale)) for v in raw])
        return w, b

    def conv(self, x, out, kernel=3, stride=1, padding=SAME, linear=False, dilation=1,
             per_channel=True):
        n, (b, h, w, c) = self.net, x[1]
        span = (kernel - 1) * dilation + 1
        size = [-(-i // stride) if padding == SAME else (i - span) // stride + 1 for i in (h, w)]
        weights, bias = self.weights([out, kernel, kernel, c], out, 0, kernel * kernel * c, x[2],
                                     per_channel)
        return n.op("CONV_2D", [x, weights, bias], [b, *size, out],
                    *((0.06, 5) if linear else (RELU6_SCALE, RELU6_ZERO)), padding=padding,
                    stride_h=stride, stride_w=stride, dilation_h=dilation, dilation_w=dilation,
                    activation=0 if linear else RELU6)

    def depthwise(self, x, kernel=3, stride=1, activation=RELU6):
        n, (b, h, w, c) = self.net, x[1]
        weights, bias = self.weights([1, kernel, kernel, c], c, 3, kernel * kernel, x[2])
        size = [-(-i // stride) for i in (h, w)]
        return n.op("DEPTHWISE_CONV_2D", [x, weights, bias], [b, *size, c],
                    *((RELU6_SCALE, RELU6_ZERO) if activation else (0.06, 5)), padding=SAME,
                    stride_h=stride, stride_w=stride, depth_multiplier=1, activation=activation)

    def dense(self, x, units):
        weights, bias = self.weights([units, x[1][-1]], units, 0, x[1][-1], x[2], False)
        return self.net.op("FULLY_CONNECTED", [x, weights, bias], [x[1][0], units], 0.06, 5)

    def add(self, a, b):
        return self.net.op("ADD", [a, b], a[1], 0.08, -2)

    def inverted(self, x, out, expand=6, kernel=3, stride=1):
        """The inverted residual block of MobileNetV2 and EfficientNet."""
        y = self.conv(x, x[1][3] * expand, 1) if expand > 1 else x
        y = self.conv(self.depthwise(y, kernel, stride), out, 1, linear=True)
        return self.add(x, y) if stride == 1 and out == x[1][3] else y

    def squeeze_excite(self, x):
        """Channels weighted by what their means say."""
        n, c = self.net, x[1][3]
        y = n.op("MEAN", [x, n.ints([1, 2])], [x[1][0], 1, 1, c], x[2], x[3], keep_dims=1)
        y = self.conv(self.conv(y, c // 4, 1), c, 1, linear=True)
        y = n.op("ADD", [y, n.const([], 3 / 127, 0, b"\x7f")], y[1], 0.05, 3)
        y = n.op("RELU_0_TO_1", [y], y[1], 1 / 255, -128)
        return n.op("MUL", [x, y], x[1], x[2], x[3])

    def hard_swish(self, x):
        return self.net.op("HARD_SWISH", [x], x[1], 0.05, -100)

    def transpose_conv(self, x, out):
        n, (b, h, w, c) = self.net, x[1]
        shape = [b, 2 * h, 2 * w, out]
        weights, bias = self.weights([out, 2, 2, c], out, 0, c, x[2])
        return n.op("TRANSPOSE_CONV", [n.ints(shape), weights, x, bias], shape, RELU6_SCALE,
                    RELU6_ZERO, padding=SAME, stride_h=2, stride_w=2, activation=RELU6)


@case("mobilenet_v2", commands("CONV*3 ELTWISE CONV*6 ELTWISE CONV*6 ELTWISE CONV*3 SOFTMAX"))
def _(n):
    m = Layers(n)
    x = m.conv(n.input([2, 33, 32, 3], 1 / 64, 0), 8, stride=2)
    x = m.inverted(x, 8, expand=1)
    x = m.inverted(x, 12, stride=2)
    x = m.inverted(x, 12)
    x = m.inverted(x, 16, stride=2)
    x = m.inverted(x, 16)
    x = m.conv(x, 48, 1)
    x = n.op("MEAN", [x, n.ints([1, 2])], [2, 48], RELU6_SCALE, RELU6_ZERO)
    x = m.dense(x, 10)
    return [n.op("SOFTMAX", [x], x[1], 1 / 256, -128, beta=1.0)]


@case("efficientnet_lite", commands("CONV*7 ELTWISE CONV*6 ELTWISE CONV POOL CONV SOFTMAX"))
def _(n):
    m = Layers(n)
    x = n.pad(n.input([1, 40, 40, 3], 1 / 64, 0), [(0, 0), (0, 1), (0, 1), (0, 0)])
    x = m.conv(x, 8, stride=2, padding=VALID)
    x = m.inverted(x, 12, kernel=5, stride=2)
    x = m.inverted(x, 12, kernel=5)
    x = m.inverted(x, 20, stride=2)
    x = m.inverted(x, 20)
    x = m.conv(x, 64, 1)
    x = n.pool("AVERAGE_POOL_2D", x, (5, 5), (5, 5), VALID)
    x = m.dense(n.reshape(x, [1, 64]), 17)
    return [n.op("SOFTMAX", [x], x[1], 1 / 256, -128, beta=1.0)]


@case("mobilenet_v3", commands("CONV*6 ELTWISE CONV*6 ELTWISE CONV ELTWISE CONV*3"))
def _(n):
    m = Layers(n)
    x = m.hard_swish(m.conv(n.input([1, 32, 32, 3], 1 / 64, 0), 8, stride=2, linear=True))
    x = m.conv(m.squeeze_excite(m.depthwise(m.conv(x, 24, 1), 3, 2)), 12, 1, linear=True)
    y = m.hard_swish(m.conv(x, 40, 1, linear=True))
    y = m.hard_swish(m.depthwise(y, 5, activation=0))
    x = m.add(x, m.conv(m.squeeze_excite(y), 12, 1, linear=True))
    x = n.op("MEAN", [x, n.ints([1, 2])], [1, 1, 1, 12], x[2], x[3], keep_dims=1)
    x = m.hard_swish(m.conv(x, 32, 1, linear=True))
    return [m.dense(n.op("SQUEEZE", [x], [1, 32], x[2], x[3], squeeze_dims=[1, 2]), 10)]


@case("unet", commands("CONV*2 POOL CONV*2 POOL CONV*6 RESIZE CONV*2 ARGMAX"))
def _(n):
    m = Layers(n)
    a = m.conv(m.conv(n.input([1, 24, 32, 3], 1 / 64, 0), 8), 8)
    b = m.conv(m.conv(n.pool("MAX_POOL_2D", a, (2, 2), (2, 2), VALID), 12), 12)
    x = m.conv(n.pool("MAX_POOL_2D", b, (2, 2), (2, 2), VALID), 20, dilation=2)
    x = m.conv(n.concat([b, m.transpose_conv(x, 12)], 3), 12)
    x = n.op("RESIZE_BILINEAR", [x, n.ints([24, 32])], [1, 24, 32, 12], x[2], x[3],
             half_pixel_centers=1)
    x = m.conv(n.concat([a, x], 3), 8)
    x = m.conv(x, 4, 1, linear=True)
    classes = n.model.tensor("classes", [1, 24, 32], INT64)
    n.model.op("ARG_MAX", [x[0], n.ints([3], [])], [classes], output_type=INT64)
    return [x, (classes,)]


@case("ssd", commands("CONV*18 COPY"))
def _(n):
    m = Layers(n)
    x = m.conv(n.input([1, 38, 38, 3], 1 / 64, 0), 8, stride=2)
    x = m.inverted(x, 16, expand=3, stride=2)
    maps = [x, m.conv(x, 24, stride=2)]
    maps.append(m.conv(maps[-1], 24, stride=2))
    boxes, scores = [], []
    for k, f in enumerate(maps):
        anchors = (3, 4, 4)[k]
        cells = f[1][1] * f[1][2]
        boxes.append(n.reshape(m.conv(m.depthwise(f), 4 * anchors, 1, linear=True),
                               [1, cells * anchors, 4]))
        scores.append(n.reshape(m.conv(m.depthwise(f), 3 * anchors, 1, linear=True),
                                [1, cells * anchors, 3]))
    x = n.concat(scores, 1)
    return [n.concat(boxes, 1), n.op("LOGISTIC", [x], x[1], 1 / 256, -128)]
