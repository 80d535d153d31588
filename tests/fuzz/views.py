# SPDX-License-Identifier: MIT
"""Random operators that only move values: what the compiler turns into layouts."""

from net import Skip, product
from tflite_writer import INT32


def amounts(c, rank):
    """Elements before and after, for each dimension: mostly those of an image."""
    pads = [[0, 0] for _ in range(rank)]
    for k in (range(1, 3) if rank == 4 and c.chance(65) else range(rank)):
        pads[k] = [c.pick([0, 1, 1, 2, 3]), c.pick([0, 1, 1, 2])]
    return pads


def padded(v, pads):
    return [d + a + b for d, (a, b) in zip(v.shape, pads)]


def flat(n, pads):
    return n.ints([p for pair in pads for p in pair], [len(pads), 2])


def pad(n, c):
    v = n.value(c, c.pick([4, 4, 4, 2, 3, 1]))
    pads = amounts(c, len(v.shape))
    n.op("PAD", [v, flat(n, pads)], padded(v, pads), v)


def padv2(n, c):
    v = n.value(c, c.pick([4, 4, 4, 2, 3, 1]))
    pads = amounts(c, len(v.shape))
    n.check(padded(v, pads))
    fill = c.pick([-128, 0, 77, 127, v.zero_point]) % 256
    value = n.const(c, [1], v[2:], bytes([fill]))
    n.op("PADV2", [v, flat(n, pads), value], padded(v, pads), v)


def mirror_pad(n, c):
    v = n.value(c, c.pick([4, 4, 2, 3, 1]))
    mode = c.below(2)   # REFLECT leaves the edge out, SYMMETRIC repeats it
    pads = [[min(p, d - 1 + mode) for p in pair]
            for pair, d in zip(amounts(c, len(v.shape)), v.shape)]
    n.op("MIRROR_PAD", [v, flat(n, pads)], padded(v, pads), v, mode=mode)


def reshape(n, c):
    v = n.value(c)
    rank, left, shape = c.pick([4, 2, 3, 1, 5]), product(v.shape), []
    for _ in range(rank - 1):
        divisors = [d for d in range(1, min(left, 64) + 1) if left % d == 0]
        shape.append(c.pick(divisors))
        left //= shape[-1]
    n.reshape(v, shape + [left])


def squeeze(n, c):
    v = n.value(c)
    ones = [k for k, d in enumerate(v.shape) if d == 1]
    if not ones or len(v.shape) == 1:
        raise Skip
    gone = [k for k in ones if c.chance(60)] or ones[:1]
    n.op("SQUEEZE", [v], [d for k, d in enumerate(v.shape) if k not in gone], v,
         squeeze_dims=gone)


def expand_dims(n, c):
    v = n.value(c)
    if len(v.shape) > 4:
        raise Skip
    at = c.between(0, len(v.shape))
    n.op("EXPAND_DIMS", [v, n.ints([at - (len(v.shape) + 1 if c.chance(30) else 0)])],
         v.shape[:at] + [1] + v.shape[at:], v)


def transpose(n, c):
    v = n.value(c, least=2)
    left, perm = list(range(len(v.shape))), []
    while left:
        perm.append(left.pop(c.below(len(left))))
    n.op("TRANSPOSE", [v, n.ints(perm)], [v.shape[p] for p in perm], v)


def part(c, d):
    """First element and count of a part of d elements."""
    if c.chance(40):
        return 0, d
    begin = c.below(d)
    return begin, c.between(1, d - begin)


def slice_(n, c):
    v = n.value(c, least=1)
    if len(v.shape) > 5:
        raise Skip
    parts = [part(c, d) for d in v.shape]
    size = [count for _, count in parts]
    given = [-1 if b + s == d and c.chance(30) else s for (b, s), d in zip(parts, v.shape)]
    n.op("SLICE", [v, n.ints(b for b, _ in parts), n.ints(given)], size, v)


