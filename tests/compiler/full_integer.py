#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a full-integer model of one that has float activations and int8 weights.

  full_integer.py IN.tflite OUT.tflite

The activations' scales are made up: the result computes something of the same
structure, not the same. For roll_test.c, since nobody can export level2_leaky so:

  full_integer.py ../shared/models/v3/level2_leaky_int8.tflite OUT.tflite
  ../shared/oracle/tfl run OUT.tflite ref 1 ../shared/golden/img0.raw OUT.raw
"""

import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../models"))
from tflite_writer import FLOAT32, INT8, INT32, OPERATORS, Model  # noqa: E402

NAMES = {code: name for name, (code, _, _) in OPERATORS.items()}
# Operators whose results have their operands' scale
SAME_SCALE = {"PAD", "STRIDED_SLICE", "CONCATENATION", "TRANSPOSE", "SPLIT", "MAX_POOL_2D", "PACK",
              "RESHAPE", "RESIZE_NEAREST_NEIGHBOR"}
INPUT, UNIT = (1 / 255, -128), (1 / 256, -128)
OTHERS, PRODUCT = (0.06, -10), (0.4, 3)


class Table:
    """A flatbuffer's table, which is trusted."""

    def __init__(self, data, pos):
        self.data, self.pos = data, pos

    def at(self, field):
        vtable = self.pos - struct.unpack_from("<i", self.data, self.pos)[0]
        size = struct.unpack_from("<H", self.data, vtable)[0]
        if 4 + 2 * field >= size:
            return 0
        offset = struct.unpack_from("<H", self.data, vtable + 4 + 2 * field)[0]
        return offset and self.pos + offset

    def scalar(self, field, code, absent=0):
        at = self.at(field)
        return struct.unpack_from("<" + code, self.data, at)[0] if at else absent

    def refer(self, at):
        return at + struct.unpack_from("<I", self.data, at)[0]

    def table(self, field):
        return Table(self.data, self.refer(self.at(field))) if self.at(field) else None

    def vector(self, field, code):
        if not self.at(field):
            return []
        at = self.refer(self.at(field))
        count = struct.unpack_from("<I", self.data, at)[0]
        return list(struct.unpack_from("<%d%s" % (count, code), self.data, at + 4))

    def tables(self, field):
        at = self.refer(self.at(field))
        count = struct.unpack_from("<I", self.data, at)[0]
        return [Table(self.data, self.refer(at + 4 + 4 * i)) for i in range(count)]


class Tensor:
    def __init__(self, table, buffers):
        self.shape = table.vector(0, "i")
        self.type = table.scalar(1, "b")
        self.data = bytes(buffers[table.scalar(2, "I")].vector(0, "B"))
        self.name = bytes(table.vector(3, "B")).decode()
        quant = table.table(4)
        self.scales = quant.vector(2, "f") if quant else []
        self.group = None
        self.values = None
        if self.data and self.type == FLOAT32:
            self.values = struct.unpack("<%df" % (len(self.data) // 4), self.data)
            self.scales = [max(map(abs, self.values)) / 127]

    def root(self):
        tensor = self
        while tensor.group:
            tensor = tensor.group
        return tensor


def read(data):
    root = Table(data, struct.unpack_from("<I", data)[0])
    codes = [max(c.scalar(0, "b"), c.scalar(3, "i")) for c in root.tables(1)]
    graph = root.tables(2)[0]
    buffers = root.tables(4)
    tensors = [Tensor(t, buffers) for t in graph.tables(0)]
    ops = []
    for op in graph.tables(3):
        name = NAMES[codes[op.scalar(0, "I")]]
        options, fields = op.table(4), OPERATORS[name][2][1]
        ops.append((name, op.vector(1, "i"), op.vector(2, "i"), {
            option: options.scalar(field, code, 1 if option.startswith("dilation") else 0)
            for option, (field, code) in fields.items() if options and code != "[i]"}))
    return tensors, ops, graph.vector(1, "i"), graph.vector(2, "i")


def choose_scales(tensors, ops, inputs):
    """A scale and zero point for every activation: {root tensor: (scale, zero point)}."""
    for name, ins, outs, _ in ops:
        floats = [tensors[t] for t in ins + outs if t >= 0 and tensors[t].type == FLOAT32]
        for tensor in floats if name in SAME_SCALE else []:
            if tensor.root() is not floats[0].root():
                tensor.root().group = floats[0].root()
    chosen = {tensors[t].root(): INPUT for t in inputs}
    for name, ins, outs, _ in ops:
        scale = {"SOFTMAX": UNIT, "LOGISTIC": UNIT, "FULLY_CONNECTED": PRODUCT}.get(name)
        if name == "FULLY_CONNECTED" and UNIT in [chosen.get(tensors[t].root()) for t in ins[:2]]:
            scale = OTHERS
        if scale:
            chosen.setdefault(tensors[outs[0]].root(), scale)
    return chosen


def convert(data):
    tensors, ops, inputs, outputs = read(data)
    chosen = choose_scales(tensors, ops, inputs)
    biases = {ins[2]: (ins[0], ins[1]) for name, ins, _, _ in ops if name == "CONV_2D"}
    model = Model("made by tests/compiler/full_integer.py")
    for number, t in enumerate(tensors):
        if number in biases:
            x, w = (tensors[i] for i in biases[number])
            scale = chosen.get(x.root(), OTHERS)[0] * w.scales[0]
            model.tensor(t.name, t.shape, INT32, [round(v / scale) for v in t.values], scale)
        elif t.values:
            model.tensor(t.name, t.shape, INT8, [round(v / t.scales[0]) for v in t.values],
                         t.scales[0])
        elif t.type == FLOAT32:
            scale, zero = chosen.get(t.root(), OTHERS)
            model.tensor(t.name, t.shape, INT8, None, scale, zero)
        else:
            model.tensor(t.name, t.shape, t.type, t.data or None, t.scales or None)
    for name, ins, outs, options in ops:
        model.op(name, ins, outs, **options)
    model.inputs, model.outputs = inputs, outputs
    return model


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as source:
        convert(source.read()).write(sys.argv[2])
