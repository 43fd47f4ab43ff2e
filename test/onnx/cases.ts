import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph, ParameterRole, Value } from "../../src/ir/graph.js";
import { operandSlots } from "../../src/ir/operands.js";
import { type AttributesInput, definitionOf } from "../../src/ir/ops/registry.js";
import { type DType, tensorType } from "../../src/ir/types.js";
import { normalWeight, storedWeight, uniformWeight } from "../../src/ir/weight.js";
import type { OperatorName } from "../../src/onnx/codecs/codec.js";
import { codecs } from "../../src/onnx/codecs/registry.js";
import { materialize } from "../../src/weights/values/materialize.js";

/** An operand of a case: an input with an open batch, or a parameter. */
export type OperandCase =
  | { readonly input: readonly (number | string)[]; readonly positive?: true; readonly dtype?: DType }
  | { readonly parameter: readonly number[]; readonly role?: ParameterRole; readonly positive?: true }
  /** An int64 constant: a scalar, a vector, or rows. */
  | { readonly integers: number | readonly number[] | readonly (readonly number[])[] }
  /** The sizes of an earlier operand, computed; or that of one axis. */
  | { readonly shapeOf: number; readonly axis?: number };

/** One primitive op with operands and attributes: the last op of a graph, mostly the only one. */
export interface OpCase<N extends OperatorName = OperatorName> {
  readonly operands: readonly OperandCase[];
  readonly attributes: AttributesInput<N>;
}

type Pads = [number, number, number, number];
/** What the names of inputs begin with that must get positive numbers. */
export const POSITIVE = "positive";

const map = { input: ["N", 6, 7, 5] } as const;
const rows = { input: ["N", 10] } as const;
const parameter = (...dims: number[]): OperandCase => ({ parameter: dims });

const elementwise = [
  { operands: [map], attributes: {} },
  { operands: [rows], attributes: {} },
];
const binary = [
  { operands: [map, map], attributes: {} },
  { operands: [map, { input: ["N", 6, 1, 1] }], attributes: {} },
  { operands: [map, { parameter: [1, 6, 1, 1] }], attributes: {} },
  { operands: [rows, { parameter: [], role: "fixed" as const }], attributes: {} },
];
const variadic = [
  { operands: [map, map, { input: ["N", 6, 1, 1] }], attributes: {} },
  { operands: [rows], attributes: {} },
];
const pools = [
  { operands: [map], attributes: { kernel: [3, 3] as [number, number], pads: [1, 1, 1, 1] as Pads } },
  {
    operands: [map],
    attributes: {
      kernel: [2, 3] as [number, number],
      strides: [2, 2] as [number, number],
      pads: [0, 1, 1, 2] as Pads,
    },
  },
];
const statistics = (channels: number): OperandCase[] => [
  parameter(channels),
  parameter(channels),
  { parameter: [channels], role: "buffer" },
  { parameter: [channels], role: "buffer", positive: true },
];

