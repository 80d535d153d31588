# SPDX-License-Identifier: MIT
"""Write .tflite models for tests, with Python's standard library only.

Example: a 1x1 convolution from 3 to 2 channels, with metadata.

    from tflite_writer import Model, INT32, VALID

    m = Model()
    x = m.tensor("in", [1, 8, 8, 3], scale=1 / 255, zero_point=-128)
    w = m.tensor("w", [2, 1, 1, 3], data=[1, 2, 3, 4, 5, 6], scale=0.01, zero_point=0)
    b = m.tensor("b", [2], INT32, data=[100, -100], scale=0.01 / 255, zero_point=0)
    y = m.tensor("out", [1, 8, 8, 2], scale=0.05, zero_point=-3)
    m.op("CONV_2D", [x, w, b], [y], padding=VALID, stride_h=1, stride_w=1)
    m.inputs, m.outputs = [x], [y]
    m.write("conv.tflite", {"metadata.json": '{"names": {"0": "cat"}}'})

m.int32([0, 1, 1, 0], [2, 2]) makes a constant int32 tensor: the paddings of
PAD, the begin, end and strides of STRIDED_SLICE, and so on. Per-channel
quantization: lists for scale and zero_point, and axis. The options of each
operator are named as in TFLite's schema.fbs; see OPERATORS. Nothing is
checked: shapes and quantization are the caller's, and so is a bad model.
"""

import array
import struct
import sys
import zipfile

FLOAT32, FLOAT16, INT32, UINT8, INT64, BOOL, INT16, INT8 = 0, 1, 2, 3, 4, 6, 7, 9
SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3

_ARRAY_CODE = {FLOAT32: "f", INT32: "i", UINT8: "B", INT64: "q", BOOL: "B", INT16: "h", INT8: "b"}

_POOL = (5, {"padding": (0, "b"), "stride_w": (1, "i"), "stride_h": (2, "i"),
             "filter_width": (3, "i"), "filter_height": (4, "i"), "activation": (5, "b")})

