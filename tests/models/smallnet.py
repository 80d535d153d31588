#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a small int8 detector, and a picture for it.

    smallnet.py OUT.tflite [PICTURE.png INPUT.raw]

The network has the operators and the shape of a YOLO detector of 640x640
pixels: a backbone with split blocks and pooled pyramid, a neck that goes up
one level, heads on two grids, distribution focal loss decoding; input
[1,64,64,3], output [1,6,80] (cx, cy, w, h in 0..1 and two class scores).
It is not trained: most of its weights come from a fixed seed. The first two
channels of each layer are planted instead, and carry how red and how blue a
place is up to the class scores, so that it finds the discs in the picture.

Beside this file lies smallnet.out: what TensorFlow Lite 2.14's reference
kernels make of the network and INPUT.raw. After a change to this file, make it
again with the project's oracle: ../shared/oracle/tfl run OUT.tflite ref 1
INPUT.raw tests/models/smallnet.out
"""

import collections
import json
import random
import struct
import sys
import zlib

from tflite_writer import INT32, NONE, RELU, SAME, VALID, Model

SIZE = 64
CLASSES = ["red disc", "blue disc"]
BINS = 16  # of each box side's distribution

Tensor = collections.namedtuple("Tensor", "id shape scale zero_point")


class Net:
    """Layers on top of Model: tracks shapes and quantization, makes the weights."""

    def __init__(self):
        self.model = Model("smallnet: random weights, planted colour channels")
        self.random = random.Random(5633).random
        self.count = 0

    def tensor(self, shape, scale, zero_point, data=None):
        self.count += 1
        number = self.model.tensor("t%d" % self.count, shape, data=data, scale=scale,
                                   zero_point=zero_point)
        return Tensor(number, shape, scale, zero_point)

    def constant(self, shape, values, scale):
        """A constant int8 tensor of real values."""
        return self.tensor(shape, scale, 0, [quantize(v, scale) for v in values])

    def op(self, name, inputs, shape, scale, zero_point, **options):
        out = self.tensor(shape, scale, zero_point)
        self.model.op(name, [i.id if isinstance(i, Tensor) else i for i in inputs], [out.id],
                      **options)
        return out

    def same(self, name, inputs, shape, **options):
        """An operator whose output is quantized as its first input."""
        return self.op(name, inputs, shape, inputs[0].scale, inputs[0].zero_point, **options)

    def weights(self, out_channels, kernel, in_channels, planted, gain):
        """Rows of weights: random, except what planted(out channel) gives for each input channel."""
        rows = []
        for o in range(out_channels):
            plant = planted(o)
            row = []
            for _ in range(kernel * kernel):
                for i in range(in_channels):
                    r = (2 * self.random() - 1) * gain / (kernel * in_channels ** 0.5)
                    row.append(r if plant is None else plant.get(i, 0.0) / kernel ** 2)
            rows.append(row)
        return rows

    def conv(self, x, out_channels, kernel=1, stride=1, planted=None, bias=None, scale=2 / 255,
             zero_point=-128, activation=RELU, per_channel=False, gain=2.2):
        """A convolution, preceded by a PAD of its own when it has a stride, as exporters write it.

        planted: maps an output channel to its {input channel: weight}, or None for random ones,
        which grow with gain.
        """
        channels = x.shape[3]
        rows = self.weights(out_channels, kernel, channels, planted or carry, gain)
        if stride > 1:
            shape = [1, x.shape[1] + 2, x.shape[2] + 2, channels]
            x = self.same("PAD", [x, self.model.int32([0, 0, 1, 1, 1, 1, 0, 0], [4, 2])], shape)
        largest = [max(abs(w) for w in row) for row in rows]
        if not per_channel:
            largest = [max(largest)] * out_channels
        scales = [m / 127 for m in largest]
        bias_scales = [s * x.scale for s in scales]
        biases = bias or [0.2 * self.random() if (planted or carry)(o) is None else 0.0
                          for o in range(out_channels)]
        if not per_channel:
            quantization = {"scale": scales[0], "zero_point": 0}
            bias_quantization = {"scale": bias_scales[0], "zero_point": 0}
        else:
            quantization = {"scale": scales, "zero_point": [0] * out_channels}
            bias_quantization = {"scale": bias_scales, "zero_point": [0] * out_channels}
        w = self.model.tensor("w%d" % self.count, [out_channels, kernel, kernel, channels],
                              data=[quantize(v, s) for row, s in zip(rows, scales) for v in row],
                              **quantization)
        b = self.model.tensor("b%d" % self.count, [out_channels], INT32,
                              data=[round(v / s) for v, s in zip(biases, bias_scales)],
                              **bias_quantization)
        height = (x.shape[1] - kernel) // stride + 1 if stride > 1 else x.shape[1]
        return self.op("CONV_2D", [x, w, b], [1, height, height, out_channels], scale, zero_point,
                       padding=VALID if stride > 1 else SAME, stride_w=stride, stride_h=stride,
                       activation=activation, dilation_w=1, dilation_h=1)

    def slice(self, x, axis, begin, end):
        rank = len(x.shape)
        shape = x.shape[:axis] + [end - begin] + x.shape[axis + 1:]
        first = [begin if d == axis else 0 for d in range(rank)]
        last = [end if d == axis else n for d, n in enumerate(x.shape)]
        return self.same("STRIDED_SLICE", [x, self.model.int32(first), self.model.int32(last),
                                           self.model.int32([1] * rank)], shape)

    def concat(self, inputs, axis):
        shape = list(inputs[0].shape)
        shape[axis] = sum(i.shape[axis] for i in inputs)
        return self.same("CONCATENATION", inputs, shape, axis=axis, activation=NONE)

    def reshape(self, x, shape):
        return self.same("RESHAPE", [x, self.model.int32(shape)], shape, new_shape=shape)

    def transpose(self, x, order):
        return self.same("TRANSPOSE", [x, self.model.int32(order)], [x.shape[d] for d in order])

    def split_block(self, x, channels, shortcut):
        """YOLO's C2f: half of the channels pass through two convolutions, all are joined."""
        half = channels // 2
        x = self.conv(x, channels)
        left, right = self.slice(x, 3, 0, half), self.slice(x, 3, half, channels)
        y = self.conv(self.conv(right, half, 3, planted=nothing), half, 3, planted=nothing)
        if shortcut:
            y = self.op("ADD", [right, y], y.shape, 2 / 255, -128, activation=NONE)
        return self.conv(self.concat([left, right, y], 3), channels)


