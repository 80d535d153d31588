/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * The command stream: what the compiler emits, the firmware walks and the
 * datapath executes.
 *
 * A stream is commands back to back, each a multiple of 8 bytes and starting
 * with struct v3npu_cmd_hdr. Commands run in order; each sees all that the
 * ones before it wrote. Addresses are of the job's address space. Who
 * receives a command checks it; one that is not as described here ends its
 * job, with V3NPU_CMD_E* for a reason. (The check itself is hwabi's
 * v3npu/cmd_check.h, which is not for programs.)
 *
 * Arithmetic is TensorFlow Lite's reference kernels', bit for bit. Tensors
 * are int8 and four-dimensional (n, h, w, c) with a stride in bytes for each
 * dimension, so slices, concatenations, reshapes and transposes are addresses
 * and strides. A stride of 0 broadcasts (operands only). An output must not
 * overlap an operand of the same command unless address and strides are the
 * same and the command works element by element (ELTWISE, COPY, SOFTMAX).
 */
#ifndef _V3NPU_CMD_H
#define _V3NPU_CMD_H

#include "types.h"

#define V3NPU_CMD_VERSION	1
#define V3NPU_CMD_MAX_SIZE	256
#define V3NPU_CMDS_MAX		(16u << 20)	/* bytes of a stream */

/* Why a command was refused, as drm_v3npu_ctx_query.fault_detail has it */
#define V3NPU_CMD_EOPCODE	1	/* unknown opcode */
#define V3NPU_CMD_ESIZE		2	/* size is not the opcode's, or runs past the stream */
#define V3NPU_CMD_ERESERVED	3	/* a reserved field or an unknown flag is not 0 */
#define V3NPU_CMD_EDIM		4	/* a dimension is out of range or disagrees with another */
#define V3NPU_CMD_EADDR		5	/* an address or extent is out of range or misaligned */
#define V3NPU_CMD_EVALUE	6	/* another field is out of range */

enum v3npu_opcode {
	V3NPU_OP_NOP = 0,
	V3NPU_OP_CONV = 1,
	V3NPU_OP_MATMUL = 2,
	V3NPU_OP_ELTWISE = 3,
	V3NPU_OP_POOL = 4,
	V3NPU_OP_SOFTMAX = 5,
	V3NPU_OP_RESIZE = 6,
	V3NPU_OP_COPY = 7,
	V3NPU_OP_STALL = 8,
	V3NPU_OP_ARGMAX = 9,
	V3NPU_NUM_OPCODES,
};

/**
 * struct v3npu_cmd_hdr - first 8 bytes of a command
 * @opcode: enum v3npu_opcode
 * @size: bytes of the command, header included: the size of its structure
 * @tag: the emitter's own (the compiler puts the model's operator number
 *	there); returned in fault reports
 */
struct v3npu_cmd_hdr {
	__u16 opcode;
	__u16 size;
	__u32 tag;
};

/**
 * struct v3npu_tensor - an int8 tensor in memory
 * @addr: address of element (0, 0, 0, 0)
 * @dim: elements of n, h, w, c; each 1..V3NPU_DIM_MAX, their product at most
 *	V3NPU_ELEMENTS_MAX
 * @stride: bytes from one element to the next along n, h, w, c
 *
 * All elements lie in buffers, or all in SRAM: drm_v3npu_dev_info.va_end and
 * sram_va.
 */
struct v3npu_tensor {
	__u64 addr;
	__u32 dim[4];
	__u32 stride[4];
};

#define V3NPU_DIM_MAX		(1u << 20)
#define V3NPU_ELEMENTS_MAX	(1u << 28)

/**
 * struct v3npu_chan - output-stage constants of one output channel
 * @bias: added to the accumulator
 * @multiplier: Q31 multiplier, >= 0
 * @shift: power of two, positive to the left, -31..30
 *
 * acc' = MultiplyByQuantizedMultiplier(acc + bias, multiplier, shift), with
 * TFLite's double rounding (SaturatingRoundingDoublingHighMul, then
 * RoundingDivideByPOT). These lie in memory that their owner can change while
 * a command runs, so the datapath reads them once and ends the command as
 * illegal when its own copy is out of range.
 */
struct v3npu_chan {
	__s32 bias;
	__s32 multiplier;
	__s32 shift;
};

