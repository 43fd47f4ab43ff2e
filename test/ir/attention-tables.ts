import type { AttentionType, SelectionType } from "../../src/ir/attention/modules.js";
import type { Table } from "./op-table.js";

const X = "N 8 7 5";
const NORM = ["8", "8", "8", "8"];

const BAM = [
  X,
  ...["2 8 1 1", "2", "8 2 1 1", "8"],
  ...NORM,
  ...["2 8 1 1", "2", "2 2 3 3", "2", "2 2 3 3", "2", "1 2 1 1", "1"],
  ...["1", "1", "1", "1"],
];

const A2 = [X, "2 8 1 1", "2", "2 8 1 1", "2", "2 8 1 1", "2", "8 2 1 1", "8"];

const GSOP = [
  X,
  ...["3 8 1 1", "3"],
  ...["3", "3", "3", "3"],
  ...["3", "3", "3", "3"],
  ...["12 1 3 1", "12", "8 12 1 1", "8"],
];

/** Two heads of three keys and one value each. */
const AA = [X, "14 8 1 1", "14", "2 2 1 1", "2", "13 3", "9 3", "6 8 3 3", "6"];

const LINEAR: Table = {
  accepts: [
    { operands: [X, "8 8 1 1"], result: X, macs: 64 },
    { operands: [X, "8 8 1 1", "8"], result: X, macs: 64 },
    { operands: [X, "8 2 1 1"], attributes: { group: 4 }, result: X, macs: 16 },
  ],
  refuses: [
    { operands: [X, "8 4 1 1"], says: "weight must have the shape [8, 8, 1, 1]" },
    { operands: [X, "8 8 1 1", "4"], says: "bias must have the shape [8]" },
    {
      operands: [X, "8 2 1 1"],
      attributes: { group: 3 },
      says: "8 channels can't be cut into 3 equal groups",
    },
  ],
};

type Kind = AttentionType | SelectionType;

