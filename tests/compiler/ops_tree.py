# SPDX-License-Identifier: MIT
"""Models of ops.py that an exporter has unrolled: functions of one value, grouped convolutions."""

import math

from tflite_writer import RELU, VALID

ALL = bytes(range(128, 256)) + bytes(range(128))


def parts(n, x, widths):
    """What a SPLIT of the channels gives, as slices."""
    begin, out = 0, []
    for width in widths:
        out.append(n.slice(x, [0, 0, 0, begin], [*x[1][:3], width]))
        begin += width
    return out


def constant(n, value, shape=(), scale=0.03, zero=-20):
    """The same number for all elements."""
    q = max(-128, min(127, round(value / scale) + zero))
    return n.const(list(shape), scale, zero, bytes([q % 256]) * math.prod(shape))


def silu(n, x, swap=False):
    gate = n.op("LOGISTIC", [x], x[1], 1 / 256, -128)
    return n.op("MUL", [gate, x] if swap else [x, gate], x[1], 0.03, -110)


def feature(n, scale=0.06, zero=9):
    return n.conv(n.input([1, 6, 5, 8]), 12, kernel=(1, 1), scale=scale, zero=zero)


def hard_swish(n, x, limit):
    y = n.op("ADD", [x, constant(n, 3)], x[1], 0.05, -90)
    if limit:
        y = n.op("RELU6", [y], x[1], 0.0235, -128)
    else:
        y = n.op("MAXIMUM", [constant(n, 0, (1,), *y[2:]), y], x[1], *y[2:])
        y = n.op("MINIMUM", [y, constant(n, 6, (12,), *y[2:])], x[1], *y[2:])
    y = n.op("MUL", [constant(n, 1 / 6, (1, 1, 1, 1), 0.002, -100), y], x[1], 0.004, -128)
    return n.op("MUL", [x, y], x[1], 0.04, -110)