/**
 * struct v3npu_output - the output stage of the MAC array
 * @chan: address of struct v3npu_chan[output channels], a multiple of 4; or of
 *	one entry for all channels (V3NPU_OUTPUT_PER_TENSOR)
 * @table: address of int8 [256], applied last: result q becomes
 *	table[q + 128]; 0 for none
 * @zero_point: added after the multiplication
 * @min: lower clamp, applied after the zero point
 * @max: upper clamp, >= @min
 * @flags: V3NPU_OUTPUT_*
 * @reserved: 0
 */
struct v3npu_output {
	__u64 chan;
	__u64 table;
	__s8 zero_point;
	__s8 min;
	__s8 max;
	__u8 flags;
	__u32 reserved;
};

#define V3NPU_OUTPUT_PER_TENSOR	(1u << 0)

/**
 * struct v3npu_cmd_conv - convolution
 * @hdr: opcode V3NPU_OP_CONV
 * @in: operand; c must be a multiple of @groups
 * @out: result; n as @in; c a multiple of @groups
 * @output: output stage
 * @weights: address; V3NPU_WEIGHTS_OHWI: int8 [out c][kernel h][kernel w]
 *	[in c / groups]; V3NPU_WEIGHTS_BRICK: see below, @groups must be 1
 * @kernel: h, w; 1..V3NPU_KERNEL_MAX
 * @stride: h, w; 1..V3NPU_KERNEL_MAX
 * @dilation: h, w; 1..V3NPU_KERNEL_MAX
 * @pad: rows above and columns left of the input; 0..V3NPU_KERNEL_MAX. Rows
 *	below and columns right follow from @out.
 * @groups: 1..V3NPU_DIM_MAX
 * @in_zero_point: subtracted from every input element
 * @pad_value: what the input holds outside its dimensions (before the
 *	subtraction of @in_zero_point)
 * @weight_format: V3NPU_WEIGHTS_*
 * @weight_zero_point: subtracted from every weight
 *
 * acc[n,y,x,o] = sum over i, ky, kx of (in[n, y*sh + ky*dh - ph, x*sw +
 * kx*dw - pw, i] - in_zero_point) * (weights[o,ky,kx,i] - weight_zero_point),
 * with 32-bit wrap-free sums: kernel h * kernel w * in c / groups is at most
 * V3NPU_DEPTH_MAX, and half of that if @weight_zero_point is not 0.
 *
 * V3NPU_WEIGHTS_BRICK feeds the array without reordering. With OB = ceil(out
 * c / 16) and IQ = ceil(in c / 4) the weight of (o, ky, kx, i) is at byte
 * ((((o / 16 * kernel h + ky) * kernel w + kx) * IQ + i / 4) * 16 + o % 16)
 * * 4 + i % 4; bytes that belong to no weight are 0. The whole is OB * kernel
 * h * kernel w * IQ * 64 bytes.
 */
struct v3npu_cmd_conv {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_tensor in;
	struct v3npu_tensor out;
	struct v3npu_output output;
	__u64 weights;
	__u16 kernel[2];
	__u16 stride[2];
	__u16 dilation[2];
	__u16 pad[2];
	__u32 groups;
	__s8 in_zero_point;
	__s8 pad_value;
	__u8 weight_format;
	__s8 weight_zero_point;
};

#define V3NPU_KERNEL_MAX	1024
#define V3NPU_DEPTH_MAX		65536
#define V3NPU_WEIGHTS_OHWI	0
#define V3NPU_WEIGHTS_BRICK	1
#define V3NPU_BRICK_O		16
#define V3NPU_BRICK_I		4

/**
 * struct v3npu_cmd_matmul - product of two activations
 * @hdr: opcode V3NPU_OP_MATMUL
 * @a: operand; rows w, depth c, batches n and h; depth at most V3NPU_DEPTH_MAX
 * @b: operand; columns of the product w, depth c, batches as @a
 * @out: result; batches as @a, w as @a's w, c as @b's w
 * @output: output stage; output channels are @out's c
 * @a_zero_point: subtracted from every element of @a
 * @b_zero_point: subtracted from every element of @b
 * @reserved: 0
 *
 * acc[n,h,r,k] = sum over d of (a[n,h,r,d] - a_zero_point) * (b[n,h,k,d] -
 * b_zero_point)
 */
struct v3npu_cmd_matmul {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_tensor a;
	struct v3npu_tensor b;
	struct v3npu_tensor out;
	struct v3npu_output output;
	__s8 a_zero_point;
	__s8 b_zero_point;
	__u8 reserved[6];
};

