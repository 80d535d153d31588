# SPDX-License-Identifier: MIT
"""Models of ops.py whose products are unrolled, and some that only look like it.

roll_test.c has the numbers of operators that must be left of each.
"""

import math

from tflite_writer import RELU

Q_SCALE, K_SCALE, OUT_SCALE = 0.04, 0.03, 0.6


def parts(n, name, x, inputs, shapes, **options):
    """An operator with several results."""
    tensors = [n.model.tensor(name, s, scale=x[2], zero_point=x[3]) for s in shapes]
    n.model.op(name, [i if isinstance(i, int) else i[0] for i in inputs], tensors, **options)
    return [(t, s, x[2], x[3]) for t, s in zip(tensors, shapes)]


def resized(shape, axis, size):
    return shape[:axis] + [size] + shape[axis + 1:]


def split(n, x, axis, count):
    shape = resized(x[1], axis, x[1][axis] // count)
    return parts(n, "SPLIT", x, [n.ints([axis], []), x], [shape] * count, num_splits=count)


def split_v(n, x, axis, sizes):
    return parts(n, "SPLIT_V", x, [x, n.ints(sizes), n.ints([axis], [])],
                 [resized(x[1], axis, s) for s in sizes], num_splits=len(sizes))


def unpack(n, x, axis):
    shape = x[1][:axis] + x[1][axis + 1:]
    return parts(n, "UNPACK", x, [x], [shape] * x[1][axis], num=x[1][axis], axis=axis)


def strided(n, x, axis, first, count, shrink=False):
    begin = [0] * len(x[1])
    begin[axis] = first
    end = resized(x[1], axis, first + count)
    shape = resized(x[1], axis, count)
    if shrink:
        del shape[axis]
    return n.op("STRIDED_SLICE", [x, n.ints(begin), n.ints(end), n.ints([1] * len(begin))], shape,
                x[2], x[3], shrink_axis_mask=shrink << axis)


def pack(n, xs, axis):
    shape = xs[0][1][:axis] + [len(xs)] + xs[0][1][axis:]
    return n.op("PACK", xs, shape, xs[0][2], xs[0][3], values_count=len(xs), axis=axis)


def product(n, a, b, rows, units, bias=-1, **options):
    return n.op("FULLY_CONNECTED", [a, b, bias], [rows, units], OUT_SCALE, -9, **options)


def batch_matmul(n, a, b, rows, units, **options):
    return n.op("BATCH_MATMUL", [a, b], a[1][:-2] + [rows, units], OUT_SCALE, -9, **options)


def operands(n, *shapes):
    """Operands of these shapes, all of one input; the first has other scales than the rest."""
    sizes = [math.prod(s) for s in shapes]
    x = n.input([sum(sizes)])
    return [n.op("RESHAPE", [n.slice(x, [sum(sizes[:i])], [sizes[i]]), n.ints(s)], s,
                 K_SCALE if i else Q_SCALE, -11 if i else 7) for i, s in enumerate(shapes)]


def heads_of(n, q):
    """[1, rows, depth] for each head."""
    return split(n, q, 0, q[1][0]) if q[1][0] > 1 else [q]


def columns(n, heads, rows, count, depth, change=None, heads_first=False):
    """As TFLite's converter unrolls a product that is broadcast over its columns."""
    q, k = operands(n, [heads, rows, depth], [heads * count, depth, 1])
    q, k = heads_of(n, q), split(n, k, 0, heads * count)
    results = []
    for i, piece in enumerate(k):
        head = i // count if heads_first else i % heads
        other = change == "scale" and i == 3
        flat = n.op("RESHAPE", [piece, n.ints([1, depth])], [1, depth],
                    2 * piece[2] if other else piece[2], piece[3])
        bias = n.bias(1) if change == "bias" and i == 3 else -1
        activation = RELU if change == "activation" and i == 3 else 0
        results.append(product(n, q[head], flat, rows, 1, bias, activation=activation))
    return results, k


def register(case, add):
    """Adds the cases with ops.py's case() and add()."""
    for name, commands, options in (
            ("columns", "MATMUL MATMUL", (2, 5, 6, 8)),
            ("columns_one_head", "MATMUL", (1, 3, 7, 5)),
            ("columns_three_heads", "MATMUL MATMUL MATMUL", (3, 1, 4, 9)),
            ("columns_two", "MATMUL", (1, 4, 2, 8)),
            ("columns_many", "MATMUL", (1, 5, 3000, 4))):
        add("roll_" + name, commands, lambda n, options=options: [
            pack(n, columns(n, *options)[0], 0)])
    add("roll_columns_heads_first", "MATMUL MATMUL", lambda n: [
        pack(n, columns(n, 2, 5, 6, 8, heads_first=True)[0], 0)])

    @case("roll_columns_attention", "MATMUL MATMUL COPY SOFTMAX")
    def _(n):
        s = pack(n, columns(n, 2, 12, 6, 8)[0], 0)
        s = n.op("MUL", [s, n.const([], 0.02, -128, b"\x7f")], s[1], 0.6, -9)
        s = n.transpose(n.reshape(s, [6, 2, 12, 1]), [3, 1, 2, 0])
        return [n.op("SOFTMAX", [s], s[1], 1 / 256, -128, beta=1.0)]

    @case("roll_columns_side_by_side", "MATMUL")
    def _(n):
        return [n.concat(columns(n, 1, 5, 6, 8)[0], 1)]

    @case("roll_columns_own_keys", "MATMUL MATMUL")
    def _(n):
        q, *k = operands(n, [2, 5, 8], [4, 1, 8], [4, 1, 8])
        q, k = heads_of(n, q), [unpack(n, x, 0) for x in k]
        return [pack(n, [product(n, q[h], k[h][i], 5, 1) for i in range(4) for h in (0, 1)], 2)]

    def blocks(n):
        q, k = operands(n, [5, 8], [12, 8])
        return [product(n, q, x, 5, 3) for x in split(n, k, 0, 4)]

    add("roll_column_blocks", "MATMUL", lambda n: [n.concat(blocks(n), 1)])
    add("roll_column_blocks_packed", "MATMUL COPY", lambda n: [pack(n, blocks(n), 0)])

    @case("roll_column_blocks_of_heads", "COPY MATMUL COPY COPY MATMUL COPY")
    def _(n):
        q, k = operands(n, [2, 5, 8], [24, 8])
        q, k = heads_of(n, q), split_v(n, k, 0, [3] * 8)
        return [pack(n, [product(n, q[i % 2], k[i], 5, 3) for i in range(8)], 0)]

    @case("roll_columns_transposed", "MATMUL")
    def _(n):
        q, k = operands(n, [5, 8], [8, 6])
        return [n.concat([product(n, q, n.reshape(strided(n, k, 1, i, 1), [1, 8]), 5, 1)
                          for i in range(6)], 1)]

    @case("roll_rows", "MATMUL")
    def _(n):
        x, k = operands(n, [6, 8], [9, 8])
        return [n.concat([product(n, row, k, 1, 9) for row in unpack(n, x, 0)], 0)]

    @case("roll_rows_shrunk", "MATMUL")
    def _(n):
        x, k = operands(n, [1, 6, 8], [9, 8])
        return [pack(n, [n.reshape(product(n, strided(n, x, 1, i, 1, True), k, 1, 9), [9])
                         for i in range(6)], 1)]

    @case("roll_rows_sliced", "MATMUL")
    def _(n):
        x, k = operands(n, [6, 8], [9, 8])
        return [n.concat([product(n, n.slice(x, [i, 0], [2, 8]), k, 2, 9)
                          for i in (0, 2, 4)], 0)]

    @case("roll_rows_constant", "CONV")
    def _(n):
        w = n.model.tensor("weights", [9, 8], data=n.random(72), scale=0.02, zero_point=0)
        w, b = (w, [9, 8], 0.02, 0), n.bias(9)
        return [n.concat([product(n, x, w, 2, 9, b, activation=RELU) for x in split(
            n, n.input([6, 8]), 0, 3)], 0)]

    @case("roll_rows_heads", "MATMUL MATMUL")
    def _(n):
        x, k = operands(n, [12, 8], [2, 9, 8])
        k = [n.reshape(head, [9, 8]) for head in heads_of(n, k)]
        x = split(n, x, 0, 12)
        return [n.concat([product(n, x[i], k[i % 2], 1, 9) for i in range(12)], 0)]

    @case("roll_batch_split", "MATMUL")
    def _(n):
        a, b = operands(n, [4, 5, 8], [4, 8, 6])
        return [n.concat([batch_matmul(n, x, y, 5, 6) for x, y in zip(
            split(n, a, 0, 4), split(n, b, 0, 4))], 0)]

    @case("roll_batch_slice", "MATMUL")
    def _(n):
        a, b = operands(n, [1, 4, 5, 8], [1, 4, 6, 8])
        return [pack(n, [batch_matmul(n, strided(n, a, 1, i, 1, True), strided(n, b, 1, i, 1, True),
                                      5, 6, adj_y=1) for i in range(4)], 1)]

    @case("roll_batch_unpack", "MATMUL")
    def _(n):
        a, b = operands(n, [3, 8, 5], [3, 8, 6])
        return [pack(n, [n.op("BATCH_MATMUL", [x, y], [5, 6], OUT_SCALE, -9, adj_x=1)
                         for x, y in zip(unpack(n, a, 0), unpack(n, b, 0))], 0)]

    @case("roll_batch_several", "MATMUL")
    def _(n):
        a, b = operands(n, [6, 5, 8], [6, 8, 4])
        return [n.concat([batch_matmul(n, x, y, 5, 4) for x, y in zip(
            split(n, a, 0, 3), split(n, b, 0, 3))], 0)]

    @case("roll_slice_read", "ELTWISE MATMUL MATMUL")
    def _(n):
        results, k = columns(n, 2, 5, 4, 8)
        return [n.op("ADD", [k[2], k[5]], [1, 8, 1]), pack(n, results, 0)]

    # Products that must stay as they are

    for change in ("scale", "bias", "activation"):
        add("keep_" + change, " ".join(["MATMUL"] * 8), lambda n, change=change: [
            pack(n, columns(n, 2, 5, 4, 8, change)[0], 0)])

    @case("keep_result_read", " ".join(["MATMUL"] * 8 + ["COPY"]))
    def _(n):
        results, _ = columns(n, 2, 5, 4, 8)
        return [pack(n, results, 0), results[3]]

    @case("keep_order", " ".join(["MATMUL"] * 8))
    def _(n):
        results, _ = columns(n, 2, 5, 4, 8)
        results[2], results[4] = results[4], results[2]
        return [pack(n, results, 0)]

    @case("keep_twice", " ".join(["MATMUL"] * 6))
    def _(n):
        q, k = operands(n, [5, 8], [6, 8])
        k = split(n, k, 0, 6)
        return [n.concat([product(n, q, k[i], 5, 1) for i in (0, 1, 2, 3, 3, 5)], 1)]

    @case("keep_missing", " ".join(["MATMUL"] * 5))
    def _(n):
        q, k = operands(n, [5, 8], [6, 8])
        k = split(n, k, 0, 6)
        return [n.concat([product(n, q, k[i], 5, 1) for i in range(5)], 1)]

    @case("keep_uneven", " ".join(["MATMUL"] * 3))
    def _(n):
        q, k = operands(n, [5, 8], [6, 8])
        k = split_v(n, k, 0, [1, 2, 3])
        return [n.concat([product(n, q, x, 5, x[1][0]) for x in k], 1)]

    @case("keep_batch_order", " ".join(["MATMUL"] * 4))
    def _(n):
        a, b = operands(n, [4, 5, 8], [4, 8, 6])
        return [n.concat([batch_matmul(n, x, y, 5, 6) for x, y in zip(
            split(n, a, 0, 4), reversed(split(n, b, 0, 4)))], 0)]
