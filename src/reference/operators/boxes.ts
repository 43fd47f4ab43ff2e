import { suppressed } from "../../ir/ops/regions.js";
import type { Evaluator } from "./node.js";

/** The form whose bounds are computed; the op has those that stand in the file. */
const nonMaxSuppression: Evaluator = (node) => [
  suppressed(node.input(0), node.input(1), {
    most: node.optional(2)?.data[0] ?? 0,
    overlap: node.optional(3)?.data[0] ?? 0,
    least: node.optional(4)?.data[0],
    centred: node.number("center_point_box", 0) === 1,
  }),
];

/** https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html */
export const boxOperators: Readonly<Record<string, Evaluator>> = { NonMaxSuppression: nonMaxSuppression };