/**
 * struct v3npu_operand - how an elementwise operand is brought to the common scale
 * @multiplier: Q31 multiplier, >= 0
 * @shift: power of two, positive to the left, -31..30
 * @zero_point: subtracted from every element
 * @reserved: 0
 */
struct v3npu_operand {
	__s32 multiplier;
	__s32 shift;
	__s8 zero_point;
	__u8 reserved[3];
};

/**
 * struct v3npu_cmd_eltwise - two operands, element by element
 * @hdr: opcode V3NPU_OP_ELTWISE
 * @in: operands, dimensions as @out; stride 0 broadcasts
 * @out: result
 * @table: address of int8 [256] applied last, 0 for none
 * @operand: rescaling of @in[0] and @in[1]; ADD and SUB only, otherwise only
 *	the zero points are used and the rest must be 0 (MAX and MIN: all 0;
 *	PRELU: the first one's are of what is not negative)
 * @multiplier: of the result, Q31, >= 0 (MAX and MIN: 0)
 * @shift: of the result, -31..30 (MAX and MIN: 0)
 * @op: V3NPU_ELTWISE_*
 * @left_shift: ADD and SUB: operands are shifted left by this before they are
 *	rescaled, 0..20; else 0
 * @zero_point: of the result (MAX and MIN: 0)
 * @min: lower clamp
 * @max: upper clamp, >= @min
 * @reserved: 0
 *
 * ADD, SUB: MBQM(s0 +- s1, multiplier, shift) + zero_point, where sK =
 * MBQM((inK - zpK) << left_shift, multiplierK, shiftK); MUL: MBQM((in0 - zp0)
 * * (in1 - zp1), multiplier, shift) + zero_point; MAX, MIN: of the int8
 * values; PRELU: MBQM(in0 - zp0, multiplier0, shift0) + zero_point if in0 >=
 * zp0, and as MUL otherwise. MBQM is MultiplyByQuantizedMultiplier as in struct
 * v3npu_chan.
 */
struct v3npu_cmd_eltwise {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_tensor in[2];
	struct v3npu_tensor out;
	__u64 table;
	struct v3npu_operand operand[2];
	__s32 multiplier;
	__s32 shift;
	__u8 op;
	__u8 left_shift;
	__s8 zero_point;
	__s8 min;
	__s8 max;
	__u8 reserved[3];
};

#define V3NPU_ELTWISE_ADD	0
#define V3NPU_ELTWISE_SUB	1
#define V3NPU_ELTWISE_MUL	2
#define V3NPU_ELTWISE_MAX	3
#define V3NPU_ELTWISE_MIN	4
#define V3NPU_ELTWISE_PRELU	5
#define V3NPU_ELTWISE_SHIFT_MAX	20

/**
 * struct v3npu_cmd_pool - pooling over windows
 * @hdr: opcode V3NPU_OP_POOL
 * @in: operand
 * @out: result; n and c as @in
 * @table: address of int8 [256] applied last, 0 for none
 * @kernel: h, w; 1..V3NPU_KERNEL_MAX
 * @stride: h, w; 1..V3NPU_KERNEL_MAX
 * @pad: rows above, columns left; 0..V3NPU_KERNEL_MAX
 * @op: V3NPU_POOL_*
 * @min: lower clamp
 * @max: upper clamp, >= @min
 * @flags: V3NPU_POOL_HALF_UP, of AVG only
 *
 * Elements outside the input do not count. AVG divides the sum by the number
 * of elements that do, rounding half away from zero, or up with
 * V3NPU_POOL_HALF_UP, as TFLite's uint8 kernel does. A window with no element
 * gives @min for MAX and 0, clamped, for AVG.
 */
struct v3npu_cmd_pool {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_tensor in;
	struct v3npu_tensor out;
	__u64 table;
	__u16 kernel[2];
	__u16 stride[2];
	__u16 pad[2];
	__u8 op;
	__s8 min;
	__s8 max;
	__u8 flags;
};

#define V3NPU_POOL_MAX		0
#define V3NPU_POOL_AVG		1
#define V3NPU_POOL_HALF_UP	(1u << 0)

/**
 * struct v3npu_cmd_softmax - softmax along c
 * @hdr: opcode V3NPU_OP_SOFTMAX
 * @in: operand
 * @out: result, dimensions as @in; scale 1/256, zero point -128
 * @multiplier: Q31 of beta * input scale, as TFLite's PreprocessSoftmaxScaling
 * @shift: its left shift, 0..30
 * @diff_min: differences to the maximum below this count as 0, <= 0
 * @reserved: 0
 *
 * TFLite's reference integer softmax (gemmlowp fixed-point exp and
 * reciprocal, 12 integer bits of accumulation).
 */
