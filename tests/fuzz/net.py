# SPDX-License-Identifier: MIT
"""A random model under construction."""

import collections
import math
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../models"))
from tflite_writer import INT8, INT32, UINT8, Model  # noqa: E402

MAX_ELEMENTS = 20000    # of a tensor
MAX_MACS = 2000000      # of an operator
MIN_SCALE, MAX_SCALE = 1e-9, 1e6
# All int8; all uint8; or int8 with inputs and outputs of uint8, and QUANTIZE between.
KINDS = ["int8"] * 5 + ["uint8"] * 3 + ["edges"]

# A tensor of the model: its number in the file, shape and quantization; the zero point is int8's,
# also where the model is uint8.
Value = collections.namedtuple("Value", "number shape scale zero_point")


class Skip(Exception):
    """This operator cannot be here, with these numbers."""


def product(shape):
    return math.prod(shape)


class Net:
    """A model, its input's bytes, and the values that operators can read."""

    def __init__(self, c):
        self.model = Model("")
        self.seed = c.below(1 << 30)
        self.kind = c.pick(KINDS)
        self.made = 0
        self.input_bytes = b""
        self.values = []            # that can be read, the latest last
        self.read = set()           # numbers of those that something reads
        self.ops = []               # names of the operators
        # The quantization that most of the values share, so that they can be concatenated.
        self.scale, self.zero_point = c.scale(), c.zero_point()
        self.kept = c.pick([0, 0, 0, 1, 2])     # values read that are outputs nevertheless
        self.input(c, self.shape(c, c.pick([4, 4, 4, 2, 3, 1, 4, 5])))

    # Data

    def random(self, kind=""):
        """A generator for the next data; it does not depend on what other data is."""
        self.made += 1
        return random.Random("%d %s %d" % (self.seed, kind, self.made))

    def data(self, c, count):
        """count bytes of a random kind."""
        rng = self.random()
        kind = c.pick(["any", "any", "any", "small", "extreme", "same"])
        if kind == "any":
            return rng.randbytes(count)
        if kind == "small":
            return bytes((v % 16 - 8) % 256 for v in rng.randbytes(count))
        if kind == "extreme":
            return bytes((127, 128, 0, 129)[v % 4] for v in rng.randbytes(count))
        return bytes([rng.randrange(256)]) * count

    def shape(self, c, rank):
        shape = [c.dim() for _ in range(rank)]
        if rank >= 4:
            shape[0] = c.pick([1, 1, 1, 1, 2, 3])
        while product(shape) > 6000:
            shape[shape.index(max(shape))] //= 2
        return shape

    def quant(self, c, natural=None):
        """Scale and zero point for a result whose natural scale is this."""
        if c.chance(35):
            return (natural * c.factor() if natural else c.scale()), c.zero_point()
        return self.scale, self.zero_point

    def check(self, shape):
        if product(shape) > MAX_ELEMENTS or min(shape, default=1) < 1:
            raise Skip

    # Tensors

    def tensor(self, name, shape, scale, zero_point, data=None, axis=0):
        """Adds a tensor, of int8 or uint8, with the numbers that these are as int8."""
        if self.kind != "uint8":
            return self.model.tensor(name, shape, scale=scale, zero_point=zero_point, data=data,
                                     axis=axis)
        zeros = zero_point if isinstance(zero_point, list) else [zero_point]
        if data is not None:
            data = bytes(v ^ 128 for v in data)
        return self.model.tensor(name, shape, UINT8, scale=scale,
                                 zero_point=[z + 128 for z in zeros], data=data, axis=axis)

    def input(self, c, shape):
        self.check(shape)
        scale, zero_point = self.quant(c)
        number = self.tensor("in%d" % len(self.model.inputs), shape, scale, zero_point)
        self.model.inputs.append(number)
        self.input_bytes += self.data(c, product(shape))
        self.values.append(Value(number, list(shape), scale, zero_point))
        return self.values[-1]

    def const(self, c, shape, quant=None, data=None):
        self.check(shape)
        scale, zero_point = quant or self.quant(c)
        number = self.tensor("const", shape, scale, zero_point,
                             self.data(c, product(shape)) if data is None else data)
        return Value(number, list(shape), scale, zero_point)

    def ints(self, values, shape=None):
        return Value(self.model.int32(list(values), shape), shape, None, None)

    def bias(self, c, count, spread, scale):
        """Biases of count accumulators that are about spread large."""
        rng = self.random()
        spread = max(1, int(spread * c.pick([1, 0.1, 10])))
        data = [rng.randrange(-spread, spread + 1) for _ in range(count)]
        return Value(self.model.tensor("bias", [count], INT32, data=data, scale=scale), [count],
                     scale, 0)

    def op(self, name, inputs, shape, quant, dtype=INT8, **options):
        """Adds an operator with one result; quant is a pair or a Value with the same."""
        return self.op_many(name, inputs, [shape], quant, dtype, **options)[0]

    def op_many(self, name, inputs, shapes, quant, dtype=INT8, **options):
        scale, zero_point = quant[-2:]
        if scale is not None and not MIN_SCALE < scale < MAX_SCALE:
            raise Skip
        for shape in shapes:
            self.check(shape)
        outs = [Value(self.tensor("t", shape, scale, zero_point) if dtype == INT8 else
                      self.model.tensor("t", shape, dtype, scale=scale, zero_point=zero_point),
                      list(shape), scale, zero_point) for shape in shapes]
        self.model.op(name, [v.number for v in inputs], [v.number for v in outs], **options)
        self.read |= {v.number for v in inputs}
        if dtype == INT8:
            self.values += outs
        else:
            self.model.outputs += [v.number for v in outs]
        self.ops.append(name)
        return outs

    def integers(self, name, inputs, shape, **options):
        """An operator whose result is int32 numbers, which others take as they take ints()."""
        out = Value(self.model.tensor(name.lower(), shape, INT32), shape, None, None)
        self.model.op(name, [v.number for v in inputs], [out.number], **options)
        self.read |= {v.number for v in inputs}
        self.ops.append(name)
        return out

    # Operands

    def value(self, c, rank=None, least=0):
        """A value to read, of this rank: one there is, in another shape if need be."""
        if c.chance(8):
            return self.input(c, self.shape(c, rank or c.pick([4, 4, 2, 3, 1])))
        v = self.values[-1 - min(c.pick([0, 0, 0, 0, 1, 1, 2, 3, 4]), len(self.values) - 1)]
        if rank is not None and len(v.shape) != rank:
            matching = [w for w in self.values if len(w.shape) == rank]
            v = matching[-1] if matching and c.chance(50) else self.in_rank(v, rank)
        if len(v.shape) < least:
            v = self.in_rank(v, least)
        return v

    def in_rank(self, v, rank):
        shape = list(v.shape)
        while len(shape) > max(rank, 1):
            first = shape.pop(0)
            shape[0] *= first
        shape = [1] * (rank - len(shape)) + shape
        return self.reshape(v, shape)

    def reshape(self, v, shape):
        return self.op("RESHAPE", [v, self.ints(shape)], shape, v, new_shape=shape)

    def like(self, c, v, shape):
        """A value of this shape with v's quantization: one there is, or a new one."""
        same = [w for w in self.values if w.shape == list(shape) and w[2:] == v[2:]]
        if same and c.chance(70):
            return same[c.below(len(same))]
        if c.chance(50):
            return self.const(c, shape, v[2:])
        self.check(shape)
        number = self.tensor("in%d" % len(self.model.inputs), shape, v.scale, v.zero_point)
        self.model.inputs.append(number)
        self.input_bytes += self.data(c, product(shape))
        self.values.append(Value(number, list(shape), *v[2:]))
        return self.values[-1]

    def finish(self):
        """Makes outputs of all that nothing reads; False if there is no operator."""
        made = [v.number for v in self.values if v.number not in self.model.inputs]
        ends = [n for n in made if n not in self.read]
        others = [n for n in made if n in self.read]
        self.model.outputs += ends + others[len(others) - self.kept:]
        if self.kind == "edges":
            self.add_edges()
        return bool(self.model.outputs)

    def add_edges(self):
        """Puts uint8 in the place of int8 inputs and outputs: most, for others stay."""
        rng = self.random("edges")
        values = {v.number: v for v in self.values}
        for numbers in (self.model.inputs, self.model.outputs):
            for k, number in enumerate(numbers):
                v = values.get(number)
                if not v or rng.randrange(6) == 0:
                    continue
                scale = v.scale * rng.choice([1, 1, 1, 1.3])
                zero_point = rng.choice([v.zero_point + 128, v.zero_point + 128, 0, 200])
                edge = self.model.tensor("edge", v.shape, UINT8, scale=scale,
                                         zero_point=zero_point)
                if numbers is self.model.inputs:
                    self.model.op_first("QUANTIZE", [edge], [number])
                else:
                    self.model.op("QUANTIZE", [number], [edge])
                numbers[k] = edge
