import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, type Tensor } from "../tensor.js";
import { formatType, refuse, type TensorType, tensorType } from "../types.js";
import { conv } from "./conv.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

const attributes = z.strictObject({
  stride: positive.default(1),
  /** Zeros added before the first place and after the last. */
  pads: z.tuple([padding, padding]).default([0, 0]),
  dilation: positive.default(1),
  group: positive.default(1),
});

/** A convolution along one axis: `conv` on maps of one row. */
export const conv1d = defineOp({
  name: "conv1d",
  level: "primitive",
  precision: "half",
  doc: "y[n,o,p] = bias[o] + Σ weight[o,i,q] · x[n, i, p·stride + q·dilation - pads], summed over the group's channels i and taps q",
  source: "https://onnx.ai/onnx/operators/onnx__Conv.html (one spatial axis)",
  operands: ["x", "weight", "bias?"],
  attributes,
  infer([x, weight, bias], along) {
    const operands = [withRow(x, "x"), withRow(weight, "weight"), ...(bias === undefined ? [] : [bias])];
    return conv.infer(operands, onRows(along)).map(withoutRow);
  },
  cost([x, weight], [y], along) {
    const types = [withRow(x, "x"), withRow(weight, "weight")];
    return conv.cost?.(types, [withRow(y, "y")], onRows(along)) ?? refuse("a convolution has a cost");
  },
  evaluate([x, weight, ...bias], along) {
    const rows = [x, weight].map((each): Tensor => {
      const { dims, data } = operandAt([each], 0) as Tensor;
      return { dims: dims.toSpliced(2, 0, 1), data };
    });
    return conv.evaluate([...rows, ...bias], onRows(along)).map(withoutRow);
  },
});

function onRows({
  stride,
  pads,
  dilation,
  group,
}: z.output<typeof attributes>): z.output<typeof conv.attributes> {
  const [before, after] = pads;
  return { strides: [1, stride], pads: [0, before, 0, after], dilations: [1, dilation], group };
}

/** [N, C, L] as [N, C, 1, L] */
function withRow(type: TensorType | undefined, what: string): TensorType {
  if (type?.dims.length !== 3)
    refuse(`${what} must be [N, C, L], got ${type ? formatType(type) : "nothing"}`);
  return tensorType(type.dims.toSpliced(2, 0, 1), type.dtype);
}

function withoutRow<T extends Pick<TensorType, "dims">>(each: T): T {
  return { ...each, dims: each.dims.toSpliced(2, 1) };
}
