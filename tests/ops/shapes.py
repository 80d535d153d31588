# SPDX-License-Identifier: MIT
"""Models that compute shapes, imported by operators.py.

Each number that is computed is a dimension of a BROADCAST_TO: a wrong one gives
other bytes, or none.
"""

from ops import INT32, add

FLOAT32, INT64, BOOL = 0, 4, 6


def ints(n, op, inputs, shape, kind=INT32, **options):
    """An operator of the arithmetic of shapes."""
    out = n.model.tensor(op.lower(), shape, kind)
    n.model.op(op, [i if isinstance(i, int) else i[0] for i in inputs], [out], **options)
    return out


def numbers(n, kind, values, shape=None):
    return n.model.tensor("numbers", [len(values)] if shape is None else shape, kind, data=values)


def shape_of(n, x):
    return ints(n, "SHAPE", [x], [len(x[1])], out_type=INT32)


def dimension(n, shape, k):
    """One of a shape's numbers, as a scalar."""
    return ints(n, "STRIDED_SLICE", [shape, n.ints([k]), n.ints([k + 1]), n.ints([1])], [],
                shrink_axis_mask=1)


def broadcast(n, x, shape, to):
    return n.op("BROADCAST_TO", [x, shape], to, x[2], x[3])


def copies(count):
    return " ".join(["COPY"] * count)


for name, shape, to, count in (
        ("same", [3, 4], [3, 4], 1), ("rank", [5], [2, 3, 5], 5),
        ("inside", [2, 1, 3, 1], [2, 4, 3, 5], 9), ("scalar", [], [3, 7], 10),
        ("both", [3, 1, 5], [2, 3, 4, 5], 6), ("ones", [1, 1], [1, 1, 1], 1)):
    add("broadcast_to_" + name, copies(count), lambda n, s=shape, t=to: [
        broadcast(n, n.input(s), n.ints(t), t)])
add("broadcast_to_const", copies(6) + " ELTWISE", lambda n: [n.op("ADD", [
    n.input([2, 3, 4]), broadcast(n, n.const([3, 1]), n.ints([2, 3, 4]), [2, 3, 4])], [2, 3, 4],
    0.07, 3)])


def pack_reshape(n):
    """What Keras makes of a Flatten."""
    x = n.input([2, 6, 4])
    shape = ints(n, "PACK", [dimension(n, shape_of(n, x), 0), n.ints([-1], [])], [2],
                 values_count=2)
    y = n.op("RESHAPE", [x, shape], [2, 24], x[2], x[3])
    return [n.op("LEAKY_RELU", [y], y[1], 0.04, 2, alpha=0.1)]


add("shape_pack_reshape", "COPY", pack_reshape)


def binary(n, op, a, b):
    return ints(n, op, [a, b], [])


def scalar(n, value):
    return n.ints([value], [])


def rows(n, x):
    """Operand of a BROADCAST_TO: one row of the input, whose shape is what is computed with."""
    return n.reshape(n.slice(x, [0] * len(x[1]), [1] * (len(x[1]) - 1) + [x[1][-1]]), [1, x[1][-1]])


def one(shape, number, result):
    """As many rows as number(n, shape of the input) says, which is result."""
    def build(n):
        x = n.input(shape)
        row = rows(n, x)
        to = ints(n, "PACK", [number(n, shape_of(n, x)), scalar(n, row[1][1])], [2],
                  values_count=2)
        return [broadcast(n, row, to, [result, row[1][1]])]
    return build


def many(shape, numbers_of, result):
    """A number of the input, as often as the shape numbers_of(n, shape of the input) says."""
    def build(n):
        x = n.input(shape)
        element = n.reshape(n.slice(x, [1] + [0] * (len(shape) - 1), [1] * len(shape)), [1])
        return [broadcast(n, element, numbers_of(n, shape_of(n, x)), result)]
    return build


for op, other, result in (("ADD", 4, 11), ("SUB", 5, 2), ("MUL", 3, 21), ("DIV", 2, 3),
                          ("FLOOR_DIV", 2, 3), ("FLOOR_MOD", 4, 3), ("MINIMUM", 5, 5),
                          ("MAXIMUM", 9, 9)):
    add("shape_" + op.lower(), copies(result), one([7, 3], lambda n, s, op=op, o=other: binary(
        n, op, dimension(n, s, 0), scalar(n, o)), result))
# Rounded down, also where that is away from zero
add("shape_floor_div_negative", copies(4), one([7, 3], lambda n, s: binary(
    n, "SUB", scalar(n, 0), binary(n, "FLOOR_DIV", binary(
        n, "SUB", scalar(n, 0), dimension(n, s, 0)), scalar(n, 2))), 4))