# name: (BuiltinOperator, version the converter writes for int8,
#        (BuiltinOptions, {option: (field number, struct code)}))
OPERATORS = {
    "ADD": (0, 2, (11, {"activation": (0, "b")})),
    "AVERAGE_POOL_2D": (1, 2, _POOL),
    "CONCATENATION": (2, 2, (10, {"axis": (0, "i"), "activation": (1, "b")})),
    "CONV_2D": (3, 3, (1, {"padding": (0, "b"), "stride_w": (1, "i"), "stride_h": (2, "i"),
                           "activation": (3, "b"), "dilation_w": (4, "i"),
                           "dilation_h": (5, "i")})),
    "DEPTHWISE_CONV_2D": (4, 3, (2, {"padding": (0, "b"), "stride_w": (1, "i"),
                                     "stride_h": (2, "i"), "depth_multiplier": (3, "i"),
                                     "activation": (4, "b"), "dilation_w": (5, "i"),
                                     "dilation_h": (6, "i")})),
    "DEPTH_TO_SPACE": (5, 1, (94, {"block_size": (0, "i")})),
    "DEQUANTIZE": (6, 2, (38, {})),
    "FLOOR": (8, 1, (0, {})),
    "FULLY_CONNECTED": (9, 4, (8, {"activation": (0, "b"), "weights_format": (1, "b"),
                                   "keep_num_dims": (2, "B")})),
    "LOGISTIC": (14, 2, (0, {})),
    "MAX_POOL_2D": (17, 2, _POOL),
    "MUL": (18, 2, (21, {"activation": (0, "b")})),
    "RELU": (19, 2, (0, {})),
    "RELU_N1_TO_1": (20, 1, (0, {})),
    "RELU6": (21, 2, (0, {})),
    "RESHAPE": (22, 1, (17, {"new_shape": (0, "[i]")})),
    "RESIZE_BILINEAR": (23, 2, (15, {"align_corners": (2, "B"), "half_pixel_centers": (3, "B")})),
    "SOFTMAX": (25, 2, (9, {"beta": (0, "f")})),
    "SPACE_TO_DEPTH": (26, 2, (19, {"block_size": (0, "i")})),
    "TANH": (28, 2, (0, {})),
    "PAD": (34, 2, (22, {})),
    "GATHER": (36, 2, (23, {"axis": (0, "i"), "batch_dims": (1, "i")})),
    "BATCH_TO_SPACE_ND": (37, 2, (24, {})),
    "SPACE_TO_BATCH_ND": (38, 2, (25, {})),
    "TRANSPOSE": (39, 2, (26, {})),
    "MEAN": (40, 2, (27, {"keep_dims": (0, "B")})),
    "SUB": (41, 2, (28, {"activation": (0, "b")})),
    "DIV": (42, 1, (29, {"activation": (0, "b")})),
    "SQUEEZE": (43, 1, (30, {"squeeze_dims": (0, "[i]")})),
    "STRIDED_SLICE": (45, 2, (32, {"begin_mask": (0, "i"), "end_mask": (1, "i"),
                                   "ellipsis_mask": (2, "i"), "new_axis_mask": (3, "i"),
                                   "shrink_axis_mask": (4, "i")})),
    "EXP": (47, 2, (33, {})),
    "SPLIT": (49, 2, (35, {"num_splits": (0, "i")})),
    "PRELU": (54, 1, (0, {})),
    "MAXIMUM": (55, 2, (39, {})),
    "ARG_MAX": (56, 2, (40, {"output_type": (0, "b")})),
    "MINIMUM": (57, 2, (39, {})),
    "NEG": (59, 1, (42, {})),
    "PADV2": (60, 2, (43, {})),
    "SLICE": (65, 2, (48, {})),
    "TRANSPOSE_CONV": (67, 3, (49, {"padding": (0, "b"), "stride_w": (1, "i"),
                                    "stride_h": (2, "i"), "activation": (3, "b")})),
    "TILE": (69, 2, (51, {})),
    "LOG": (73, 1, (0, {})),
    "SQRT": (75, 1, (0, {})),
    "EXPAND_DIMS": (70, 1, (52, {})),
    "SUM": (74, 2, (27, {"keep_dims": (0, "B")})),
    "RSQRT": (76, 2, (0, {})),
    "ARG_MIN": (79, 2, (57, {"output_type": (0, "b")})),
    "REDUCE_MAX": (82, 2, (27, {"keep_dims": (0, "B")})),
    "PACK": (83, 2, (59, {"values_count": (0, "i"), "axis": (1, "i")})),
    "UNPACK": (88, 2, (64, {"num": (0, "i"), "axis": (1, "i")})),
    "REDUCE_MIN": (89, 2, (27, {"keep_dims": (0, "B")})),
    "SQUARE": (92, 1, (66, {})),
    "RESIZE_NEAREST_NEIGHBOR": (97, 2, (74, {"align_corners": (0, "B"),
                                             "half_pixel_centers": (1, "B")})),
    "LEAKY_RELU": (98, 2, (75, {"alpha": (0, "f")})),
    "SQUARED_DIFFERENCE": (99, 1, (76, {})),
    "MIRROR_PAD": (100, 2, (77, {"mode": (0, "b")})),
    "ABS": (101, 2, (78, {})),
    "SPLIT_V": (102, 2, (79, {"num_splits": (0, "i")})),
    "CEIL": (104, 1, (0, {})),
    "ELU": (111, 1, (0, {})),
    "QUANTIZE": (114, 2, (89, {})),
    "ROUND": (116, 1, (0, {})),
    "HARD_SWISH": (117, 1, (91, {})),
    "BATCH_MATMUL": (126, 3, (101, {"adj_x": (0, "B"), "adj_y": (1, "B")})),
    "GELU": (150, 2, (116, {"approximate": (0, "B")})),
    "RELU_0_TO_1": (152, 1, (0, {})),
    "CAST": (53, 1, (0, {})),
    "SHAPE": (77, 1, (55, {"out_type": (0, "b")})),
    "REDUCE_PROD": (81, 2, (27, {"keep_dims": (0, "B")})),
    "FLOOR_DIV": (90, 2, (0, {})),
    "FILL": (94, 1, (0, {})),
    "FLOOR_MOD": (95, 1, (0, {})),
    "RANGE": (96, 1, (0, {})),
    "EQUAL": (71, 1, (0, {})),
    "LESS": (58, 1, (0, {})),
    "GATHER_ND": (107, 2, (0, {})),
    "RANK": (110, 1, (0, {})),
    "SELECT_V2": (123, 1, (0, {})),
    "BROADCAST_TO": (130, 2, (0, {})),
    "BROADCAST_ARGS": (145, 1, (0, {})),
}