def strided_slice(n, c):
    v = n.value(c, least=1)
    if len(v.shape) > 5:
        raise Skip
    begins, ends, steps, shape = [], [], [], []
    masks = dict.fromkeys(["begin_mask", "end_mask", "shrink_axis_mask"], 0)
    for k, d in enumerate(v.shape):
        begin, count = part(c, d)
        step = c.pick([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3] + [1] * 20 + [-1])
        end = begin + count
        if step < 0:
            begin, end = end - 1, begin - 1
            if end < 0:
                end = -d - 1
        out = -(-count // abs(step))
        if c.chance(12) and len(v.shape) > 1:
            masks["shrink_axis_mask"] |= 1 << k
            step, end, out = 1, begin + 1, None
        elif begin == (0 if step > 0 else d - 1) and c.chance(30):
            masks["begin_mask"] |= 1 << k
            begin = c.below(d)
        if out and end in (d, -d - 1) and c.chance(50):
            masks["end_mask"] |= 1 << k
        if c.chance(20):
            begin -= d
        begins.append(begin)
        ends.append(end)
        steps.append(step)
        shape += [out] if out else []
    n.op("STRIDED_SLICE", [v, n.ints(begins), n.ints(ends), n.ints(steps)], shape, v,
         ellipsis_mask=0, new_axis_mask=0, **masks)


def parts_of(c, d):
    """Sizes of up to four parts of d elements."""
    cuts = sorted({c.below(d) for _ in range(c.between(1, 3))} - {0})
    return [b - a for a, b in zip([0] + cuts, cuts + [d])]


def split(n, c):
    v = n.value(c, least=1)
    axis = len(v.shape) - 1 - c.below(len(v.shape))
    count = c.pick([k for k in range(1, 7) if v.shape[axis] % k == 0])
    shape = list(v.shape)
    shape[axis] //= count
    given = axis - (len(shape) if c.chance(30) else 0)
    n.op_many("SPLIT", [n.ints([given], []), v], [shape] * count, v, num_splits=count)


def split_v(n, c):
    v = n.value(c, least=1)
    axis = len(v.shape) - 1 - c.below(len(v.shape))
    sizes = parts_of(c, v.shape[axis])
    given = list(sizes)
    if c.chance(30):
        given[c.below(len(given))] = -1
    n.op_many("SPLIT_V", [v, n.ints(given), n.ints([axis], [])],
              [v.shape[:axis] + [s] + v.shape[axis + 1:] for s in sizes], v,
              num_splits=len(sizes))


def unpack(n, c):
    v = n.value(c, least=1)
    axis = c.below(len(v.shape))
    if v.shape[axis] > 6:
        raise Skip
    given = axis - (len(v.shape) if c.chance(30) else 0)
    n.op_many("UNPACK", [v], [v.shape[:axis] + v.shape[axis + 1:]] * v.shape[axis], v,
              num=v.shape[axis], axis=given)


def pack(n, c):
    v = n.value(c)
    if len(v.shape) > 4:
        raise Skip
    axis, count = c.between(0, len(v.shape)), c.between(1, 4)
    shape = v.shape[:axis] + [count] + v.shape[axis:]
    n.check(shape)
    n.op("PACK", [v] + [n.like(c, v, v.shape) for _ in range(count - 1)], shape, v,
         values_count=count, axis=axis - (len(shape) if c.chance(30) else 0))


def concat(n, c):
    v = n.value(c, least=1)
    axis = len(v.shape) - 1 - c.below(len(v.shape))
    rest = [d for k, d in enumerate(v.shape) if k != axis]
    # TFLite's kernel for uint8 rescales
    rescales = n.kind == "uint8" and c.chance(50)
    fits = [w for w in n.values if len(w.shape) == len(v.shape) and
            (rescales or w[2:] == v[2:]) and
            [d for k, d in enumerate(w.shape) if k != axis] == rest]
    operands = []
    for _ in range(c.between(1, 4)):
        if c.chance(75):
            operands.append(fits[len(fits) - 1 - c.below(len(fits))])
        else:
            shape = list(v.shape)
            shape[axis] = c.dim(8)
            operands.append(n.like(c, v, shape))
    operands.insert(c.below(len(operands) + 1), v)
    shape = list(v.shape)
    shape[axis] = sum(w.shape[axis] for w in operands)
    n.op("CONCATENATION", operands, shape, n.quant(c, v.scale) if rescales else v,
         axis=axis - (len(shape) if c.chance(30) else 0))


def tile(n, c):
    v = n.value(c, least=1)
    times = [c.pick([1, 1, 2, 3]) for _ in v.shape]
    n.op("TILE", [v, n.ints(times)], [d * t for d, t in zip(v.shape, times)], v)


def gather(n, c):
    v = n.value(c, least=1)
    axis = c.below(len(v.shape))
    taken = [c.below(v.shape[axis]) for _ in range(c.dim(6))]
    n.op("GATHER", [v, n.ints(taken)], v.shape[:axis] + [len(taken)] + v.shape[axis + 1:], v,
         axis=axis)


def gather_nd(n, c):
    v = n.value(c, least=1)
    if not v.shape:
        raise Skip
    depth = c.between(1, len(v.shape))
    lead = [c.dim(5) for _ in range(c.below(3))]
    if len(lead) + len(v.shape) - depth > 5:
        raise Skip
    index = [c.below(d) for _ in range(product(lead)) for d in v.shape[:depth]]
    n.op("GATHER_ND", [v, n.ints(index, [*lead, depth])], lead + v.shape[depth:], v)


def broadcast_to(n, c):
    v = n.value(c)
    shape = [c.dim(6) if d == 1 and c.chance(70) else d for d in v.shape]
    shape = [c.dim(3) for _ in range(c.below(5 - min(len(shape), 4)))] + shape
    n.op("BROADCAST_TO", [v, n.ints(shape)], shape, v)


def shape_reshape(n, c):
    """A RESHAPE to a shape that is computed from its input's: all but some dimensions merged."""
    v = n.value(c, least=2)
    if len(v.shape) < 2:
        raise Skip
    kept = c.between(1, len(v.shape) - 1)
    shape = n.integers("SHAPE", [v], [len(v.shape)], out_type=INT32)
    parts = [n.integers("STRIDED_SLICE", [shape, n.ints([k]), n.ints([k + 1]), n.ints([1])], [],
                        shrink_axis_mask=1) for k in range(kept)]
    packed = n.integers("PACK", parts + [n.ints([-1], [])], [kept + 1], values_count=kept + 1)
    n.op("RESHAPE", [v, packed], v.shape[:kept] + [product(v.shape[kept:])], v)


def space_to_depth(n, c):
    v = n.value(c, 4)
    b, h, w, d = v.shape
    size = c.pick([k for k in (1, 2, 3, 4) if h % k == 0 and w % k == 0])
    n.op("SPACE_TO_DEPTH", [v], [b, h // size, w // size, d * size * size], v, block_size=size)


def depth_to_space(n, c):
    v = n.value(c, 4)
    b, h, w, d = v.shape
    size = c.pick([k for k in (1, 2, 3, 4) if d % (k * k) == 0])
    n.op("DEPTH_TO_SPACE", [v], [b, h * size, w * size, d // size // size], v, block_size=size)


def space_to_batch(n, c):
    v = n.value(c, 4)
    block = [c.pick([1, 2, 3]) for _ in range(2)]
    crops = [[c.below(2), 0] for _ in range(2)]
    for k in range(2):
        crops[k][1] = -(v.shape[1 + k] + crops[k][0]) % block[k]
    size = [(v.shape[1 + k] + sum(crops[k])) // block[k] for k in range(2)]
    n.op("SPACE_TO_BATCH_ND", [v, n.ints(block), flat(n, crops)],
         [v.shape[0] * product(block), *size, v.shape[3]], v)


def batch_to_space(n, c):
    v = n.value(c, 4)
    block = [k for k in ([1, 1], [1, 2], [2, 1], [2, 2], [3, 1])
             if v.shape[0] % product(k) == 0]
    block = c.pick(block)
    size = [v.shape[1 + k] * block[k] for k in range(2)]
    crops = [[c.below(2), c.below(2)] if s > 2 else [0, 0] for s in size]
    n.op("BATCH_TO_SPACE_ND", [v, n.ints(block), flat(n, crops)],
         [v.shape[0] // product(block), size[0] - sum(crops[0]), size[1] - sum(crops[1]),
          v.shape[3]], v)


OPERATORS = {
    "pad": (pad, 5), "padv2": (padv2, 2), "mirror_pad": (mirror_pad, 1), "reshape": (reshape, 4),
    "squeeze": (squeeze, 1), "expand_dims": (expand_dims, 1), "transpose": (transpose, 4),
    "slice": (slice_, 4), "strided_slice": (strided_slice, 4), "split": (split, 3),
    "split_v": (split_v, 2), "unpack": (unpack, 2), "pack": (pack, 2), "concat": (concat, 6),
    "tile": (tile, 1), "gather": (gather, 1), "gather_nd": (gather_nd, 1),
    "broadcast_to": (broadcast_to, 1), "shape_reshape": (shape_reshape, 2),
    "space_to_depth": (space_to_depth, 1),
    "depth_to_space": (depth_to_space, 1), "space_to_batch": (space_to_batch, 1),
    "batch_to_space": (batch_to_space, 1),
}
