import { suite } from "uvu";
import * as assert from "uvu/assert";
import { costOf, evaluateOp, inferTypes } from "../../src/ir/op.js";
import { operandSlot, operandSlots } from "../../src/ir/operands.js";
import { definitionOf, isPrimitive, OP_NAMES, type OpName } from "../../src/ir/ops/registry.js";
import { type DType, formatType, type TensorType, TypeRefusal, tensorType } from "../../src/ir/types.js";
import { throwsError } from "../throws.js";
import { ATTENTION_TABLES } from "./attention-tables.js";
import { attributesOf, type Table, typeOf } from "./op-table.js";

const UNARY: Table = {
  accepts: [
    { operands: ["N 3 8 8"], result: "N 3 8 8" },
    { operands: ["5"], result: "5" },
  ],
  refuses: [],
};

const BINARY: Table = {
  accepts: [
    { operands: ["N 3 8 8", "N 3 8 8"], result: "N 3 8 8" },
    { operands: ["N 3 8 8", "N 3 1 1"], result: "N 3 8 8" },
    { operands: ["3 1 1", "N 1 8 8"], result: "N 3 8 8" },
    { operands: ["N 3", ""], result: "N 3" },
  ],
  refuses: [
    { operands: ["N 3 8 8", "N 4 8 8"], says: "can't be broadcast" },
    { operands: ["N 3", "M 3"], says: "can't be broadcast" },
  ],
};

const VARIADIC: Table = {
  accepts: [
    { operands: ["N 3 8 8", "3 1 1", "8"], result: "N 3 8 8" },
    { operands: ["N 3"], result: "N 3" },
  ],
  refuses: [{ operands: ["N 3", "N 4"], says: "can't be broadcast" }],
};

/** A binary op of sizes: what it makes of [N, 4] and 2. */
function arithmetic(result: string): Table {
  const sizes = { operands: ["{N 4}", "{2}!"], result };
  return { accepts: [...BINARY.accepts, sizes], refuses: BINARY.refuses };
}

const TRAINING_ONLY: Table = {
  accepts: [{ operands: ["N 3 8 8"], attributes: { rate: 0.2 }, result: "N 3 8 8" }],
  refuses: [
    { operands: ["N 3"], attributes: {}, says: "rate" },
    { operands: ["N 3"], attributes: { rate: 1 }, says: "rate" },
    { operands: ["N 3"], attributes: { rate: -0.1 }, says: "rate" },
  ],
};

