#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small float models for the tests of v3quant.

  small_models.py DIR       writes DIR/NAME.tflite, and DIR/list, their names
"""

import json
import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../models"))
from tflite_writer import FLOAT16, FLOAT32, INT8, NONE, RELU, SAME, VALID, Model  # noqa: E402

SIZE = 32
CLASSES = 3
BINS = 4


def numbers(count, scale, seed=1):
    """As good as random, and the same on every machine."""
    out = []
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        out.append(scale * (seed / 0x40000000 - 1))
    return out


class Net:
    """A model under construction; a tensor is (number, shape)."""

    def __init__(self, weights=FLOAT32):
        self.model = Model("a small float model")
        self.weights = weights

    def input(self):
        t = self.model.tensor("in", [1, SIZE, SIZE, 3], FLOAT32)
        self.model.inputs.append(t)
        return t, [1, SIZE, SIZE, 3]

    def const(self, shape, data):
        return self.model.tensor("const", shape, FLOAT32, data), shape

    def op(self, name, ins, shape, **options):
        out = self.model.tensor(name.lower(), shape, FLOAT32)
        self.model.op(name, [t if isinstance(t, int) else t[0] for t in ins], [out], **options)
        return out, shape

    def conv(self, src, channels, size, stride, name):
        shape = src[1]
        real = numbers(channels * size * size * shape[3],
                       1.2 / math.sqrt(size * size * shape[3]), len(name) + channels)
        kind, data, scale = self.weights, real, None
        if kind == INT8:
            scale = max(map(abs, real)) / 127
            data = [round(v / scale) for v in real]
        w = self.model.tensor(name + "/w", [channels, size, size, shape[3]], kind, data, scale)
        if kind == FLOAT16:
            half = w
            w = self.model.tensor(name + "/whole", [channels, size, size, shape[3]], FLOAT32)
            self.model.op("DEQUANTIZE", [half], [w])
        b = self.model.tensor(name + "/b", [channels], FLOAT32, numbers(channels, 0.2, 7))
        out = [1, shape[1] // stride, shape[2] // stride, channels]
        return self.op("CONV_2D", [src, w, b], out, padding=SAME, stride_h=stride,
                       stride_w=stride, dilation_w=1, dilation_h=1,
                       activation=RELU if channels > 4 * BINS else NONE)

    def pool(self, src):
        n, h, w, c = src[1]
        return self.op("MAX_POOL_2D", [src], [n, h // 2, w // 2, c], padding=VALID, stride_h=2,
                       stride_w=2, filter_width=2, filter_height=2)

    def reshape(self, src, shape):
        return self.op("RESHAPE", [src, self.model.int32(shape)], shape, new_shape=shape)

    def transpose(self, src, order):
        return self.op("TRANSPOSE", [src, self.model.int32(order)], [src[1][d] for d in order])

    def slice(self, src, begin, end):
        ones = [1] * len(begin)
        return self.op("STRIDED_SLICE", [src, self.model.int32(begin), self.model.int32(end),
                                         self.model.int32(ones)],
                       [b - a for a, b in zip(begin, end)])

    def write(self, path, out, names=()):
        self.model.outputs = [out[0]]
        names = {str(i): name for i, name in enumerate(names)}
        self.model.write(path, {"metadata.json": json.dumps({"task": "none", "names": names})})


def classifier(path, weights=FLOAT32, last=None):
    """Convolutions, a pooling, a concatenation; and what last adds."""
    net = Net(weights)
    a = net.conv(net.input(), 24, 3, 2, "first")
    b = net.conv(a, 24, 3, 1, "second")
    both = net.op("CONCATENATION", [a, b], a[1][:3] + [48], axis=3)
    y = net.conv(net.pool(both), 4, 1, 1, "last")
    if last:
        y = net.op(last, [y, y] if last == "DIV" else [y], y[1])
    net.write(path, y)


def uneven(path):
    """Channels of very different sizes between convolutions, a slice and a pooling."""
    net = Net()
    a = net.conv(net.input(), 24, 3, 2, "first")
    size = [4.0 ** -(c % 5) for c in range(24)]
    w, _ = net.const([24, 1, 1, 24], [size[i // 24] * v for i, v in
                                      enumerate(numbers(576, 0.4, 5))])
    b, _ = net.const([24], [0.2 * v for v in size])
    options = {"padding": VALID, "stride_h": 1, "stride_w": 1, "dilation_w": 1,
               "dilation_h": 1, "activation": NONE}
    c = net.op("LEAKY_RELU", [net.op("CONV_2D", [a, w, b], a[1], **options)], a[1], alpha=0.1)
    d = net.pool(net.slice(c, [0, 0, 0, 4], [1, 16, 16, 24]))
    w, _ = net.const([4, 1, 1, 20], [v / size[4 + i % 20] for i, v in
                                     enumerate(numbers(80, 0.4, 9))])
    b, _ = net.const([4], [0.0] * 4)
    net.write(path, net.op("CONV_2D", [d, w, b], [1, 8, 8, 4], **options))


def leaky(path):
    """What the other one has not: LEAKY_RELU, ADD, PAD, resizing, FULLY_CONNECTED."""
    net = Net()
    a = net.conv(net.input(), 8, 3, 4, "first")
    b = net.op("LEAKY_RELU", [a], a[1], alpha=0.1)
    c = net.op("ADD", [b, net.op("LOGISTIC", [a], a[1])], a[1])
    d = net.op("PAD", [net.pool(c), net.model.int32([0, 0, 1, 1, 1, 1, 0, 0], [4, 2])],
               [1, 6, 6, 8])
    e = net.op("RESIZE_NEAREST_NEIGHBOR", [d, net.model.int32([12, 12])], [1, 12, 12, 8])
    f = net.reshape(net.pool(e), [1, 288])
    w, _ = net.const([5, 288], numbers(5 * 288, 0.1))
    b, _ = net.const([5], numbers(5, 0.1, 3))
    net.write(path, net.op("FULLY_CONNECTED", [f, w, b], [1, 5]))


def detector(path, weights=FLOAT32):
    """A head as YOLO's, of two levels with 16 and 4 anchors."""
    net = Net(weights)
    features = net.conv(net.input(), 24, 8, 8, "features")
    levels, anchors, strides = [], ([], []), []
    for level in (features, net.pool(features)):
        size = level[1][1]
        logits = net.op("CONCATENATION", [net.conv(level, 4 * BINS, 1, 1, "boxes"),
                                          net.conv(level, CLASSES, 1, 1, "classes")],
                        [1, size, size, 4 * BINS + CLASSES], axis=3)
        levels.append(net.reshape(logits, [1, size * size, 4 * BINS + CLASSES]))
        for i in range(size * size):
            anchors[0].append(i % size + 0.5)
            anchors[1].append(i // size + 0.5)
            strides.append(1 / size)
    count = len(strides)
    both = net.op("CONCATENATION", levels, [1, count, 4 * BINS + CLASSES], axis=1)
    boxes = net.reshape(net.slice(both, [0, 0, 0], [1, count, 4 * BINS]), [1, count, 4, BINS])
    mean, _ = net.const([1, 1, 1, BINS], list(range(BINS)))
    zero, _ = net.const([1], [0.0])
    sides = net.op("CONV_2D", [net.op("SOFTMAX", [boxes], boxes[1], beta=1.0), mean, zero],
                   [1, count, 4, 1], padding=VALID, stride_h=1, stride_w=1, dilation_w=1,
                   dilation_h=1, activation=NONE)
    sides = net.transpose(net.reshape(sides, [1, count, 4]), [0, 2, 1])
    shape = [1, 2, count]
    centres = net.const(shape, anchors[0] + anchors[1])
    first = net.op("SUB", [centres, net.slice(sides, [0, 0, 0], [1, 2, count])], shape)
    last = net.op("ADD", [centres, net.slice(sides, [0, 2, 0], [1, 4, count])], shape)
    half = net.op("MUL", [net.op("ADD", [first, last], shape), net.const([1], [0.5])], shape)
    box = net.op("CONCATENATION", [half, net.op("SUB", [last, first], shape)], [1, 4, count],
                 axis=1)
    box = net.op("MUL", [box, net.const([1, 1, count], strides)], [1, 4, count])
    scores = net.slice(both, [0, 0, 4 * BINS], [1, count, 4 * BINS + CLASSES])
    scores = net.transpose(net.op("LOGISTIC", [scores], scores[1]), [0, 2, 1])
    net.write(path, net.op("CONCATENATION", [box, scores], [1, 4 + CLASSES, count], axis=1),
              ("stop", "go", "wait"))


MODELS = {
    "classifier": classifier,
    "classifier_fp16": lambda path: classifier(path, FLOAT16),
    "classifier_int8": lambda path: classifier(path, INT8),
    "division": lambda path: classifier(path, last="DIV"),
    "leaky": leaky,
    "uneven": uneven,
    "detector": detector,
    "detector_int8": lambda path: detector(path, INT8),
}


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, make in MODELS.items():
        make(os.path.join(folder, name + ".tflite"))
    with open(os.path.join(folder, "list"), "w") as f:
        f.writelines(name + "\n" for name in MODELS)


if __name__ == "__main__":
    main()
