import * as z from "zod";
import { defineOp, type OpDefinition } from "../op.js";
import { operandAt, runningSum, type Tensor, zeros } from "../tensor.js";
import { refuse } from "../types.js";

const attributes = z.strictObject({ axis: z.int().min(0) });

/** An op on the shares that the places of an axis have of their exponentials' sum, by the logarithms of those. */
export function defineSoftmax<const N extends string>(op: {
  name: N;
  doc: string;
  source: string;
  finish: (logarithm: number) => number;
}): OpDefinition<N, typeof attributes> {
  const { finish, ...rest } = op;
  return defineOp({
    ...rest,
    level: "primitive",
    precision: { float32: "the sum of exponentials overflows, and shares of many places vanish" },
    operands: ["x"],
    attributes,
    infer(operands, { axis }) {
      const x = operandAt(operands, 0);
      if (axis >= x.dims.length) refuse(`x has no axis ${axis}`);
      return [x];
    },
    evaluate(operands, { axis }) {
      const { dims, data } = logarithmsAlong(operandAt(operands, 0), axis);
      return [{ dims, data: data.map(finish) }];
    },
  });
}

function logarithmsAlong(x: Tensor, axis: number): Tensor {
  const y = zeros(x.dims, x);
  const size = operandAt(x.dims, axis);
  const inner = x.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  for (let start = 0; start < x.data.length; start += size * inner) {
    for (let i = start; i < start + inner; i++) {
      const places = Array.from({ length: size }, (_, step) => i + step * inner);
      // Without the largest element, exp would overflow.
      const most = places.reduce((max, at) => Math.max(max, operandAt(x.data, at)), Number.NEGATIVE_INFINITY);
      const share = (step: number): number => Math.exp(operandAt(x.data, operandAt(places, step)) - most);
      const total = runningSum(size, share, x.data);
      for (const at of places) y.data[at] = operandAt(x.data, at) - most - Math.log(total);
    }
  }
  return y;
}