const POOL: Table = {
  accepts: [
    { operands: ["N 8 7 5"], attributes: { kernel: [3, 3], pads: [1, 1, 1, 1] }, result: "N 8 7 5" },
    {
      operands: ["N 64 112 112"],
      attributes: { kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
      result: "N 64 56 56",
    },
    { operands: ["N 8 7 7"], attributes: { kernel: [1, 1], strides: [2, 2] }, result: "N 8 4 4" },
  ],
  refuses: [
    { operands: ["N 8 7 7"], attributes: {}, says: "kernel" },
    { operands: ["N 8 2 2"], attributes: { kernel: [3, 3] }, says: "a map of 2x2 is too small for 3x3" },
    {
      operands: ["N 8 7 7"],
      attributes: { kernel: [2, 2], pads: [0, 0, 2, 0] },
      says: "pads of 0 and 2 hold a whole window of 2",
    },
    { operands: ["N 8"], attributes: { kernel: [1, 1] }, says: "x must be [N, C, H, W]" },
  ],
};

const REDUCTION: Table = {
  accepts: [
    { operands: ["N 8 7 5"], attributes: { axes: [1] }, result: "N 1 7 5" },
    { operands: ["N 8 7 5"], attributes: { axes: [3, 2] }, result: "N 8 1 1" },
    { operands: ["N 8 7 5"], attributes: { axes: [3, 2], keepdims: false }, result: "N 8" },
    { operands: ["N 8"], attributes: { axes: [0] }, result: "1 8" },
  ],
  refuses: [
    { operands: ["N 8"], attributes: { axes: [2] }, says: "there is no axis 2 among 2" },
    { operands: ["N 8"], attributes: { axes: [1, 1] }, says: "axis 1 is named twice" },
    { operands: ["N 8"], attributes: { axes: [] }, says: "axes" },
  ],
};

/** An op without a table is a compile error. */
const TABLES: { readonly [N in OpName]: Table } = {
  ...ATTENTION_TABLES,
  drop_path: TRAINING_ONLY,
  max: VARIADIC,
  min: VARIADIC,
  sum: VARIADIC,
  pow: BINARY,
  abs: UNARY,
  ceil: UNARY,
  celu: UNARY,
  elu: UNARY,
  floor: UNARY,
  exp: UNARY,
  leaky_relu: UNARY,
  log: UNARY,
  neg: UNARY,
  reciprocal: UNARY,
  sloped_hard_sigmoid: UNARY,
  softplus: UNARY,
  layer_norm: {
    accepts: [
      { operands: ["N 8", "8", "8"], attributes: { axis: 1 }, result: "N 8" },
      { operands: ["N 4 H W", "4 1 1"], attributes: { axis: 1 }, result: "N 4 H W" },
    ],
    refuses: [
      { operands: ["N 8", "7"], attributes: { axis: 1 }, says: "can't be broadcast" },
      { operands: ["N 8", "2 8"], attributes: { axis: 1 }, says: "from 1 on" },
      { operands: ["N 8", "8"], attributes: { axis: 2 }, says: "float32[N, 8] has no axis 2" },
    ],
  },
  instance_norm: {
    accepts: [{ operands: ["N 8 H W", "8", "8"], result: "N 8 H W" }],
    refuses: [
      { operands: ["N 8 7", "7", "8"], says: "scale and shift must have the shape [8]" },
      { operands: ["N 8", "8", "8"], says: "x must be [N, C, ...]" },
    ],
  },
  standardized_weight: {
    accepts: [
      { operands: ["8 3 3 3"], result: "8 3 3 3" },
      { operands: ["8 3 1 1", "8 1 1 1"], attributes: { factor: 1.7 }, result: "8 3 1 1" },
      { operands: ["8 3", "8 1"], result: "8 3" },
    ],
    refuses: [
      { operands: ["8"], says: "weight must be [outputs, ...], got float32[8]" },
      { operands: ["8 3 1 1", "8"], says: "gain must have the shape [8, 1, 1, 1]" },
      { operands: ["8 3 1 1"], attributes: { epsilon: 0 }, says: "epsilon" },
    ],
  },
  log_softmax: {
    accepts: [{ operands: ["N 8"], attributes: { axis: 1 }, result: "N 8" }],
    refuses: [{ operands: ["N 8"], attributes: { axis: 2 }, says: "x has no axis 2" }],
  },
  resize: {
    accepts: [
      { operands: ["N 8 7 5"], attributes: { scales: [1, 1, 2, 1.5] }, result: "N 8 14 7" },
      { operands: ["N 8 H 5"], attributes: { scales: [1, 1, 2, 2] }, result: "N 8 2*H 10" },
      { operands: ["N 8 7 5", "{N 8 14 14}"], result: "N 8 14 14" },
    ],
    refuses: [
      { operands: ["N 8 7 5"], says: "it needs either scales or sizes" },
      { operands: ["N 8 7"], attributes: { scales: [2, 2] }, says: "float32[N, 8, 7] has not 2 axes" },
      { operands: ["N 8 H"], attributes: { scales: [1, 1, 1.5] }, says: "the open size H is scaled by 1.5" },
      { operands: ["N 8 7", "3"], says: "sizes must be integers, not float32" },
    ],
  },
  prelu: {
    accepts: [{ operands: ["N 3 8 8", "3 1 1"], result: "N 3 8 8" }],
    refuses: [
      { operands: ["N 3", "2 1 3"], says: "can't be broadcast to float32[N, 3]" },
      { operands: ["N 3", "4"], says: "can't be broadcast" },
    ],
  },
  general_gemm: {
    accepts: [
      { operands: ["N 8", "8 10"], result: "N 10", macs: 80 },
      {
        operands: ["8 N", "10 8", "1 10"],
        attributes: { transposeA: true, transposeB: true },
        result: "N 10",
        macs: 80,
      },
      { operands: ["N 8", "8 10", ""], attributes: { alpha: 2 }, result: "N 10" },
    ],
    refuses: [
      { operands: ["N 8", "10 8"], says: "a has 8 columns, b has 10 rows" },
      { operands: ["N 8", "8 10", "9"], says: "can't be broadcast" },
      { operands: ["N 8 1", "8 10"], says: "a must have two axes" },
    ],
  },
  reduce_sum: REDUCTION,
  reduce_min: REDUCTION,
  reduce_prod: {
    accepts: [
      ...REDUCTION.accepts,
      { operands: ["{N 4 7}"], attributes: { axes: [0] }, result: "{28*N}" },
      { operands: ["{N 4}"], attributes: { axes: [0], keepdims: false }, result: "{4*N}!" },
    ],
    refuses: REDUCTION.refuses,
  },
  dropout: TRAINING_ONLY,
  add: arithmetic("{N+2 6}"),
  mul: arithmetic("{2*N 8}"),
  sub: arithmetic("{N-2 2}"),
  div: arithmetic("{floor(N/2) 2}"),
  erf: UNARY,
  gelu: UNARY,
  hard_sigmoid: UNARY,
  "hard_sigmoid_0.2": UNARY,
  hard_swish: UNARY,
  relu: UNARY,
  relu6: UNARY,
  mish: UNARY,
  "leaky_relu_0.1": UNARY,
  "leaky_relu_0.01": UNARY,
  "leaky_relu_0.001": UNARY,
  sigmoid: UNARY,
  sqrt: UNARY,
  silu: UNARY,
  tanh: UNARY,
  opaque: {
    accepts: [
      {
        operands: ["N 3", "5"],
        attributes: {
          operator: "Foo",
          node: 0,
          types: [["float32", "N", 7]],
        },
        result: "N 7",
      },
    ],
    refuses: [{ operands: ["N 3"], attributes: { operator: "Foo", node: -1 }, says: "node" }],
  },
  cast: {
    accepts: [
      { operands: ["N 3 8 8"], attributes: { to: "float32" }, result: "N 3 8 8" },
      { operands: ["{N 3}"], attributes: { to: "int64" }, result: "{N 3}" },
      { operands: ["{N 3}"], attributes: { to: "float32" }, result: "2" },
    ],
    refuses: [
      { operands: ["N 3"], attributes: {}, says: "to" },
      { operands: ["N 3"], attributes: { to: "float64" }, says: "to" },
    ],
  },
  clip: {
    accepts: [{ operands: ["N 3"], attributes: { low: 0, high: 6 }, result: "N 3" }],
    refuses: [
      { operands: ["N 3"], attributes: { low: 2, high: 1 }, says: "low (2) is above high (1)" },
      { operands: ["N 3"], attributes: { low: 0 }, says: "high" },
    ],
  },
  batch_norm: {
    accepts: [
      { operands: ["N 3 8 8", "3", "3", "3", "3"], result: "N 3 8 8" },
      { operands: ["N 3", "3", "3", "3", "3"], result: "N 3" },
      { operands: ["N 3 H W", "3", "3", "3", "3"], result: "N 3 H W" },
    ],
    refuses: [
      { operands: ["N 3 8 8", "3", "3", "3", "4"], says: "must have the shape [3]" },
      { operands: ["N C 8", "3", "3", "3", "3"], says: "x must be [N, C, ...] of known C" },
      { operands: ["N 3 8 8", "3", "3", "3", "3"], attributes: { epsilon: 0 }, says: "epsilon" },
    ],
  },
  conv: {
    accepts: [
      { operands: ["N 3 8 8", "16 3 1 1"], result: "N 16 8 8", macs: 16 * 64 * 3 },
      { operands: ["N 3 8 8", "16 3 1 1", "16"], result: "N 16 8 8", macs: 16 * 64 * 3 },
      {
        operands: ["N 3 224 224", "32 3 3 3"],
        attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
        result: "N 32 112 112",
        macs: 112 * 112 * 32 * 27,
      },
      {
        operands: ["N 3 224 224", "32 3 3 3"],
        attributes: { strides: [2, 2], pads: [0, 0, 1, 1] },
        result: "N 32 112 112",
      },
      {
        operands: ["N 8 9 9", "8 1 5 5"],
        attributes: { group: 8, pads: [2, 2, 2, 2] },
        result: "N 8 9 9",
        macs: 81 * 8 * 25,
      },
      { operands: ["N 4 9 9", "6 2 3 3"], attributes: { group: 2, dilations: [2, 2] }, result: "N 6 5 5" },
      {
        operands: ["N 3 H W", "6 3 3 1"],
        attributes: { strides: [2, 1], pads: [1, 0, 1, 0] },
        result: "N 6 floor((H+1)/2) W",
      },
      { operands: ["N 1 8 1", "1 1 3 1"], attributes: { pads: [1, 0, 1, 0] }, result: "N 1 8 1", macs: 24 },
    ],
    refuses: [
      { operands: ["N 3 8 8", "16 4 1 1"], says: "weight takes 4 channels in each of 1 groups, x has 3" },
      { operands: ["N 3 8 8", "4 1 1 1"], attributes: { group: 2 }, says: "must be multiples of group 2" },
      { operands: ["N 4 8 8", "3 2 1 1"], attributes: { group: 2 }, says: "must be multiples of group 2" },
      { operands: ["N 3 2 2", "4 3 3 3"], says: "a map of 2x2 is too small for a 3x3 kernel" },
      { operands: ["N 3 8 8", "16 3 1 1", "8"], says: "bias must have the shape [16]" },
      { operands: ["N 3", "16 3 1 1"], says: "x must be [N, C, H, W]" },
      { operands: ["N 3 8 8", "16 3 1 1"], attributes: { strides: [0, 1] }, says: "strides" },
    ],
  },
  conv_1d: {
    accepts: [
      { operands: ["N 3 8", "16 3 1"], result: "N 16 8", macs: 16 * 8 * 3 },
      { operands: ["N 1 8", "1 1 5", "1"], attributes: { pads: [2, 2] }, result: "N 1 8", macs: 40 },
      {
        operands: ["N 4 9", "6 2 3"],
        attributes: { group: 2, stride: 2, dilation: 2, pads: [1, 0] },
        result: "N 6 3",
        macs: 6 * 3 * 2 * 3,
      },
    ],
    refuses: [
      { operands: ["N 3 8 8", "16 3 1 1"], says: "x must have three axes" },
      { operands: ["N 3 8", "16 3 1 1"], says: "weight must have three axes" },
      { operands: ["N 3 8", "16 4 1"], says: "weight takes 4 channels in each of 1 groups, x has 3" },
      { operands: ["N 3 8", "16 3 1", "8"], says: "bias must have the shape [16]" },
      { operands: ["N 3 8", "16 3 1"], attributes: { stride: 0 }, says: "stride" },
    ],
  },
  conv_transpose: {
    accepts: [
      {
        operands: ["N 3 4 5", "3 2 2 2"],
        attributes: { strides: [2, 2] },
        result: "N 2 8 10",
        macs: 3 * 20 * 2 * 4,
      },
      {
        operands: ["N 4 5 5", "4 3 3 3", "6"],
        attributes: { group: 2, strides: [2, 1], pads: [1, 1, 1, 0], outputPadding: [1, 0] },
        result: "N 6 10 6",
        macs: 4 * 25 * 3 * 9,
      },
      {
        operands: ["N 2 3 3", "2 2 3 3"],
        attributes: { dilations: [2, 1] },
        result: "N 2 7 5",
        macs: 18 * 2 * 9,
      },
      { operands: ["N 3 H W", "3 2 2 2"], attributes: { strides: [2, 2] }, result: "N 2 2*H 2*W" },
    ],
    refuses: [
      { operands: ["N 3 4 5", "4 2 2 2"], says: "weight takes 4 channels, x has 3" },
      { operands: ["N 3 4 5", "3 2 2 2"], attributes: { group: 2 }, says: "must be a multiple of group 2" },
      { operands: ["N 3 4 5", "3 2 2 2", "3"], says: "bias must have the shape [2]" },
      { operands: ["N 3 1 1", "3 2 2 2"], attributes: { pads: [1, 1, 1, 1] }, says: "its pads cut off all" },
      {
        operands: ["N 3 4 5", "3 2 2 2"],
        attributes: { outputPadding: [1, 0] },
        says: "outputPadding must be smaller",
      },
    ],
  },
  avg_pool: POOL,
  max_pool: POOL,
  reflect_pad: {
    accepts: [
      {
        operands: ["N 4 8 8"],
        attributes: { before: [0, 0, 1, 2], after: [0, 0, 1, 0] },
        result: "N 4 10 10",
      },
      { operands: ["N 4"], attributes: { before: [0, 3], after: [0, 3] }, result: "N 10" },
    ],
    refuses: [
      {
        operands: ["N 4"],
        attributes: { before: [0, 0], after: [0, 4] },
        says: "an axis of 4 can't be mirrored at 4 positions",
      },
      { operands: ["N 8"], attributes: { before: [0], after: [0] }, says: "must have 2 numbers" },
    ],
  },
  pad: {
    accepts: [
      {
        operands: ["N 16 8 8"],
        attributes: { before: [0, 0, 0, 0], after: [0, 16, 0, 0] },
        result: "N 32 8 8",
      },
      { operands: ["2 3"], attributes: { before: [1, 0], after: [1, 2] }, result: "4 5" },
      { operands: ["N 8"], attributes: { before: [1, 0], after: [0, 0] }, result: "N+1 8" },
    ],
    refuses: [
      {
        operands: ["N 8"],
        attributes: { before: [0], after: [0] },
        says: "must have 2 numbers, one for each axis",
      },
    ],
  },
  flatten: {
    accepts: [
      { operands: ["N 3 4 5"], result: "N 60" },
      { operands: ["N 7"], result: "N 7" },
      { operands: ["N C 2 2"], result: "N 4*C" },
      { operands: ["N 3 2"], attributes: { axis: 0 }, result: "1 6*N" },
      { operands: ["N 3 2"], attributes: { axis: 3 }, result: "6*N 1" },
    ],
    refuses: [{ operands: ["N 3"], attributes: { axis: 3 }, says: "float32[N, 3] has no axis 3" }],
  },
  gemm: {
    accepts: [
      { operands: ["N 8", "10 8"], result: "N 10", macs: 80 },
      { operands: ["N 8", "10 8", "10"], result: "N 10", macs: 80 },
    ],
    refuses: [
      { operands: ["N 8", "10 7"], says: "weight takes 7 inputs, x has 8" },
      { operands: ["N 8 1 1", "10 8"], says: "x must be [N, inputs]" },
      { operands: ["N 8", "10 8", "8"], says: "bias must have the shape [10]" },
      { operands: ["N 8", "10 8 1"], says: "weight must be [outputs, inputs]" },
    ],
  },
  global_avg_pool: {
    accepts: [{ operands: ["N 8 7 5"], result: "N 8 1 1" }],
    refuses: [{ operands: ["N 8"], says: "x must be [N, C, H, W]" }],
  },
  global_max_pool: {
    accepts: [{ operands: ["N 8 7 5"], result: "N 8 1 1" }],
    refuses: [{ operands: ["N 8"], says: "x must be [N, C, H, W]" }],
  },
  reduce_mean: REDUCTION,
  reduce_max: REDUCTION,
  concat: {
    accepts: [
      { operands: ["N 3 8", "N 2 8", "N 1 8"], attributes: { axis: 1 }, result: "N 6 8" },
      { operands: ["N 3"], attributes: { axis: 1 }, result: "N 3" },
      { operands: ["N 3", "N 3", "M 3"], attributes: { axis: 0 }, result: "M+2*N 3" },
      { operands: ["{N 3}", "{-1}"], attributes: { axis: 0 }, result: "{N 3 -1}" },
    ],
    refuses: [
      { operands: ["N 3 8", "N 3 7"], attributes: { axis: 1 }, says: "can't be joined along axis 1" },
      { operands: ["N 3", "M 3"], attributes: { axis: 1 }, says: "can't be joined along axis 1" },
      { operands: ["N 3", "N"], attributes: { axis: 1 }, says: "has no axis 1" },
    ],
  },
  slice: {
    accepts: [{ operands: ["N 8 7"], attributes: { axis: 1, start: 2, end: 8 }, result: "N 6 7" }],
    refuses: [
      {
        operands: ["N 8"],
        attributes: { axis: 1, start: 2, end: 9 },
        says: "2 to 9 is no part of an axis of 8",
      },
      { operands: ["N 8"], attributes: { axis: 1, start: 2, end: 2 }, says: "is no part of an axis" },
      { operands: ["N 8"], attributes: { axis: 0, start: 0, end: 1 }, says: "has no axis 0 of known size" },
    ],
  },
  softmax: {
    accepts: [{ operands: ["N 8 7"], attributes: { axis: 2 }, result: "N 8 7" }],
    refuses: [{ operands: ["N 8"], attributes: { axis: 2 }, says: "x has no axis 2" }],
  },
  matmul: {
    accepts: [
      { operands: ["N 5 7", "N 7 3"], result: "N 5 3" },
      { operands: ["9 5", "N 4 5 7"], result: "N 4 9 7" },
      { operands: ["N 4 5 7", "N 1 7 3"], result: "N 4 5 3" },
    ],
    refuses: [
      { operands: ["N 5 7", "N 6 3"], says: "a has 7 columns, b has 6 rows" },
      { operands: ["2 5 7", "3 7 3"], says: "can't be broadcast" },
      { operands: ["7", "7 3"], says: "a matrix has two axes" },
    ],
  },
  reshape: {
    accepts: [
      { operands: ["N 8 1 1"], attributes: { shape: [0, 1, -1, 1] }, result: "N 1 8 1" },
      { operands: ["N 1 8 1"], attributes: { shape: [0, -1, 1, 1] }, result: "N 8 1 1" },
      { operands: ["6"], attributes: { shape: [3, 2] }, result: "3 2" },
      { operands: ["2 3"], attributes: { shape: [-1] }, result: "6" },
      { operands: ["N 3"], attributes: { shape: [-1] }, result: "3*N" },
      { operands: ["N 8 1 1"], attributes: { shape: [-1, 8] }, result: "N 8" },
      { operands: ["N 6"], attributes: { shape: [-1, 4] }, result: "N+floor(N/2) 4" },
    ],
    refuses: [
      { operands: ["6"], attributes: { shape: [4, 2] }, says: "[6] can't become [4, 2]" },
      { operands: ["6"], attributes: { shape: [4, -1] }, says: "can't become" },
      { operands: ["6"], attributes: { shape: [-1, -1] }, says: "can't become" },
      { operands: ["N 3"], attributes: { shape: [3] }, says: "[N, 3] can't become [3]" },
      { operands: ["6"], attributes: { shape: [6, 0] }, says: "there is no size 1 to copy" },
    ],
  },
  identity: {
    accepts: [
      { operands: ["N 3"], result: "N 3" },
      { operands: ["{N 3}"], result: "{N 3}" },
    ],
    refuses: [],
  },
  shape: {
    accepts: [
      { operands: ["N 240 7 7"], result: "{N 240 7 7}" },
      { operands: ["N 240 7 7"], attributes: { start: 1, end: -1 }, result: "{240 7}" },
      { operands: ["N 240 7 7"], attributes: { start: -2 }, result: "{7 7}" },
      { operands: ["N 240"], attributes: { end: 9 }, result: "{N 240}" },
    ],
    refuses: [{ operands: ["N 3"], attributes: { start: 0.5 }, says: "start" }],
  },
  top_k: {
    accepts: [
      { operands: ["N 3 8 8", "{2}"], attributes: { axis: 1 }, result: "N 2 8 8" },
      { operands: ["N 9", "{9}"], attributes: { axis: 1, largest: false }, result: "N 9" },
      { operands: ["M", "{M}"], attributes: { axis: 0 }, result: "M" },
    ],
    refuses: [
      { operands: ["N 3", "{4}"], attributes: { axis: 1 }, says: "there are no 4 of 3" },
      { operands: ["N 3", "{-1}"], attributes: { axis: 1 }, says: "there are no -1 of 3" },
      { operands: ["N 3", "{1}"], attributes: { axis: 2 }, says: "no axis 2" },
      { operands: ["N 3", "{1 2}"], attributes: { axis: 1 }, says: "one number" },
      { operands: ["N 3", "{1}!"], attributes: { axis: 1 }, says: "one number" },
      { operands: ["N 3", "1"], attributes: { axis: 1 }, says: "k must be integers" },
    ],
  },
  nonzero: {
    accepts: [{ operands: ["N 3 8"], attributes: { count: "M" }, result: "3 M" }],
    refuses: [{ operands: [""], attributes: { count: "M" }, says: "single number" }],
  },
  gather_elements: {
    accepts: [{ operands: ["5", "{2 1}"], attributes: { axis: 0 }, result: "2" }],
    refuses: [
      { operands: ["N 3", "{2 1}"], attributes: { axis: 1 }, says: "no indices" },
      { operands: ["5", "{2 1}"], attributes: { axis: 1 }, says: "no indices" },
    ],
  },
  gather_nd: {
    accepts: [{ operands: ["5 6 N", "{2 1}"], result: "N" }],
    refuses: [
      { operands: ["5", "{2 1}"], says: "choose nothing" },
      { operands: ["5 6", "{2 1}"], attributes: { batch: 1 }, says: "other batches" },
    ],
  },
  non_max_suppression: {
    accepts: [{ operands: ["N 9 4", "N 3 9"], attributes: { count: "M" }, result: "M 3" }],
    refuses: [
      { operands: ["N 9 5", "N 3 9"], attributes: { count: "M" }, says: "a box has the size 5, not 4" },
      { operands: ["N 9 4", "N 3 8"], attributes: { count: "M" }, says: "a class of scores" },
      { operands: ["2 9 4", "3 3 9"], attributes: { count: "M" }, says: "the batch of scores" },
      { operands: ["9 4", "N 3 9"], attributes: { count: "M" }, says: "it takes boxes" },
      { operands: ["N 9 4", "N 3 9"], attributes: { count: "M", overlap: 2 }, says: "overlap" },
    ],
  },
  roi_align: {
    accepts: [
      { operands: ["N 6 7 5", "3 4", "{0 0 0}"], attributes: { height: 2, width: 3 }, result: "3 6 2 3" },
    ],
    refuses: [
      { operands: ["N 6 7 5", "3 5", "{0 0 0}"], attributes: { height: 2, width: 3 }, says: "a region" },
      { operands: ["N 6 7 5", "3 4", "{0 0}"], attributes: { height: 2, width: 3 }, says: "images has" },
      { operands: ["N 6", "3 4", "{0 0}"], attributes: { height: 2, width: 3 }, says: "[N, C, H, W]" },
      { operands: ["N 6 7 5", "3 4", "{0 0 0}"], attributes: { height: 2 }, says: "width" },
    ],
  },
  gather: {
    accepts: [
      { operands: ["N 8 7", "{0 2}"], attributes: { axis: 1 }, result: "N 2 7" },
      { operands: ["N 8 7", "{-1}!"], attributes: { axis: 2 }, result: "N 8" },
      { operands: ["{N 240 7}", "{0}!"], result: "{N}!" },
      { operands: ["{N 240 7}", "{-1 0}"], result: "{7 N}" },
    ],
    refuses: [
      { operands: ["N 8", "{8}!"], attributes: { axis: 1 }, says: "index 8 is outside of an axis of 8" },
      { operands: ["N 8", "{-9}!"], attributes: { axis: 1 }, says: "index -9 is outside of an axis of 8" },
      { operands: ["N 8", "{0}!"], attributes: { axis: 2 }, says: "x has no axis 2" },
      { operands: ["N 8", "3"], says: "indices must be integers, not float32" },
    ],
  },
  squeeze: {
    accepts: [
      { operands: ["N 8 1 1"], attributes: { axes: [2, 3] }, result: "N 8" },
      { operands: ["{N}"], attributes: { axes: [0] }, result: "{N}!" },
    ],
    refuses: [
      { operands: ["N 8 1"], attributes: { axes: [1] }, says: "axis 1 of float32[N, 8, 1] does not have" },
      { operands: ["N 8 1"], attributes: { axes: [0] }, says: "does not have the size 1" },
      { operands: ["N 8 1"], attributes: { axes: [3] }, says: "there is no axis 3 among 3" },
      { operands: ["N 8 1"], attributes: { axes: [2, 2] }, says: "axis 2 is named twice" },
    ],
  },
  unsqueeze: {
    accepts: [
      { operands: ["N 8"], attributes: { axes: [2, 3] }, result: "N 8 1 1" },
      { operands: ["N 8"], attributes: { axes: [3, 0] }, result: "1 N 8 1" },
      { operands: ["{N}!"], attributes: { axes: [0] }, result: "{N}" },
    ],
    refuses: [
      { operands: ["N 8"], attributes: { axes: [3] }, says: "there is no axis 3 among 3" },
      { operands: ["N 8"], attributes: { axes: [1, 1] }, says: "axis 1 is named twice" },
    ],
  },
  expand: {
    accepts: [
      { operands: ["N 8 1 1", "{N 8 7 5}"], result: "N 8 7 5" },
      { operands: ["8 1", "{N 1 7}"], result: "N 8 7" },
      { operands: ["N 8 7", "{1}"], result: "N 8 7" },
    ],
    refuses: [
      { operands: ["N 8", "{N 7}"], says: "can't be broadcast" },
      { operands: ["N 8", "{-1 8}"], says: "its shape has a negative size" },
      { operands: ["N 8", "2"], says: "shape must be integers, not float32" },
    ],
  },
  reshape_to: {
    accepts: [
      { operands: ["N 8 1 1", "{N 8}"], result: "N 8" },
      { operands: ["N 8 1 1", "{0 -1}"], result: "N 8" },
      { operands: ["4*N 3", "{N 4 3}"], result: "N 4 3" },
      { operands: ["N 8 4 4", "{N -1 16}"], result: "N 8 16" },
      // Whether M is N shows when the network runs.
      { operands: ["N 8", "{M 4 2}"], result: "M 4 2" },
    ],
    refuses: [
      { operands: ["N 8 1 1", "{1 8}"], says: "[N, 8, 1, 1] can't become [1, 8]" },
      { operands: ["N 8", "{N}!"], says: "its shape must be a vector" },
    ],
  },
  transpose: {
    accepts: [
      { operands: ["N 2 3 4"], attributes: { permutation: [0, 2, 3, 1] }, result: "N 3 4 2" },
      { operands: ["2 3"], attributes: { permutation: [1, 0] }, result: "3 2" },
    ],
    refuses: [
      { operands: ["2 3"], attributes: { permutation: [0, 0] }, says: "is no permutation of 2 axes" },
      { operands: ["2 3"], attributes: { permutation: [0] }, says: "is no permutation of 2 axes" },
    ],
  },
};

/** The ops whose results are indices, int64 whatever they read. */
const INDICES: ReadonlySet<OpName> = new Set(["top_k", "nonzero", "non_max_suppression"]);

for (const name of OP_NAMES) {
  const test = suite(`ir: op ${name}`);
  const definition = definitionOf(name);
  const { accepts, refuses } = TABLES[name];

  test("is registered under its level, and says what it is and where that is written", () => {
    assert.is(definition.level === "primitive", isPrimitive(name));
    assert.ok(definition.doc.length > 0 && definition.source.length > 0);
  });

  for (const { operands, attributes, result, macs } of accepts) {
    test(`[${operands.join("], [")}] ${JSON.stringify(attributes ?? {})} gives [${result}]`, () => {
      const types = operands.map(typeOf);
      const complete = attributesOf(name, attributes);
      const results = inferTypes(definition, types, complete);
      const expected = typeOf(result);
      const wanted = INDICES.has(name) ? tensorType(expected.dims, "int64") : expected;
      assert.equal(results.map(formatType), [formatType(wanted)]);
      if (macs !== undefined) assert.is(costOf(definition, types, results, complete).macs, macs);
    });
  }

  for (const { operands, attributes, says } of refuses) {
    test(`[${operands.join("], [")}] ${JSON.stringify(attributes ?? {})} is refused`, () => {
      try {
        inferTypes(definition, operands.map(typeOf), attributesOf(name, attributes));
      } catch (error) {
        assert.instance(error, TypeRefusal);
        assert.match((error as TypeRefusal).message, says);
        return;
      }
      assert.unreachable("it was accepted");
    });
  }

  const [first] = accepts;
  const places = operandSlots(definition.operands);
  /** The first case's operands, those of computed numbers in the element types of the list, by turns. */
  const operandsIn = (...dtypes: DType[]): TensorType[] =>
    (first?.operands ?? []).map((each, i) => {
      const type = typeOf(each);
      return operandSlot(definition.operands, i)?.shared === false
        ? type
        : tensorType(type.dims, dtypes[i % dtypes.length]);
    });

  if (definition.foreign === true) {
    test("takes operands of any types, and gives the recorded ones", () => {
      const types = [tensorType([], "other"), tensorType([3], "int64")];
      assert.equal(inferTypes(definition, types, attributesOf(name, first?.attributes)), [
        tensorType(["N", 7]),
      ]);
    });
    test.run();
    continue;
  }

  test("takes no operand that the IR only hands on", () => {
    throwsError(
      () => inferTypes(definition, operandsIn("other"), attributesOf(name, first?.attributes)),
      TypeRefusal,
      /it has an operand that the IR only hands on/,
    );
  });

  const { types: shared = [], called } = places.find((place) => place.shared) ?? {};

  test("keeps the element type, unless it is there to change it", () => {
    const attributes = attributesOf(name, first?.attributes);
    const changed = INDICES.has(name) ? "int64" : { cast: attributes.to, shape: "int64" }[name as string];
    for (const dtype of shared) {
      assert.is(inferTypes(definition, operandsIn(dtype), attributes)[0]?.dtype, changed ?? dtype);
    }
  });

  const alike = (first?.operands ?? []).filter((_, i) => operandSlot(definition.operands, i)?.shared);
  if (alike.length > 1) {
    test("takes no operands of different element types", () => {
      throwsError(
        () => inferTypes(definition, operandsIn("float16", "float32"), attributesOf(name, first?.attributes)),
        TypeRefusal,
        /operands have the element types float16 and float32/,
      );
    });
  }

  for (const dtype of (["float32", "float16", "int64"] as const).filter((each) => !shared.includes(each))) {
    test(`takes no ${dtype}`, () => {
      throwsError(
        () => inferTypes(definition, operandsIn(dtype), attributesOf(name, first?.attributes)),
        TypeRefusal,
        new RegExp(`^it takes ${called}, not ${dtype}$`),
      );
    });
  }

  test.run();
}

const test = suite("ir: ops");

test("an op that stays in float32 says why", () => {
  for (const name of OP_NAMES) {
    const definition = definitionOf(name);
    if (definition.level === "model" || definition.precision === "half") continue;
    assert.ok(definition.precision.float32.length > 20, name);
  }
});

test("cast rounds to the nearest float16, ties to even, and beyond the largest to infinity", () => {
  const data = Float64Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, -1e9, 2 ** -25, 2 ** -24);
  const half = evaluateOp(definitionOf("cast"), [{ dims: [7], data }], { to: "float16" });
  assert.equal([...half.data], [1, 1 + 2 ** -9, 65504, Infinity, -Infinity, 0, 2 ** -24]);
});

test.run();