class _Table:
    """A flatbuffer table: {field number: (struct code, value)}; code "o" is a reference."""

    def __init__(self, fields):
        self.fields = {k: v for k, v in fields.items() if v[1] is not None}


class _Vector:
    """A flatbuffer vector: of scalars (code and values), of references ("o"),
    "raw" bytes, or a "string"."""

    def __init__(self, code, values, align=4):
        self.code, self.values, self.align = code, values, align


class _Flatbuffer:
    """Serializes a tree of tables and vectors front to back, parents before children."""

    def __init__(self, root, identifier):
        self.out = bytearray(4) + identifier
        self.fixups = [(0, root)]
        while self.fixups:
            at, obj = self.fixups.pop(0)
            start = self._table(obj) if isinstance(obj, _Table) else self._vector(obj)
            struct.pack_into("<I", self.out, at, start - at)

    def _align(self, n, after=0):
        """Pads so that the position `after` bytes from here is a multiple of n."""
        self.out += bytes(-(len(self.out) + after) % n)

    def _table(self, table):
        body = bytearray(4)
        slots = [0] * (max(table.fields, default=-1) + 1)
        references = []
        # Large fields first: no padding between them.
        by_size = sorted(table.fields.items(),
                         key=lambda f: -struct.calcsize("<" + f[1][0].replace("o", "I")))
        for number, (code, value) in by_size:
            packed = bytes(4) if code == "o" else struct.pack("<" + code, value)
            body += bytes(-len(body) % len(packed))
            slots[number] = len(body)
            if code == "o":
                references.append((len(body), value))
            body += packed
        vtable = struct.pack("<%dH" % (len(slots) + 2), 2 * len(slots) + 4, len(body), *slots)
        self._align(8, len(vtable))
        self.out += vtable
        start = len(self.out)
        struct.pack_into("<i", body, 0, len(vtable))
        self.out += body
        self.fixups += [(start + at, obj) for at, obj in references]
        return start

    def _vector(self, vector):
        self._align(max(4, vector.align), 4)
        start = len(self.out)
        self.out += struct.pack("<I", len(vector.values))
        if vector.code == "o":
            for value in vector.values:
                self.fixups.append((len(self.out), value))
                self.out += bytes(4)
        elif vector.code in ("raw", "string"):
            self.out += vector.values + bytes(vector.code == "string")
        else:
            self.out += struct.pack("<%d%s" % (len(vector.values), vector.code), *vector.values)
        return start


def _string(text):
    # The final NUL belongs to a flatbuffer string but not to its length.
    return _Vector("string", text.encode())