struct v3npu_cmd_softmax {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_tensor in;
	struct v3npu_tensor out;
	__s32 multiplier;
	__s32 shift;
	__s32 diff_min;
	__u32 reserved;
};

/**
 * struct v3npu_cmd_resize - change height and width
 * @hdr: opcode V3NPU_OP_RESIZE
 * @in: operand
 * @out: result; n and c as @in
 * @mode: V3NPU_RESIZE_*
 * @flags: V3NPU_RESIZE_ALIGN_CORNERS or V3NPU_RESIZE_HALF_PIXEL, not both; and, of
 *	BILINEAR, V3NPU_RESIZE_FLOAT
 * @reserved: 0
 *
 * NEAREST: TFLite's ResizeNearestNeighbor (source index computed in float32).
 * BILINEAR: TFLite's ResizeBilinearInteger, whose positions have 10 fraction
 * bits; its lower index is at most the last one, which TFLite does not see to
 * where rounding of the scale carries it further. With V3NPU_RESIZE_FLOAT it is
 * TFLite's ResizeBilinear of uint8, in float32, an element q being q + 128 there.
 */
struct v3npu_cmd_resize {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_tensor in;
	struct v3npu_tensor out;
	__u8 mode;
	__u8 flags;
	__u8 reserved[6];
};

#define V3NPU_RESIZE_NEAREST		0
#define V3NPU_RESIZE_BILINEAR		1
#define V3NPU_RESIZE_ALIGN_CORNERS	(1u << 0)
#define V3NPU_RESIZE_HALF_PIXEL		(1u << 1)
#define V3NPU_RESIZE_FLOAT		(1u << 2)

/**
 * struct v3npu_cmd_copy - strided copy, with an optional table on the way
 * @hdr: opcode V3NPU_OP_COPY
 * @in: operand; stride 0 broadcasts
 * @out: result, dimensions as @in
 * @table: address of int8 [256], 0 for none; element q becomes table[q + 128].
 *	Any function of one int8 is a table: requantize, sigmoid, LeakyReLU.
 */
struct v3npu_cmd_copy {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_tensor in;
	struct v3npu_tensor out;
	__u64 table;
};

/**
 * struct v3npu_cmd_stall - keep the datapath busy and do nothing
 * @hdr: opcode V3NPU_OP_STALL
 * @usec: microseconds of real time, at most V3NPU_STALL_MAX; charged no cycles
 * @reserved: 0
 *
 * For tests of timeouts and scheduling: a stall that is longer than the
 * driver's job timeout is a hung command.
 */
struct v3npu_cmd_stall {
	struct v3npu_cmd_hdr hdr;
	__u32 usec;
	__u32 reserved;
};

#define V3NPU_STALL_MAX		600000000u
/* In drm_v3npu_dev_info.fw_features: the firmware runs V3NPU_OP_STALL */
#define V3NPU_FEATURE_STALL	(1u << 0)

/**
 * struct v3npu_cmd_argmax - index of the largest or smallest element along c
 * @hdr: opcode V3NPU_OP_ARGMAX
 * @in: operand
 * @out: indices; n, h, w as @in; c is 4 or 8: the bytes of an index, a
 *	little-endian integer
 * @op: V3NPU_ARGMAX_*
 * @reserved: 0
 *
 * Of several elements that are equal, the first counts.
 */
struct v3npu_cmd_argmax {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_tensor in;
	struct v3npu_tensor out;
	__u8 op;
	__u8 reserved[7];
};

#define V3NPU_ARGMAX_MAX	0
#define V3NPU_ARGMAX_MIN	1

_Static_assert(sizeof(struct v3npu_cmd_hdr) == 8, "ABI");
_Static_assert(sizeof(struct v3npu_tensor) == 40, "ABI");
_Static_assert(sizeof(struct v3npu_chan) == 12, "ABI");
_Static_assert(sizeof(struct v3npu_output) == 24, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_conv) == 144, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_matmul) == 160, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_eltwise) == 176, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_pool) == 112, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_softmax) == 104, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_resize) == 96, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_copy) == 96, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_stall) == 16, "ABI");
_Static_assert(sizeof(struct v3npu_cmd_argmax) == 96, "ABI");

#endif /* _V3NPU_CMD_H */
