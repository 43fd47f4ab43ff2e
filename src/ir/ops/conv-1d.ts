import * as z from "zod";
import type { OpOf } from "../graph.js";
import { defineOp } from "../op.js";
import { operandAt, type Tensor } from "../tensor.js";
import { refuse, type TensorType, tensorType } from "../types.js";
import { conv } from "./conv.js";
import type { WindowAxis } from "./window.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

const attributes = z.strictObject({
  stride: positive.default(1),
  /** Zeros added before the first and after the last place. */
  pads: z.tuple([padding, padding]).default([0, 0]),
  dilation: positive.default(1),
  group: positive.default(1),
});

/** Over x of [N, C, L]; it is the convolution of a map with one row. */
export const conv1d = defineOp({
  name: "conv_1d",
  level: "primitive",
  precision: "half",
  doc: "y[n,o,p] = bias[o] + Σ weight[o,i,q] · x[n, i, p·stride + q·dilation - pads], summed over the group's channels i and taps q",
  source: "https://onnx.ai/onnx/operators/onnx__Conv.html (one spatial axis)",
  operands: ["x", "weight", "bias?"],
  attributes,
  infer([x, weight, bias], given) {
    const operands = [rowType(x, "x"), rowType(weight, "weight"), ...(bias === undefined ? [] : [bias])];
    return conv.infer(operands, ofRow(given)).map(({ dims, dtype }) => tensorType(withoutRow(dims), dtype));
  },
  cost([x, weight, bias], [y], given) {
    const operands = [rowType(x, "x"), rowType(weight, "weight"), ...(bias === undefined ? [] : [bias])];
    return conv.cost?.(operands, [rowType(y, "y")], ofRow(given)) ?? { macs: 0 };
  },
  evaluate(operands, given) {
    const [x, weight] = [operandAt(operands, 0), operandAt(operands, 1)].map(asRow);
    const all = [x, weight, ...operands.slice(2)] as readonly Tensor[];
    return conv.evaluate(all, ofRow(given)).map(({ dims, data }) => ({ dims: withoutRow(dims), data }));
  },
});

function ofRow({ stride, pads: [before, after], dilation, group }: z.output<typeof attributes>) {
  return conv.attributes.parse({
    strides: [1, stride],
    pads: [0, before, 0, after],
    dilations: [1, dilation],
    group,
  });
}

/** [N, C, L] as [N, C, 1, L]. */
function withRow<D>(dims: readonly D[]): readonly (D | 1)[] {
  return [...dims.slice(0, 2), 1, ...dims.slice(2)];
}

function withoutRow<D>(dims: readonly D[]): readonly D[] {
  return [...dims.slice(0, 2), ...dims.slice(3)];
}

function rowType(type: TensorType | undefined, what: string): TensorType {
  if (type?.dims.length !== 3) return refuse(`${what} must have three axes`);
  return tensorType(withRow(type.dims), type.dtype);
}

function asRow({ dims, data }: Tensor): Tensor {
  return { dims: withRow(dims), data };
}

/** How the window of a convolution moves along one of its axes, from 0. */
export function windowAlong({ kind, attributes }: OpOf<"conv"> | OpOf<"conv_1d">, axis: number): WindowAxis {
  if (kind === "conv_1d") {
    const { stride, dilation, pads } = attributes;
    return { stride, dilation, before: pads[0], after: pads[1] };
  }
  const { strides, dilations, pads } = attributes;
  return {
    stride: strides[axis] ?? 1,
    dilation: dilations[axis] ?? 1,
    before: pads[axis] ?? 0,
    after: pads[axis + 2] ?? 0,
  };
}