class Model:
    """A model with one subgraph. Tensors are their numbers in the file, from 0."""

    def __init__(self, description="made by tests/models/tflite_writer.py"):
        self.description = description
        self.inputs, self.outputs = [], []
        self._tensors, self._operators, self._codes = [], [], []
        self._buffers = [b""]  # buffer 0 is empty: tensors without data refer to it

    def tensor(self, name, shape, dtype=INT8, data=None, scale=None, zero_point=0, axis=0):
        """Adds a tensor and returns its number. data: bytes or a list of dtype; None if computed.

        scale, zero_point: a number each, or per channel a list each along dimension axis.
        """
        buffer = 0
        if data is not None:
            if dtype == FLOAT16 and not isinstance(data, (bytes, bytearray)):
                data = struct.pack("<%de" % len(data), *data)
            elif not isinstance(data, (bytes, bytearray)):
                data = array.array(_ARRAY_CODE[dtype], data)
                if sys.byteorder == "big":
                    data.byteswap()
                data = data.tobytes()
            buffer = len(self._buffers)
            self._buffers.append(bytes(data))
        quantization = None
        if scale is not None:
            scales = scale if isinstance(scale, (list, tuple)) else [scale]
            zeros = zero_point if isinstance(zero_point, (list, tuple)) else [zero_point]
            zeros = list(zeros) * (len(scales) // len(zeros))
            quantization = _Table({2: ("o", _Vector("f", scales)),
                                   3: ("o", _Vector("q", zeros, align=8)), 6: ("i", axis)})
        self._tensors.append(_Table({
            0: ("o", _Vector("i", shape)), 1: ("b", dtype), 2: ("I", buffer),
            3: ("o", _string(name)), 4: ("o", quantization)}))
        return len(self._tensors) - 1

    def int32(self, values, shape=None, name=None):
        """Adds a constant int32 tensor, by default of one dimension."""
        return self.tensor(name or "const%d" % len(self._tensors),
                           [len(values)] if shape is None else shape, INT32, data=values)

    def op(self, name, inputs, outputs, **options):
        """Adds an operator. An input of -1 is an optional one left out."""
        builtin, version, (options_type, fields) = OPERATORS[name]
        unknown = set(options) - set(fields)
        if unknown:
            raise ValueError("%s has no option %s" % (name, ", ".join(sorted(unknown))))
        if (builtin, version) not in self._codes:
            self._codes.append((builtin, version))
        table = {}
        for option, value in options.items():
            number, code = fields[option]
            table[number] = ("o", _Vector("i", value)) if code == "[i]" else (code, value)
        self._operators.append(_Table({
            0: ("I", self._codes.index((builtin, version))),
            1: ("o", _Vector("i", inputs)), 2: ("o", _Vector("i", outputs)),
            3: ("B", options_type),
            4: ("o", _Table(table) if options_type else None)}))

    def op_first(self, name, inputs, outputs, **options):
        """As op(), before all operators that there are."""
        self.op(name, inputs, outputs, **options)
        self._operators.insert(0, self._operators.pop())

    def to_bytes(self):
        """The model as a flatbuffer, without metadata."""
        codes = [_Table({0: ("b", min(code, 127)), 2: ("i", version), 3: ("i", code)})
                 for code, version in self._codes]
        subgraph = _Table({
            0: ("o", _Vector("o", self._tensors)), 1: ("o", _Vector("i", self.inputs)),
            2: ("o", _Vector("i", self.outputs)), 3: ("o", _Vector("o", self._operators)),
            4: ("o", _string("main"))})
        buffers = [_Table({0: ("o", _Vector("raw", data, align=16) if data else None)})
                   for data in self._buffers]
        model = _Table({
            0: ("I", 3), 1: ("o", _Vector("o", codes)), 2: ("o", _Vector("o", [subgraph])),
            3: ("o", _string(self.description)), 4: ("o", _Vector("o", buffers))})
        return bytes(_Flatbuffer(model, b"TFL3").out)

    def write(self, path, metadata=None):
        """Writes the file; metadata, {name: text}, goes into an appended zip archive."""
        with open(path, "wb") as f:
            f.write(self.to_bytes())
        if metadata:
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
                for name, text in metadata.items():
                    # A fixed time makes the same model the same bytes.
                    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text,
                                     zipfile.ZIP_DEFLATED)