def quantize(value, scale):
    return max(-127, min(127, round(value / scale)))


def carry(channel):
    """Plants the identity in channels 0 and 1."""
    return {channel: 1.0} if channel < 2 else None


def nothing(channel):
    return None


def head(net, x, box_bias):
    """Box distributions and class scores of one grid, as [1, 4 * BINS + classes, cells]."""
    box = net.conv(net.conv(x, 16, 3), 4 * BINS, planted=nothing, bias=box_bias, scale=0.08,
                   zero_point=20, activation=NONE, gain=1.0)
    score = net.conv(net.conv(x, 8, 3), 2, planted=lambda c: {c: 20.0}, bias=[-8.0, -8.0],
                     scale=0.08, zero_point=20, activation=NONE)
    y = net.concat([box, score], 3)
    cells = y.shape[1] * y.shape[2]
    return net.reshape(net.transpose(y, [0, 3, 1, 2]), [1, y.shape[3], cells])


def decode(net, y, grids):
    """Boxes from the distributions of distances to the four sides, and scores."""
    cells = y.shape[2]
    cell = [(n, i % n, i // n) for n in grids for i in range(n * n)]
    z = net.reshape(net.slice(y, 1, 0, 4 * BINS), [1, 4, BINS, cells])
    z = net.op("SOFTMAX", [net.transpose(z, [0, 1, 3, 2])], [1, 4, cells, BINS], 1 / 256, -128,
               beta=1.0)
    # The distribution's mean: a convolution with the weights 0, 1, ... BINS - 1.
    scale = (BINS - 1) / 127
    w = net.constant([1, 1, 1, BINS], range(BINS), scale)
    b = net.model.tensor("mean_bias", [1], INT32, data=[0], scale=scale / 256, zero_point=0)
    z = net.op("CONV_2D", [z, w, b], [1, 4, cells, 1], 4 / 255, -128, padding=SAME, stride_w=1,
               stride_h=1, activation=NONE, dilation_w=1, dilation_h=1)
    pitch = net.constant([1, 1, 1, cells], [1 / n for n, _, _ in cell], 0.25 / 127)
    z = net.op("MUL", [net.reshape(z, [1, 1, 4, cells]), pitch], [1, 1, 4, cells], 0.8 / 255, -128,
               activation=NONE)
    z = net.reshape(z, [1, 4, cells])
    centres = net.constant([1, 2, cells], [(x + 0.5) / n for n, x, _ in cell] +
                           [(y + 0.5) / n for n, _, y in cell], 1 / 127)
    half = net.constant([1], [0.5], 0.5 / 127)
    pair = [1, 2, cells]
    first = net.op("SUB", [centres, net.slice(z, 1, 0, 2)], pair, 2 / 255, -43, activation=NONE)
    last = net.op("ADD", [net.slice(z, 1, 2, 4), centres], pair, 2 / 255, -43, activation=NONE)
    total = net.op("ADD", [first, last], pair, 3 / 255, -100, activation=NONE)
    middle = net.op("MUL", [total, half], pair, 1.1 / 255, -128, activation=NONE)
    extent = net.op("SUB", [last, first], pair, 1.1 / 255, -128, activation=NONE)
    score = net.slice(y, 1, 4 * BINS, y.shape[1])
    score = net.op("LOGISTIC", [score], score.shape, 1 / 256, -128)
    score = net.op("QUANTIZE", [score], score.shape, 1.1 / 255, -128)
    return net.concat([middle, extent, score], 1)


def colours(channel):
    """The first layer's planted weights: red and blue, less the other two."""
    return [{0: 1.6, 1: -0.8, 2: -0.8}, {0: -0.8, 1: -0.8, 2: 1.6}, None][min(channel, 2)]


def box_bias(net, distance, shift):
    """Logits that put the sides about `distance` cells from where the cell looks.

    That is `shift` cells left of and above its middle: each PAD and stride of 2 moves it.
    """
    return [max(-6.0, 3.0 - 3.0 * abs(k - side)) + 0.3 * net.random()
            for side in [distance + shift] * 2 + [distance - shift] * 2 for k in range(BINS)]


def network():
    net = Net()
    image = net.tensor([1, SIZE, SIZE, 3], 1 / 255, -128)
    x = net.conv(image, 8, 3, 2, planted=colours)
    x = net.conv(x, 16, 3, 2, per_channel=True)
    x = net.split_block(x, 16, shortcut=True)
    fine = net.conv(x, 24, 3, 2)
    x = net.conv(fine, 32, 3, 2)
    x = net.conv(x, 16)
    pools = [x]
    for _ in range(3):
        pools.append(net.same("MAX_POOL_2D", [pools[-1]], x.shape, padding=SAME, stride_w=1,
                              stride_h=1, filter_width=5, filter_height=5, activation=NONE))
    coarse = net.conv(net.concat(pools, 3), 24, per_channel=True)
    up = net.op("QUANTIZE", [coarse], coarse.shape, 2.5 / 255, -128)
    up = net.same("RESIZE_NEAREST_NEIGHBOR", [up, net.model.int32([8, 8])], [1, 8, 8, 24],
                  align_corners=0, half_pixel_centers=0)
    fine = net.op("QUANTIZE", [fine], fine.shape, 2.5 / 255, -128)
    x = net.split_block(net.concat([fine, up], 3), 24, shortcut=False)
    y = net.concat([head(net, x, box_bias(net, 1.0, 0.44)),
                    head(net, coarse, box_bias(net, 0.6, 0.47))], 2)
    out = decode(net, y, [8, 4])
    net.model.inputs, net.model.outputs = [image.id], [out.id]
    return net.model


def picture(size):
    """Rows of RGB: a road, grass and sky, a red and a blue disc."""
    rows = []
    for j in range(size):
        row = bytearray()
        for i in range(size):
            x, y = (i + 0.5) / size, (j + 0.5) / size
            grain = (i * 7 + j * 13) % 11
            if (x - 0.38) ** 2 + (y - 0.38) ** 2 < 0.13 ** 2:
                pixel = (215, 25, 30)
            elif (x - 0.63) ** 2 + (y - 0.63) ** 2 < 0.13 ** 2:
                pixel = (25, 40, 210)
            elif y < 0.5:
                pixel = (176 + grain, 184 + grain, 186 + grain)
            elif abs(x - 0.5) < y - 0.45:
                pixel = (90 + grain, 90 + grain, 92 + grain)
            else:
                pixel = (85 + grain, 120 + grain, 60 + grain)
            row += bytes(pixel)
        rows.append(bytes(row))
    return rows


def png(rows):
    """An 8-bit RGB PNG file."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) +
            chunk(b"IEND", b""))


def main():
    if len(sys.argv) not in (2, 4):
        sys.exit("usage: smallnet.py OUT.tflite [PICTURE.png INPUT.raw]")
    metadata = {"description": "smallnet", "task": "detect", "stride": 16, "batch": 1,
                "imgsz": [SIZE, SIZE], "names": {str(k): n for k, n in enumerate(CLASSES)}}
    network().write(sys.argv[1], {"metadata.json": json.dumps(metadata, indent=2)})
    if len(sys.argv) == 4:
        with open(sys.argv[2], "wb") as f:
            f.write(png(picture(10 * SIZE)))
        with open(sys.argv[3], "wb") as f:
            f.write(bytes(v ^ 0x80 for row in picture(SIZE) for v in row))


if __name__ == "__main__":
    main()