def register(case, add, binary):
    @case("unrolled_groups", "CONV CONV")
    def _(n):
        """A convolution for each part of the channels, the parts of several groups among them."""
        x = n.conv(n.input([2, 7, 6, 8]), 12, kernel=(1, 1), scale=0.3)
        a, b, c = parts(n, x, [3, 6, 3])
        return [n.concat([n.conv(a, 5, stride=(2, 1), per_channel=True),
                          n.conv(b, 10, stride=(2, 1), groups=2),
                          n.conv(c, 5, stride=(2, 1))], 3)]

    @case("unrolled_depthwise", "CONV CONV")
    def _(n):
        x = n.conv(n.input([1, 7, 6, 8]), 6, kernel=(1, 1), scale=0.3)
        y = n.concat([n.conv(p, 1, dilation=(1, 2)) for p in parts(n, x, [1] * 6)], 3)
        return [n.op("LEAKY_RELU", [y], y[1], 0.3, -70, alpha=0.1)]

    for name, commands, widths, options in (
            ("order", "CONV CONV CONV", (4, 8), {"swap": True}),
            ("rest", "CONV CONV CONV", (4, 4), {}),
            ("different", "CONV CONV CONV", (4, 8), {"kernel": (1, 3)}),
            ("width", "CONV CONV CONV", (4, 8), {}),
            ("read", "CONV CONV CONV COPY", (6, 6), {"read": True})):
        @case("unrolled_groups_" + name, commands)
        def _(n, widths=widths, options=options):
            """Not quite a grouped convolution."""
            x = n.conv(n.input([1, 7, 6, 8]), 12, kernel=(1, 1), scale=0.3)
            a, b = parts(n, x, widths)
            if options.get("swap"):
                a, b = b, a
            a = n.conv(a, 5)
            b = n.conv(b, 5, kernel=options.get("kernel", (3, 3)))
            return [n.concat([a, b], 3)] + ([a] if options.get("read") else [])

    add("silu", "CONV", lambda n: [silu(n, feature(n))])
    add("silu_swapped", "CONV", lambda n: [silu(n, feature(n), swap=True)])
    add("silu_input", "COPY", lambda n: [silu(n, n.input([256], 0.06, 9, ALL))])
    add("silu_depthwise", "CONV", lambda n: [silu(n, n.conv(n.input([1, 6, 5, 8]), 8, depthwise=1,
                                                            scale=0.1))])
    add("silu_add", "CONV ELTWISE", lambda n: (lambda x: [silu(n, binary(n, "ADD", x, silu(
        n, n.conv(x, 8))))])(n.input([1, 6, 5, 8])))
    add("silu_twice", "CONV", lambda n: [silu(n, silu(n, feature(n)))])
    add("silu_rank_1", "COPY ELTWISE", lambda n: (lambda x: [n.op("MUL", [n.op(
        "LOGISTIC", [x], [5], 1 / 256, -128), n.reshape(x, [1, 5])], [1, 5])])(n.input([5])))

    @case("silu_two_values", "COPY ELTWISE")
    def _(n):
        x = n.input([6, 7])
        gate = n.op("LOGISTIC", [n.slice(x, [0, 0], [3, 7])], [3, 7], 1 / 256, -128)
        return [n.op("MUL", [gate, n.slice(x, [3, 0], [3, 7])], [3, 7])]

    @case("silu_shared", "CONV COPY POOL")
    def _(n):
        """What reads the convolution's result besides the tree needs it as it is."""
        x = feature(n)
        return [silu(n, x), n.pool("MAX_POOL_2D", x, (2, 2), (1, 1), VALID)]

    @case("silu_gate_read", "CONV COPY COPY POOL")
    def _(n):
        x = feature(n)
        gate = n.op("LOGISTIC", [x], x[1], 1 / 256, -128)
        return [n.op("MUL", [x, gate], x[1], 0.03, -110),
                n.pool("MAX_POOL_2D", gate, (2, 2), (1, 1), VALID)]

    @case("silu_goes_on", "CONV COPY POOL COPY")
    def _(n):
        """What follows only from a result that is needed is a table of that."""
        y = silu(n, feature(n))
        z = silu(n, binary(n, "MUL", y, y))
        return [z, n.pool("MAX_POOL_2D", y, (2, 2), (1, 1), VALID), n.quantize(y)]

    @case("silu_meets", "CONV COPY COPY COPY POOL")
    def _(n):
        """Operands that are tables of different results: of the one that both follow from."""
        x = feature(n)
        y = silu(n, x)
        z = n.op("TANH", [y], y[1], 1 / 128, 0)
        both = n.op("ADD", [n.op("MUL", [x, z], x[1], 0.05, -30), y], x[1], 0.09, -40)
        return [both, n.pool("MAX_POOL_2D", y, (2, 2), (1, 1), VALID), z]

    add("unrolled_hard_swish", "CONV", lambda n: [hard_swish(n, feature(n), True)])
    add("unrolled_hard_swish_clamps", "CONV", lambda n: [hard_swish(n, feature(n), False)])

    @case("unrolled_gelu", "CONV")
    def _(n):
        x = feature(n, 0.04, 3)
        cube = n.op("MUL", [n.op("MUL", [x, x], x[1], 0.1, -128), x], x[1], 0.6, 0)
        y = n.op("MUL", [cube, constant(n, 0.044715, (), 0.001, 5)], x[1], 0.03, 2)
        y = n.op("ADD", [x, y], x[1], 0.05, 0)
        y = n.op("MUL", [y, constant(n, 0.7979, (), 0.01, 0)], x[1], 0.05, -1)
        y = n.op("TANH", [y], x[1], 1 / 128, 0)
        y = n.op("ADD", [constant(n, 1, (1,)), y], x[1], 0.008, -128)
        half = n.op("MUL", [constant(n, 0.5), x], x[1], 0.02, 3)
        return [n.op("MUL", [half, y], x[1], 0.03, -100)]

    @case("unrolled_mish", "CONV")
    def _(n):
        """There is no LOG in int8: tanh(log(1 + exp(x))) is near LOGISTIC of this."""
        x = feature(n, 0.02, 3)
        y = n.op("ADD", [n.op("EXP", [x], x[1], 0.06, -128), constant(n, 1)], x[1], 0.06, -120)
        y = n.op("SUB", [y, constant(n, 2)], x[1], 0.07, -60)
        y = n.op("LOGISTIC", [y], x[1], 1 / 256, -128)
        return [n.op("MUL", [x, n.op("TANH", [y], x[1], 1 / 128, 0)], x[1], 0.02, -9)]

    @case("unrolled_prelu", "CONV")
    def _(n):
        x = feature(n)
        y = n.op("PRELU", [x, constant(n, 0.2, (1, 1, 12), 0.003, 0)], x[1], 0.05, -40)
        y = n.op("ABS", [n.op("SUB", [constant(n, 0.5), y], x[1], 0.04, 3)], x[1], 0.03, -128)
        return [n.op("SUB", [y, constant(n, 1.1, (5, 1))], x[1], 0.04, -20, activation=RELU)]

    add("tree_other_constant", "CONV ELTWISE", lambda n: (lambda x: [n.op("MUL", [x, n.const(
        [12])], x[1], 0.03, 4)])(feature(n)))
    add("tree_grows", "CONV ELTWISE", lambda n: (lambda x: [n.op("MUL", [x, constant(
        n, 0.7, (2, 1, 1, 1))], [2, *x[1][1:]], 0.03, 4)])(feature(n)))
    add("tree_of_constants", "ELTWISE ELTWISE", lambda n: [binary(n, "ADD", n.input([4, 6]), binary(
        n, "ADD", constant(n, 1, (6,)), constant(n, 2, (6,))))])