/** Cases of every primitive op; an op that is missing is a compile error. */
export const opCases: { readonly [N in OperatorName]: readonly OpCase<N>[] } = {
  add: binary,
  sub: binary,
  mul: binary,
  div: [
    { operands: [map, { input: ["N", 6, 1, 1], positive: true }], attributes: {} },
    { operands: [rows, { parameter: [10], positive: true }], attributes: {} },
  ],
  sqrt: [{ operands: [{ input: ["N", 10], positive: true }], attributes: {} }],
  softmax: [
    { operands: [map], attributes: { axis: 1 } },
    { operands: [map], attributes: { axis: 3 } },
    { operands: [rows], attributes: { axis: 1 } },
  ],
  matmul: [
    { operands: [{ input: ["N", 5, 7] }, { input: ["N", 7, 3] }], attributes: {} },
    { operands: [{ input: ["N", 4, 5, 7] }, { input: ["N", 1, 7, 3] }], attributes: {} },
    { operands: [parameter(6, 5), { input: ["N", 4, 5, 7] }], attributes: {} },
    { operands: [{ input: ["N", 4, 5, 7] }, parameter(7, 2)], attributes: {} },
  ],
  concat: [
    { operands: [map, { input: ["N", 2, 7, 5] }], attributes: { axis: 1 } },
    { operands: [map, { input: ["N", 6, 7, 2] }, { input: ["N", 6, 7, 1] }], attributes: { axis: 3 } },
    { operands: [map], attributes: { axis: 2 } },
  ],
  slice: [
    { operands: [map], attributes: { axis: 1, start: 0, end: 3 } },
    { operands: [map], attributes: { axis: 3, start: 1, end: 4 } },
  ],
  identity: elementwise,
  shape: [{ operands: [map], attributes: {} }],
  gather: [
    { operands: [map, { integers: [4, 0, -1] }], attributes: { axis: 1 } },
    { operands: [map, { integers: -2 }], attributes: { axis: 3 } },
    { operands: [{ input: [9, "N"] }, { integers: [0, 0] }], attributes: {} },
  ],
  gather_elements: [
    {
      operands: [
        { input: [2, 4] },
        {
          integers: [
            [3, 0],
            [-1, 1],
          ],
        },
      ],
      attributes: { axis: 1 },
    },
    {
      operands: [
        { input: [3, 2] },
        {
          integers: [
            [2, -3],
            [0, 0],
            [1, 2],
            [0, 1],
          ],
        },
      ],
      attributes: { axis: 0 },
    },
  ],
  gather_nd: [
    {
      operands: [
        { input: [3, 4, 2] },
        {
          integers: [
            [2, 3],
            [0, -1],
            [-3, 0],
          ],
        },
      ],
      attributes: {},
    },
    { operands: [{ input: [3, 4, 2] }, { integers: [[2], [-4], [1]] }], attributes: { batch: 1 } },
  ],
  nonzero: [
    { operands: [map], attributes: { count: "found" } },
    { operands: [rows], attributes: { count: "found" } },
  ],
  top_k: [
    { operands: [map, { integers: [3] }], attributes: { axis: 1 } },
    { operands: [rows, { integers: [10] }], attributes: { axis: 1 } },
    { operands: [{ input: [9, "N"] }, { shapeOf: 0, axis: 0 }], attributes: { axis: 0 } },
  ],
  non_max_suppression: [
    {
      operands: [{ input: ["N", 40, 4] }, { input: ["N", 3, 40] }],
      attributes: { most: 9, overlap: 0.3, count: "kept" },
    },
    {
      operands: [{ input: ["N", 40, 4], positive: true }, { input: ["N", 1, 40] }],
      attributes: { most: 40, overlap: 0.5, least: -1, centred: true, count: "kept" },
    },
  ],
  roi_align: [
    {
      operands: [map, { input: [5, 4], positive: true }, { integers: [0, 0, 0, 0, 0] }],
      attributes: { height: 2, width: 3, samples: 2, aligned: false },
    },
    {
      operands: [map, { input: [5, 4] }, { integers: [0, 0, 0, 0, 0] }],
      attributes: { height: 3, width: 2, scale: 0.5, aligned: false },
    },
  ],
  squeeze: [
    { operands: [{ input: ["N", 6, 1, 1] }], attributes: { axes: [2, 3] } },
    { operands: [{ input: ["N", 1, 6] }], attributes: { axes: [1] } },
  ],
  unsqueeze: [
    { operands: [rows], attributes: { axes: [2, 3] } },
    { operands: [map], attributes: { axes: [0, 4] } },
  ],
  expand: [
    { operands: [{ input: ["N", 6, 1, 1] }, { integers: [1, 7, 5] }], attributes: {} },
    { operands: [{ input: ["N", 6, 1, 1] }, { shapeOf: 0 }], attributes: {} },
  ],
  reshape_to: [{ operands: [{ input: ["N", 6, 1, 1] }, { shapeOf: 0 }], attributes: {} }],
  reduce_mean: [
    { operands: [map], attributes: { axes: [2, 3], keepdims: false } },
    { operands: [map], attributes: { axes: [1] } },
    { operands: [map], attributes: { axes: [3] } },
    { operands: [map], attributes: { axes: [2, 3] } },
  ],
  reduce_max: [
    { operands: [map], attributes: { axes: [1] } },
    { operands: [map], attributes: { axes: [1, 3] } },
  ],
  log_softmax: [
    { operands: [map], attributes: { axis: 3 } },
    { operands: [rows], attributes: { axis: 1 } },
  ],
  ceil: elementwise,
  floor: elementwise,
  layer_norm: [
    { operands: [rows, parameter(10), parameter(10)], attributes: { axis: 1 } },
    { operands: [map, parameter(7, 5)], attributes: { axis: 2, epsilon: 0.001 } },
  ],
  instance_norm: [
    { operands: [map, parameter(6), parameter(6)], attributes: {} },
    { operands: [{ input: ["N", 2, 9] }, parameter(2), parameter(2)], attributes: { epsilon: 0.01 } },
  ],
  resize: [
    { operands: [map], attributes: { scales: [1, 1, 2, 2], coordinates: "asymmetric", rounding: "floor" } },
    { operands: [map], attributes: { scales: [1, 1, 2, 1.5], mode: "linear" } },
    { operands: [{ input: [2, 3, 4, 5] }, { integers: [2, 3, 7, 9] }], attributes: {} },
    {
      operands: [{ input: [2, 3, 7, 5] }, { integers: [2, 3, 3, 9] }],
      attributes: { mode: "linear", coordinates: "align_corners" },
    },
    {
      operands: [{ input: [2, 3, 4, 5] }, { integers: [2, 3, 9, 1] }],
      attributes: { coordinates: "pytorch_half_pixel", rounding: "round_prefer_ceil" },
    },
  ],
  global_max_pool: [{ operands: [map], attributes: {} }],
  reduce_sum: [
    { operands: [map], attributes: { axes: [1] } },
    { operands: [map], attributes: { axes: [2, 3], keepdims: false } },
  ],
  reduce_min: [{ operands: [map], attributes: { axes: [1, 2], keepdims: false } }],
  reduce_prod: [{ operands: [map], attributes: { axes: [3] } }],
  abs: elementwise,
  neg: elementwise,
  exp: elementwise,
  softplus: elementwise,
  log: [{ operands: [{ input: ["N", 10], positive: true }], attributes: {} }],
  reciprocal: [{ operands: [{ input: ["N", 10], positive: true }], attributes: {} }],
  pow: [
    {
      operands: [
        { ...map, positive: true },
        { parameter: [], role: "fixed", positive: true },
      ],
      attributes: {},
    },
    { operands: [{ input: ["N", 10], positive: true }, parameter(10)], attributes: {} },
  ],
  prelu: [
    { operands: [map, parameter(6, 1, 1)], attributes: {} },
    { operands: [rows, parameter(1)], attributes: {} },
  ],
  leaky_relu: [
    { operands: [map], attributes: {} },
    { operands: [rows], attributes: { slope: 0.2 } },
  ],
  celu: [
    { operands: [map], attributes: {} },
    { operands: [rows], attributes: { scale: 2.5 } },
  ],
  elu: [
    { operands: [map], attributes: {} },
    { operands: [rows], attributes: { scale: 0.5 } },
  ],
  sloped_hard_sigmoid: [
    { operands: [map], attributes: {} },
    { operands: [rows], attributes: { slope: 0.25, shift: 0.4 } },
  ],
  max: variadic,
  min: variadic,
  sum: variadic,
  dropout: [{ operands: [map], attributes: { rate: 0.3 } }],
  general_gemm: [
    { operands: [rows, parameter(10, 7)], attributes: {} },
    { operands: [rows, parameter(7, 10), parameter(1, 7)], attributes: { transposeB: true, alpha: 0.5 } },
    {
      operands: [{ input: [10, "N"] }, parameter(10, 7), parameter(1)],
      attributes: { transposeA: true, beta: 2 },
    },
  ],
  erf: elementwise,
  relu: elementwise,
  sigmoid: elementwise,
  tanh: elementwise,
  hard_sigmoid: elementwise,
  hard_swish: elementwise,
  mish: elementwise,
  avg_pool: pools,
  max_pool: pools,
  reflect_pad: [
    { operands: [map], attributes: { before: [0, 0, 1, 2], after: [0, 0, 3, 0] } },
    { operands: [map], attributes: { before: [0, 2, 6, 0], after: [0, 5, 0, 4] } },
  ],
  pad: [
    { operands: [map], attributes: { before: [0, 0, 0, 0], after: [0, 2, 0, 0] } },
    { operands: [map], attributes: { before: [0, 1, 2, 0], after: [0, 2, 0, 3] } },
  ],
  batch_norm: [
    { operands: [rows, ...statistics(10)], attributes: {} },
    { operands: [map, ...statistics(6)], attributes: {} },
    { operands: [map, ...statistics(6)], attributes: { epsilon: 0.001, momentum: 0.01 } },
  ],
  cast: [
    { operands: [map], attributes: { to: "float16" } },
    { operands: [{ ...map, dtype: "float16" }], attributes: { to: "float32" } },
    { operands: [map], attributes: { to: "int64" } },
    { operands: [map], attributes: { to: "int32" } },
  ],
  clip: [
    { operands: [map], attributes: { low: 0, high: 6 } },
    { operands: [rows], attributes: { low: -0.3, high: 0.1 } },
  ],
  conv: [
    { operands: [map, parameter(4, 6, 1, 1)], attributes: {} },
    { operands: [map, parameter(4, 6, 3, 3), parameter(4)], attributes: { pads: [1, 1, 1, 1] } },
    { operands: [map, parameter(6, 1, 5, 5)], attributes: { group: 6, pads: [2, 2, 2, 2], strides: [2, 2] } },
    {
      operands: [map, parameter(4, 3, 2, 3), parameter(4)],
      attributes: { group: 2, pads: [0, 2, 1, 0], strides: [1, 2], dilations: [2, 1] },
    },
  ],
  flatten: [
    { operands: [map], attributes: {} },
    { operands: [map], attributes: { axis: 3 } },
    { operands: [map], attributes: { axis: 0 } },
  ],
  conv_1d: [
    { operands: [{ input: ["N", 1, 9] }, parameter(1, 1, 3)], attributes: { pads: [1, 1] } },
    { operands: [{ input: ["N", 6, 9] }, parameter(4, 6, 1), parameter(4)], attributes: {} },
    {
      operands: [{ input: ["N", 6, 9] }, parameter(4, 3, 4), parameter(4)],
      attributes: { group: 2, pads: [3, 1], stride: 2, dilation: 2 },
    },
  ],
  conv_transpose: [
    { operands: [map, parameter(6, 4, 2, 2)], attributes: { strides: [2, 2] } },
    {
      operands: [map, parameter(6, 2, 3, 2), parameter(4)],
      attributes: { group: 2, strides: [2, 3], dilations: [1, 2], pads: [1, 0, 2, 1], outputPadding: [1, 0] },
    },
  ],
  gemm: [
    { operands: [rows, parameter(7, 10)], attributes: {} },
    { operands: [rows, parameter(7, 10), parameter(7)], attributes: {} },
  ],
  global_avg_pool: [{ operands: [map], attributes: {} }],
  reshape: [
    { operands: [{ input: ["N", 6, 1, 1] }], attributes: { shape: [0, 1, -1, 1] } },
    { operands: [{ input: ["N", 1, 6, 1] }], attributes: { shape: [0, -1, 1, 1] } },
    { operands: [map], attributes: { shape: [0, 3, 2, -1] } },
  ],
  transpose: [
    { operands: [map], attributes: { permutation: [0, 2, 3, 1] } },
    { operands: [map], attributes: { permutation: [0, 3, 1, 2] } },
    { operands: [rows], attributes: { permutation: [1, 0] } },
  ],
};

