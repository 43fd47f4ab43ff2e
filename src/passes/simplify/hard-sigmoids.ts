import type { Op, Value } from "../../ir/graph.js";
import { sameDims } from "../../ir/types.js";
import { readClamp } from "../raise/clamp.js";
import { LAYOUTS } from "./layouts.js";
import type { Simplification, SimplifyContext } from "./simplification.js";

/**
 *     min(max(x · 0.2 + 0.5, 0), 1)  →  sloped_hard_sigmoid(x) {slope = 0.2, shift = 0.5}
 *     clip(x + 3, 0, 6) / 6          →  sloped_hard_sigmoid(x) {slope = 1/6, shift = 0.5}
 *
 * in any order of its steps: min(max(slope · x + shift, 0), 1), which is ONNX's HardSigmoid. What else reads a step, or is an
 * output, keeps them all.
 */
export const makeHardSigmoid: Simplification = (op, context) => {
  const [result] = op.results;
  if (result === undefined || !ENDS.has(op.kind)) return undefined;
  const flow = { producer: (value: Value) => (value === result ? op : ownProducer(value, context)) };
  const { clamp, from, ops } = readClamp(result, flow);
  const { slope, shift, low, high } = clamp;
  if (ops.length < 2 || low !== 0 || high !== 1 || isPlain(clamp) || !(slope > 0)) return undefined;
  if (!sameDims(from.type.dims, result.type.dims) || ops.some(({ kind }) => LAYOUTS.has(kind)))
    return undefined;
  return context.op("sloped_hard_sigmoid", [from], { slope, shift });
};

/** What the last step may be. */
const ENDS: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>(["clip", "div", "max", "min", "mul"]);

/** A step that nothing else reads. */
function ownProducer(value: Value, context: SimplifyContext): Op | undefined {
  return context.isReadOnce(value) ? context.producer(value) : undefined;
}

/** A clamp between 0 and 1 alone is one Clip. */
function isPlain({ slope, shift }: { readonly slope: number; readonly shift: number }): boolean {
  return slope === 1 && shift === 0;
}
