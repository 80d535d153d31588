# SPDX-License-Identifier: MIT
"""Random elementwise arithmetic, pooling, reductions and functions: the vector unit's operators."""

import math

import mac
from net import Skip, product
from tflite_writer import INT32, INT64


def binary(name):
    """ADD and its kin, with operands of the same shape, broadcast, constant, or the same."""
    def make(n, c):
        v = n.value(c)
        shape = list(v.shape)
        kind = c.pick(["same", "same", "broadcast", "both", "itself"])
        if kind in ("broadcast", "both"):
            shape = [1 if c.chance(50) else d for d in shape][c.below(len(shape) + 1):]
        if kind == "itself":
            w = v
        elif name in ("MAXIMUM", "MINIMUM") or c.chance(40):
            w = n.like(c, v, shape)
        elif c.chance(50):
            w = n.const(c, shape)
        else:
            w = n.input(c, shape)
        if kind == "both" and shape:
            k = c.below(len(shape))
            if v.shape[k - len(shape)] == 1:
                w = n.const(c, shape[:k] + [c.dim(8)] + shape[k + 1:], w[2:])
        if c.chance(30):
            v, w = w, v
        rank = max(len(v.shape), len(w.shape))
        pad = [[1] * (rank - len(t.shape)) + t.shape for t in (v, w)]
        out = [max(a, b) for a, b in zip(*pad)]
        if name in ("MAXIMUM", "MINIMUM"):
            n.op(name, [v, w], out, v if c.chance(95) else n.quant(c))
            return
        natural = v.scale * w.scale * 74 if name == "MUL" else max(v.scale, w.scale) * 1.4
        n.op(name, [v, w], out, n.quant(c, natural), activation=c.pick(mac.ACTIVATIONS))
    return make


def pool(name):
    def make(n, c):
        v = n.value(c, 4)
        kernel, out, options = mac.window_options(n, c, v, dilate=False)
        n.op(name, [v], [v.shape[0], *out, v.shape[3]], v, filter_height=kernel[0],
             filter_width=kernel[1], **options)
    return make


def softmax(n, c):
    v = n.value(c, c.pick([2, 4, 3, 1]))
    if v.shape[-1] > 511:
        raise Skip      # TFLite shifts a sum of 512 by 32 bits, which is undefined
    n.op("SOFTMAX", [v], v.shape, (1 / 256, -128), beta=c.pick([1.0, 1.0, 0.5, 2.0, 0.1]))


def function(name, scale=None, zero_point=None, **drawn):
    """An operator with one operand; its result has a fixed quantization or any."""
    def make(n, c):
        v = n.value(c)
        options = {key: c.pick(values) for key, values in drawn.items()}
        quant = (scale, zero_point) if scale else n.quant(c, v.scale)
        n.op(name, [v], v.shape, quant, **options)
    return make


def uniform(n, c, v, quant=None):
    """A constant with one number for all elements, which may make the result larger than v."""
    shape = c.pick([[], [1], v.shape, v.shape[-1:], [1] * len(v.shape), [1] + v.shape])
    return n.const(c, shape, quant, bytes([c.below(256)]) * product(shape))


def tree_step(n, c, pool, x):
    """One more value that is a function of x, of those of pool and constants."""
    v = c.pick(pool[::-1])
    kind = c.pick(["gate", "binary", "constant", "function", "clamp", "prelu"])
    if kind == "gate":
        name = c.pick(["LOGISTIC", "TANH"])
        return n.op(name, [v], v.shape, (1 / 256, -128) if name == "LOGISTIC" else (1 / 128, 0))
    if kind == "function":
        name = c.pick(["QUANTIZE", "RELU6", "LEAKY_RELU", "ABS", "HARD_SWISH", "ELU"])
        options = {"alpha": c.pick([0.1, 1.5, -0.2])} if name == "LEAKY_RELU" else {}
        return n.op(name, [v], v.shape, n.quant(c, v.scale), **options)
    if kind == "prelu":
        if len(x.shape) != 4:
            raise Skip
        alpha = n.const(c, [1, 1, x.shape[3]], (c.scale() / 30, 0),
                        bytes([c.below(256)]) * x.shape[3])
        return n.op("PRELU", [v, alpha], v.shape, n.quant(c, v.scale))
    name = c.pick(["MAXIMUM", "MINIMUM"] if kind == "clamp" else ["MUL", "ADD", "SUB"])
    if kind == "clamp":
        same = [u for u in pool if u[2:] == v[2:]]
        w = c.pick(same) if c.chance(30) else uniform(n, c, v, v[2:])
    else:
        w = uniform(n, c, v) if kind == "constant" else c.pick(pool)
    shape = v.shape if len(v.shape) >= len(w.shape) else w.shape
    inputs = [w, v] if c.chance(50) else [v, w]
    if kind == "clamp":
        return n.op(name, inputs, shape, v)
    natural = v.scale * w.scale * 74 if name == "MUL" else max(v.scale, w.scale) * 1.4
    return n.op(name, inputs, shape, n.quant(c, natural), activation=c.pick(mac.ACTIVATIONS))


