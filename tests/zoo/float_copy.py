# SPDX-License-Identifier: MIT
"""A .tflite file whose int8 weights are the float32 numbers that they stand for.

TensorFlow Lite rounds activations to int8 where weights are int8 and activations are
float32 ("dynamic range"); the CPU backend computes in float32. On this copy both do.
"""

import struct

FLOAT32, INT8 = 0, 9


class Table:
    """A flatbuffer's table at a position of a file."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.fields = at - struct.unpack_from("<i", data, at)[0]

    def field(self, number):
        """Where a field is; 0 if it is left out."""
        size, = struct.unpack_from("<H", self.data, self.fields)
        if 4 + 2 * number >= size:
            return 0
        offset, = struct.unpack_from("<H", self.data, self.fields + 4 + 2 * number)
        return self.at + offset if offset else 0

    def follow(self, at):
        return at + struct.unpack_from("<I", self.data, at)[0]

    def vector(self, number, code):
        """A vector of numbers."""
        if not self.field(number):
            return ()
        at = self.follow(self.field(number))
        count, = struct.unpack_from("<I", self.data, at)
        return struct.unpack_from(f"<{count}{code}", self.data, at + 4)

    def table(self, number):
        return Table(self.data, self.follow(self.field(number))) if self.field(number) else None

    def tables(self, number):
        at = self.follow(self.field(number))
        count, = struct.unpack_from("<I", self.data, at)
        return [Table(self.data, self.follow(at + 4 + 4 * i)) for i in range(count)]


def real(values, shape, scale, zero, axis):
    """The numbers that int8 ones stand for."""
    if len(scale) == 1:
        return [(v - zero[0]) * scale[0] for v in values]
    inner = 1
    for d in shape[axis + 1:]:
        inner *= d
    return [(v - zero[i // inner % len(scale)]) * scale[i // inner % len(scale)]
            for i, v in enumerate(values)]


def has_float_activations(data):
    """Whether a model takes float32 and has int8 constants that no operator dequantizes."""
    graph = Table(data, struct.unpack_from("<I", data, 0)[0]).tables(2)[0]
    tensors = graph.tables(0)
    kinds = {data[t.field(1)] if t.field(1) else FLOAT32 for t in tensors}
    made = {out for op in graph.tables(3) for out in op.vector(2, "i")}
    computed = {data[tensors[i].field(1)] if tensors[i].field(1) else FLOAT32 for i in made}
    return INT8 in kinds and computed == {FLOAT32}


def float_copy(model):
    data = bytearray(model)
    root = Table(data, struct.unpack_from("<I", data, 0)[0])
    buffers = root.tables(4)
    for t in root.tables(2)[0].tables(0):
        quant = t.table(4)
        if not t.field(1) or data[t.field(1)] != INT8 or not quant:
            continue
        index, = struct.unpack_from("<I", data, t.field(2))
        numbers = real(buffers[index].vector(0, "b"), t.vector(0, "i"), quant.vector(2, "f"),
                       quant.vector(3, "q"),
                       struct.unpack_from("<i", data, quant.field(6))[0] if quant.field(6) else 0)
        data[t.field(1)] = FLOAT32
        # Behind the file's end, aligned as a flatbuffer's vector of bytes for float32 is
        data += bytes(-len(data) % 16 + 12)
        at = buffers[index].field(0)
        struct.pack_into("<I", data, at, len(data) - at)
        data += struct.pack(f"<I{len(numbers)}f", 4 * len(numbers), *numbers)
    return bytes(data)