/** All cases as a list, each with a label for messages; operands that say nothing else are of the element type. */
export function* allCases(
  dtype: "float32" | "float16" = "float32",
): Iterable<{ label: string; op: OperatorName; graph: Graph }> {
  for (const [name, cases] of Object.entries(opCases)) {
    const op = name as OperatorName;
    const places = operandSlots(definitionOf(op).operands);
    if (places.some(({ shared, types }) => shared && !types.includes(dtype))) continue;
    for (const [i, each] of cases.entries()) {
      yield { label: `${op} ${i} ${dtype} ${JSON.stringify(each)}`, op, graph: graphOfCase(op, each, dtype) };
    }
  }
}

/** The cases of the ops that are operators of an opset, in one element type or in both. */
export function* casesOf(
  opset: number,
  dtypes: readonly ("float32" | "float16")[] = ["float32", "float16"],
): ReturnType<typeof allCases> {
  for (const each of dtypes.flatMap((dtype) => [...allCases(dtype)])) {
    const { since = 0 }: { readonly since?: number } = codecs[each.op];
    if (since <= opset) yield each;
  }
}

/** The graph of one op. Its weights are stored numbers, so that a file gives back the same expressions. */
export function graphOfCase<N extends OperatorName>(
  op: N,
  { operands, attributes }: OpCase<N>,
  dtype: "float32" | "float16" = "float32",
): Graph {
  const builder = new GraphBuilder(`one ${op}`);
  const values: Value[] = [];
  for (const [i, operand] of operands.entries()) values.push(operandValue(operand, i));
  return builder.finish([builder.op(op, values, attributes, { scope: `/features/${op}` })]);

  function operandValue(operand: OperandCase, i: number): Value {
    if ("input" in operand) {
      return builder.input(
        `${operand.positive ? POSITIVE : "x"}${i}`,
        tensorType(operand.input, operand.dtype ?? dtype),
      );
    }
    const name = `features.${i}`;
    if ("integers" in operand) return integers(builder, name, operand.integers);
    if ("shapeOf" in operand) {
      const sizes = builder.op(
        "shape",
        [values[operand.shapeOf] as Value],
        {},
        { scope: `/features/shape${i}` },
      );
      if (operand.axis === undefined) return sizes;
      const axis = integers(builder, `${name}.axis`, [operand.axis]);
      return builder.op("gather", [sizes, axis], {}, { scope: `/features/size${i}` });
    }
    const { parameter: dims, role = "trainable", positive = false } = operand;
    const random = positive ? uniformWeight(dims, 0.5, 2, name) : normalWeight(dims, 1, name);
    return builder.parameterOf(
      name,
      storedWeight(dims, name, Float32Array.from(materialize(random, 1, dtype))),
      role,
      dtype,
    );
  }
}

function integers(
  builder: GraphBuilder,
  name: string,
  value: Extract<OperandCase, { readonly integers: unknown }>["integers"],
): Value {
  const list = [value].flat(2);
  const [row] = typeof value === "number" ? [] : value;
  const dims =
    typeof value === "number" ? [] : typeof row === "object" ? [value.length, row.length] : [value.length];
  return builder.parameterOf(name, storedWeight(dims, name, Float32Array.from(list)), "fixed", "int64");
}