/** The tables of the attention modules' ops; one that is missing is a compile error. */
export const ATTENTION_TABLES: { readonly [T in Kind as `attention.${T}`]: Table } = {
  "attention.se": {
    accepts: [
      { operands: ["N 8 7 7", "2 8 1 1", "8 2 1 1"], result: "N 8 7 7", macs: 2 * 8 * 2 },
      { operands: ["N 8 7 7", "2 8 1 1", "8 2 1 1", "2", "8"], result: "N 8 7 7", macs: 32 },
      { operands: ["N 8 7 7", "2 8 1 1", "8 2 1 1", "2", "2", "2", "2"], result: "N 8 7 7", macs: 32 },
      {
        operands: ["N 8 7 7", "2 8 1 1", "8 2 1 1", "2", "2", "2", "2", "2", "8"],
        result: "N 8 7 7",
        macs: 32,
      },
    ],
    refuses: [
      { operands: ["N 8 7 7", "2 4 1 1", "8 2 1 1"], says: "reduce must have the shape [2, 8, 1, 1]" },
      { operands: ["N 8 7 7", "2 8 1 1", "8 3 1 1"], says: "expand must have the shape [8, 2, 1, 1]" },
      { operands: ["N 8 7 7", "2 8 1 1", "8 2 1 1", "3"], says: "reduce_bias must have the shape [2]" },
      {
        operands: ["N 8 7 7", "2 8 1 1", "8 2 1 1", "2", "2"],
        says: "expand_bias must have the shape [8]",
      },
      { operands: ["N 8", "2 8 1 1", "8 2 1 1"], says: "x must be [N, C, H, W]" },
      { operands: ["N 8 7 7", "2 8 1 1", "8 2 1 1"], attributes: { gate: "softmax" }, says: "gate" },
    ],
  },
  "attention.sk": {
    accepts: [
      {
        operands: ["N 24 7 5", "2 8 1 1", "2", "2", "2", "2", "24 2 1 1"],
        attributes: { paths: 3 },
        result: X,
        macs: 8 * 2 + 2 * 24,
      },
    ],
    refuses: [
      {
        operands: ["N 24 7 5", "2 8 1 1", "2", "2", "2", "2", "24 2 1 1"],
        attributes: { paths: 5 },
        says: "24 channels are not those of 5 paths",
      },
      {
        operands: ["N 24 7 5", "2 8 1 1", "2", "2", "2", "2", "8 2 1 1"],
        attributes: { paths: 3 },
        says: "select must have the shape [24, 2, 1, 1]",
      },
      {
        operands: ["N 24 7 5", "2 8 1 1", "3", "2", "2", "2", "24 2 1 1"],
        attributes: { paths: 3 },
        says: "norm_scale must have the shape [2]",
      },
    ],
  },
  "attention.eca": {
    accepts: [
      { operands: ["N 8 7 7", "1 1 3"], attributes: { kernel: 3 }, result: "N 8 7 7", macs: 24 },
      {
        operands: ["N 8 7 7", "1 1 3", "1"],
        attributes: { kernel: 3, squeeze: "sum", gate: "softmax" },
        result: "N 8 7 7",
        macs: 24,
      },
      {
        operands: ["N 8 7 7", "1 1 3", "1"],
        attributes: { kernel: 3, squeeze: "both" },
        result: "N 8 7 7",
        macs: 48,
      },
      {
        operands: ["N 8 7 7", "1 1 3", "1 1 3", "1", "1"],
        attributes: { kernel: 3, squeeze: "both", ownKernels: true },
        result: "N 8 7 7",
        macs: 48,
      },
    ],
    refuses: [
      {
        operands: ["N 8 7 7", "1 1 3", "1 1 5"],
        attributes: { kernel: 3, squeeze: "both", ownKernels: true },
        says: "max_weight must have the shape [1, 1, 3]",
      },
      {
        operands: ["N 8 7 7", "1 1 3", "1 1 3"],
        attributes: { kernel: 3, ownKernels: true },
        says: "`ownKernels` is for a squeeze of both",
      },
      {
        operands: ["N 8 7 7", "1 1 3", "1", "1"],
        attributes: { kernel: 3 },
        says: "it takes 1 operands after its weight, not 2",
      },
      {
        operands: ["N 8 7 7", "1 1 5"],
        attributes: { kernel: 3 },
        says: "weight must have the shape [1, 1, 3]",
      },
      { operands: ["N 8 7 7", "1 1 4"], attributes: { kernel: 4 }, says: "must be odd" },
      { operands: ["N C 7 7", "1 1 3"], attributes: { kernel: 3 }, says: "must have known C" },
    ],
  },
  "attention.ese": LINEAR,
  "attention.se-var3": LINEAR,
  "attention.se-gc": LINEAR,
  "attention.se-var1": {
    accepts: [{ operands: [X], result: X }],
    refuses: [{ operands: ["N 8"], says: "x must be [N, C, H, W]" }],
  },
  "attention.se-var2": {
    accepts: [{ operands: [X, "1 8 1 1"], result: X }],
    refuses: [{ operands: [X, "8"], says: "weight must have the shape [1, 8, 1, 1]" }],
  },
  "attention.eca-ns": {
    accepts: [{ operands: [X, "8 1 5"], attributes: { kernel: 5 }, result: X, macs: 40 }],
    refuses: [
      { operands: [X, "1 1 5"], attributes: { kernel: 5 }, says: "weight must have the shape [8, 1, 5]" },
    ],
  },
  "attention.ecam": {
    accepts: [
      {
        operands: [X, "4 1 1", "1 4 3", "4", "1"],
        attributes: { kernel: 3 },
        result: X,
        macs: 8 * 4 + 8 * 4 * 3,
      },
      {
        operands: [X, "2 1 5", "1 2 3"],
        attributes: { kernel: 3, squeeze: "max", gate: "softmax" },
        result: X,
        macs: 8 * 2 * 5 + 8 * 2 * 3,
      },
    ],
    refuses: [
      {
        operands: [X, "4 1 1", "1 4 3", "3", "1"],
        attributes: { kernel: 3 },
        says: "enter_bias must have",
      },
      { operands: [X, "4 1 1", "1 4 5", "4", "1"], attributes: { kernel: 3 }, says: "leave must have" },
      {
        operands: [X, "4 1 1", "1 4 3", "4", "4"],
        attributes: { kernel: 3 },
        says: "leave_bias must have",
      },
      {
        operands: [X, "4 1 2", "1 4 3"],
        attributes: { kernel: 3 },
        says: "a first kernel of 2 has no middle",
      },
    ],
  },
  "attention.cbam": {
    accepts: [
      {
        operands: [X, "2 8 1 1", "8 2 1 1", "1 2 7 7", "1", "1", "1", "1"],
        result: X,
        macs: 2 * 2 * 16 + 2 * 49 * 35,
      },
      {
        operands: [X, "2 8 1 1", "8 2 1 1", "1 1 3 3", "1", "1", "1", "1", "2", "8"],
        attributes: { pooling: "averaged" },
        result: X,
        macs: 2 * 16 + 9 * 35,
      },
    ],
    refuses: [
      {
        operands: [X, "2 8 1 1", "8 2 1 1", "1 1 7 7", "1", "1", "1", "1"],
        says: "spatial must have the shape [1, 2, 7, 7]",
      },
      {
        operands: [X, "2 8 1 1", "8 2 1 1", "1 2 6 6", "1", "1", "1", "1"],
        says: "a spatial kernel of 6 has no middle",
      },
      {
        operands: [X, "2 8 1 1", "8 2 1 1", "1 2 7 7", "1", "1", "1", "2"],
        says: "norm_variance must have the shape [1]",
      },
      {
        operands: [X, "2 8 1 1", "8 2 1 1", "1 2 7 7", "1", "1", "1", "1", "2", "2"],
        says: "expand_bias must have the shape [8]",
      },
    ],
  },
  "attention.bam": {
    accepts: [{ operands: BAM, result: X, macs: 32 + 35 * (16 + 18 * 4 + 2) }],
    refuses: [
      { operands: BAM.with(2, "8"), says: "reduce_bias must have the shape [2]" },
      { operands: BAM.with(11, "2 2 5 5"), says: "first must have the shape [2, 2, 3, 3]" },
      { operands: BAM.with(20, "2"), says: "norm_variance must have the shape [1]" },
    ],
  },
  "attention.a2": {
    accepts: [{ operands: A2, result: X, macs: 4 * 16 * 35 }],
    refuses: [
      { operands: A2.with(3, "4 8 1 1"), says: "gather must have the shape [2, 8, 1, 1]" },
      { operands: A2.with(8, "2"), says: "out_bias must have the shape [8]" },
    ],
  },
  "attention.sam": {
    accepts: [
      { operands: [X, "1 2 7 7"], result: X, macs: 2 * 49 * 35 },
      { operands: [X, "1 2 7 7", "1", "1", "1", "1"], result: X, macs: 2 * 49 * 35 },
      { operands: [X, "1 1 3 3"], attributes: { pooling: "averaged" }, result: X, macs: 9 * 35 },
    ],
    refuses: [
      { operands: [X, "1 1 7 7"], says: "spatial must have the shape [1, 2, 7, 7]" },
      { operands: [X, "1 2 4 4"], says: "a spatial kernel of 4 has no middle" },
      { operands: [X, "1 2 7 7", "1", "1", "1", "2"], says: "norm_variance must have the shape [1]" },
      { operands: [X, "1 2 7 7", "1"], says: "norm_shift must have the shape [1]" },
    ],
  },
  "attention.gsop": {
    accepts: [
      { operands: GSOP, result: X, macs: 8 * 3 * 35 + 12 * (3 + 8) },
      { operands: GSOP, attributes: { stride: 2 }, result: X, macs: 8 * 3 * 4 * 3 + 12 * (3 + 8) },
    ],
    refuses: [
      { operands: GSOP.with(2, "8"), says: "reduce_bias must have the shape [3]" },
      { operands: GSOP.with(10, "8"), says: "norm_variance must have the shape [3]" },
      { operands: GSOP.with(11, "12 3 1 1"), says: "rows must have the shape [12, 1, 3, 1]" },
      { operands: GSOP.with(13, "8 3 1 1"), says: "expand must have the shape [8, 12, 1, 1]" },
    ],
  },
  "attention.aa": {
    accepts: [
      {
        operands: AA,
        attributes: { heads: 2 },
        result: X,
        macs: (14 * 8 + 4 + 6 * 8 * 9) * 35,
      },
      {
        operands: [...AA.slice(0, 5), ...AA.slice(7)],
        attributes: { heads: 2, relative: false },
        result: X,
        macs: (14 * 8 + 4 + 6 * 8 * 9) * 35,
      },
      {
        operands: [X, "12 8 1 1", "12", "8 8 1 1", "8", "13 1", "9 1"],
        attributes: { heads: 2 },
        result: X,
        macs: (12 * 8 + 64) * 35,
      },
    ],
    refuses: [
      {
        operands: AA,
        attributes: { heads: 4 },
        says: "6 channels of keys and 2 of values can't be cut into 4",
      },
      {
        operands: [X, "20 8 1 1", "20", "16 16 1 1", "16"],
        attributes: { heads: 2 },
        says: "16 channels of values are more than the 8 of x",
      },
      { operands: AA.with(5, "14 3"), attributes: { heads: 2 }, says: "rows must have the shape [13, 3]" },
      { operands: AA.with(6, "9 6"), attributes: { heads: 2 }, says: "columns must have the shape [9, 3]" },
      {
        operands: AA.with(7, "8 8 3 3"),
        attributes: { heads: 2 },
        says: "conv must have the shape [6, 8, 3, 3]",
      },
      { operands: AA.slice(0, 7), attributes: { heads: 2 }, says: "it takes 9 operands here, got 7" },
    ],
  },
  "attention.gc": {
    accepts: [
      { operands: [X, "2 8 1 1", "2", "2", "2", "8 2 1 1", "8"], result: X, macs: 32 },
      {
        operands: [X, "2 8 1 1", "2", "2", "2", "8 2 1 1", "8", "1 8 1 1", "1"],
        result: X,
        macs: 32 + 8 * 35,
      },
    ],
    refuses: [
      {
        operands: [X, "2 8 1 1", "2", "2", "8", "8 2 1 1", "8"],
        says: "norm_shift must have the shape [2]",
      },
      {
        operands: [X, "2 8 1 1", "2", "2", "2", "8 2 1 1", "8", "1 8 1 1"],
        says: "attention_bias must have the shape [1]",
      },
    ],
  },
  "attention.ge": {
    accepts: [
      { operands: [X, "2 8 1 1", "2", "8 2 1 1", "8"], result: X, macs: 32 },
      { operands: [X], attributes: { mlp: false, extent: 4 }, result: X, macs: 0 },
      {
        operands: [X, "2 8 1 1", "2", "8 2 1 1", "8"],
        attributes: { extent: 2 },
        result: X,
        macs: 32 * 4 * 3,
      },
      {
        operands: [X, "8 1 7 5", ...NORM],
        attributes: { mlp: false, parameters: true },
        result: X,
        macs: 8 * 35,
      },
      {
        operands: [X, "8 1 3 3", ...NORM, "8 1 3 3", ...NORM],
        attributes: { mlp: false, parameters: true, extent: 4 },
        result: X,
        macs: 9 * 8 * (4 * 3 + 2 * 2),
      },
    ],
    refuses: [
      { operands: [X], says: "reduce is missing" },
      { operands: [X], attributes: { mlp: false, extent: 3 }, says: "extent" },
      {
        operands: [X, "8 1 3 3", ...NORM],
        attributes: { mlp: false, parameters: true, extent: 4 },
        says: "the gather takes 10 operands, got 5",
      },
      {
        operands: [X, "8 1 3 3", ...NORM],
        attributes: { mlp: false, parameters: true },
        says: "weight 0 of the gather must have the shape [8, 1, 7, 5]",
      },
    ],
  },
  "attention.nl": {
    accepts: [
      {
        operands: [X, "2 8 1 1", "2", "2 8 1 1", "2", "2 8 1 1", "2", "8 2 1 1", "8", ...NORM],
        result: X,
        macs: 4 * 16 * 35,
      },
    ],
    refuses: [
      {
        operands: [X, "2 8 1 1", "2", "4 8 1 1", "4", "2 8 1 1", "2", "8 2 1 1", "8", ...NORM],
        says: "phi must have the shape [2, 8, 1, 1]",
      },
      {
        operands: [X, "2 8 1 1", "2", "2 8 1 1", "2", "2 8 1 1", "2", "8 2 1 1", "2", ...NORM],
        says: "out_bias must have the shape [8]",
      },
    ],
  },
  "attention.coord": {
    accepts: [
      {
        operands: [X, "2 8 1 1", "2", "2", "2", "2", "8 2 1 1", "8 2 1 1"],
        result: X,
        macs: 2 * 16 * (7 + 5),
      },
    ],
    refuses: [
      {
        operands: [X, "2 8 1 1", "8", "2", "2", "2", "8 2 1 1", "8 2 1 1"],
        says: "norm_scale must have the shape [2]",
      },
      {
        operands: [X, "2 8 1 1", "2", "2", "2", "2", "8 2 1 1", "8 1 1 1"],
        says: "columns must have the shape [8, 2, 1, 1]",
      },
    ],
  },
  "attention.scse": {
    accepts: [
      { operands: [X, "4 8 1 1", "8 4 1 1", "1 8 1 1"], result: X, macs: 64 + 8 * 35 },
      { operands: [X, "4 8 1 1", "8 4 1 1", "1 8 1 1", "4", "8", "1"], result: X, macs: 64 + 8 * 35 },
    ],
    refuses: [
      { operands: [X, "4 8 1 1", "8 4 1 1", "8 8 1 1"], says: "spatial must have the shape [1, 8, 1, 1]" },
      {
        operands: [X, "4 8 1 1", "8 4 1 1", "1 8 1 1", "4", "8", "8"],
        says: "spatial_bias must have the shape [1]",
      },
    ],
  },
};