def tree(n, c):
    """Operators that are together a function of one value, as exporters unroll SiLU or GELU."""
    pool = [n.value(c)]
    for _ in range(c.pick([2, 2, 3, 4, 6, 9])):
        value = tree_step(n, c, pool, pool[0])
        if value.shape == pool[0].shape:
            pool.append(value)


def exp(n, c):
    v = n.value(c)
    largest = v.scale * (127 - v.zero_point)
    if largest > 60:
        raise Skip
    # TFLite's conversion of what does not fit 32 bits is undefined
    n.op("EXP", [v], v.shape, (math.exp(largest) / 200 * c.factor(), c.zero_point()))


def rsqrt(n, c):
    """Of positive values."""
    v = n.value(c)
    if v.zero_point != -128:
        v = n.op("QUANTIZE", [v], v.shape, (c.scale(), -128))
    n.op("RSQRT", [v], v.shape, n.quant(c, 0.02 / v.scale ** 0.5))


def prelu(n, c):
    v = n.value(c, 4)
    alpha = n.const(c, [1 if c.chance(30) else d for d in v.shape[1:]], (c.scale() / 30, 0))
    n.op("PRELU", [v, alpha], v.shape, n.quant(c, v.scale))


def beyond(size, out, mode):
    """Does TFLite's integer kernel, whose scale is rounded, read past a dimension's end?"""
    if mode.get("align_corners") and out > 1:
        scale = (1024 * (size - 1) + (out - 1) // 2) // (out - 1)
    else:
        scale = (1024 * size + out // 2) // out
    last = (out - 1) * scale + (scale // 2 - 512 if mode.get("half_pixel_centers") else 0)
    return last // 1024 >= size


def resize(name):
    def make(n, c):
        v = n.value(c, 4)
        size = [c.pick([2 * d, d, c.dim(), 3 * d, (d + 1) // 2]) for d in v.shape[1:3]]
        mode = c.pick([{}, {"half_pixel_centers": 1}, {"align_corners": 1}])
        shape = [v.shape[0], *size, v.shape[3]]
        n.check(shape)
        if name == "RESIZE_BILINEAR" and any(beyond(d, out, mode)
                                             for d, out in zip(v.shape[1:3], size)):
            raise Skip
        n.op(name, [v, n.ints(size)], shape, v, **mode)
    return make


def reduce(name, any_quant):
    def make(n, c):
        v = n.value(c, c.pick([4, 4, 3, 2]))
        rank = len(v.shape)
        if rank == 4 and c.chance(60):
            axes = [1, 2]
        else:
            axes = [k for k in range(rank) if c.chance(40)] or [rank - 1]
        keep = int(c.chance(60))
        shape = [1 if k in axes else d for k, d in enumerate(v.shape) if keep or k not in axes]
        if c.chance(30):
            axes = [k - rank for k in axes]
        count = product(v.shape) // product(shape)
        natural = v.scale * count ** 0.5 if name == "SUM" else v.scale
        n.op(name, [v, n.ints(axes)], shape, n.quant(c, natural) if any_quant else v,
             keep_dims=keep)
    return make


def arg(name):
    def make(n, c):
        v = n.value(c, c.pick([4, 2, 3, 1]))
        axis = c.between(0, len(v.shape) - 1)
        shape = [d for k, d in enumerate(v.shape) if k != axis]
        dtype = c.pick([INT32, INT64])
        n.op(name, [v, n.ints([axis - (len(v.shape) if c.chance(50) else 0)], [])], shape,
             (None, 0), dtype, output_type=dtype)
    return make


OPERATORS = {
    "add": (binary("ADD"), 3), "sub": (binary("SUB"), 2), "mul": (binary("MUL"), 3),
    "maximum": (binary("MAXIMUM"), 1), "minimum": (binary("MINIMUM"), 1),
    "max_pool": (pool("MAX_POOL_2D"), 2), "average_pool": (pool("AVERAGE_POOL_2D"), 3),
    "softmax": (softmax, 2), "prelu": (prelu, 2),
    "resize_nearest": (resize("RESIZE_NEAREST_NEIGHBOR"), 2),
    "resize_bilinear": (resize("RESIZE_BILINEAR"), 2),
    "mean": (reduce("MEAN", True), 2), "sum": (reduce("SUM", True), 1),
    "reduce_max": (reduce("REDUCE_MAX", False), 1), "reduce_min": (reduce("REDUCE_MIN", False), 1),
    "arg_max": (arg("ARG_MAX"), 1), "arg_min": (arg("ARG_MIN"), 1),
    "quantize": (function("QUANTIZE"), 2), "logistic": (function("LOGISTIC", 1 / 256, -128), 1),
    "tanh": (function("TANH", 1 / 128, 0), 1), "relu": (function("RELU"), 1),
    "relu6": (function("RELU6"), 1),
    "leaky_relu": (function("LEAKY_RELU", alpha=[0.1, 0.01, 0.5, 0.3, 1.5, -0.2, 0.0]), 1),
    "hard_swish": (function("HARD_SWISH"), 1), "elu": (function("ELU"), 1),
    "abs": (function("ABS"), 1),
    "tree": (tree, 5), "exp": (exp, 1), "rsqrt": (rsqrt, 1),
    "gelu": (function("GELU", approximate=[0, 1]), 1),
    "relu_0_to_1": (function("RELU_0_TO_1"), 1),
}