add("shape_floor_mod_negative", "COPY", one([7, 3], lambda n, s: binary(n, "FLOOR_MOD", binary(
    n, "SUB", scalar(n, 0), dimension(n, s, 0)), scalar(n, 4)), 1))


def part(n, s):
    """As exporters compute a size for RESIZE: in real numbers."""
    x = ints(n, "CAST", [dimension(n, s, 0)], [], FLOAT32)
    x = ints(n, "MUL", [x, numbers(n, FLOAT32, [0.6], [])], [], FLOAT32)
    return ints(n, "CAST", [ints(n, "FLOOR", [x], [], FLOAT32)], [])


add("shape_cast_floor", copies(4), one([7, 3], part, 4))
add("shape_cast", copies(2), one([7, 3], lambda n, s: ints(n, "CAST", [ints(n, "MUL", [
    numbers(n, FLOAT32, [2.9], []), numbers(n, FLOAT32, [1.0], [])], [], FLOAT32)], []), 2))
add("shape_rank", "COPY", one([2, 3, 4], lambda n, s: ints(n, "RANK", [s], []), 1))
for op, result in (("REDUCE_PROD", 24), ("SUM", 9), ("REDUCE_MAX", 4), ("REDUCE_MIN", 2)):
    add("shape_" + op.lower(), copies(result), one([2, 3, 4], lambda n, s, op=op: ints(n, op, [
        s, n.ints([0])], [], keep_dims=0), result))
add("shape_gather", copies(6), many([2, 3, 4], lambda n, s: ints(
    n, "GATHER", [s, n.ints([2, 0])], [2], axis=0), [4, 2]))
add("shape_concat_slice", copies(9), many([2, 3, 4], lambda n, s: ints(n, "CONCATENATION", [
    ints(n, "SLICE", [s, n.ints([1]), n.ints([-1])], [2]),
    ints(n, "EXPAND_DIMS", [dimension(n, s, 0), n.ints([0], [])], [1])], [3], axis=0), [3, 4, 2]))
add("shape_strided", copies(6), many([2, 3, 4, 5], lambda n, s: ints(n, "STRIDED_SLICE", [
    s, n.ints([0]), n.ints([9]), n.ints([2])], [2], begin_mask=1), [2, 4]))
add("shape_fill", copies(15), many([2, 5], lambda n, s: ints(
    n, "FILL", [n.ints([3]), dimension(n, s, 1)], [3]), [5, 5, 5]))
add("shape_select", copies(12), many([2, 3, 4], lambda n, s: ints(n, "SELECT_V2", [
    ints(n, "EQUAL", [s, n.ints([3])], [3], BOOL), n.ints([6]), s], [3]), [2, 6, 4]))
add("shape_less", copies(12), many([2, 3, 4], lambda n, s: ints(n, "SELECT_V2", [
    ints(n, "LESS", [s, n.ints([4, 3, 3])], [3], BOOL), n.ints([5]), s], [3]), [5, 3, 4]))
add("shape_broadcast_args", copies(9), many([2, 1, 4], lambda n, s: ints(n, "BROADCAST_ARGS", [
    s, n.ints([3, 1])], [3]), [2, 3, 4]))
add("shape_reshape", copies(5), many([2, 3], lambda n, s: ints(n, "RESHAPE", [ints(
    n, "RESHAPE", [s, n.ints([1, -1])], [1, 2]), n.ints([2])], [2]), [2, 3]))


def in_range(start, limit, delta):
    """Rows of the input at numbers of a RANGE, which start and limit make of their count."""
    def build(n):
        x = n.input([9, 2])
        count = dimension(n, shape_of(n, x), 0)
        rows_of = ints(n, "RANGE", [start(n, count), limit(n, count), scalar(n, delta)], [3])
        return [n.op("GATHER", [x, rows_of], [3, 2], x[2], x[3], axis=0)]
    return build


add("shape_range", "COPY", in_range(lambda n, c: scalar(n, 2), lambda n, c: binary(
    n, "SUB", c, scalar(n, 2)), 2))
add("shape_range_down", copies(3), in_range(lambda n, c: binary(n, "SUB", c, scalar(n, 1)),
                                      lambda n, c: scalar(n, -1), -3))


def constant_outputs(n):
    """A shape, and a constant that no operator reads, are outputs."""
    x = n.input([2, 3])
    return [n.op("LEAKY_RELU", [x], x[1], 0.04, 2, alpha=0.1), (shape_of(n, x),),
            (numbers(n, INT64, [3, -2**40]),), n.const([5])]


add("constant_outputs", copies(4), constant_outputs)
