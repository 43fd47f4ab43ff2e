import * as z from "zod";
import type { ForeignOp } from "../op.js";
import { numbers, rest } from "../operands.js";
import { isDType, refuse, tensorType } from "../types.js";

const attributes = z.strictObject({
  operator: z.string(),
  /** Empty for the operators of ONNX itself. */
  domain: z.string().default(""),
  /** The index of the node among those of its file, from 0. */
  node: z.int().min(0),
  /** Whether it has multiply-accumulates, or may have: a convolution, a product, what nobody knows. */
  multiplies: z.boolean().default(false),
  /** What the node has besides its operands, by name, as text: its attributes and bodies. */
  written: z.array(z.tuple([z.string(), z.string()])).default([]),
  /** What is known of each result: its element type, then its sizes. */
  types: z.array(z.tuple([z.string().refine(isDType)], z.union([z.int().min(0), z.string()]))),
});

/**
 * A node of an imported file that no op of the IR can say: its operands are the inputs that it has, and what its subgraphs
 * read. It is kept as it is: its attributes, subgraphs and whatever
 * else it has stay in the file, where `node` finds them.
 */
export const opaque: ForeignOp<typeof attributes> = {
  level: "primitive",
  foreign: true,
  doc: "y... = what an operator of someone else's computes of x...",
  source: "https://onnx.ai/onnx/repo-docs/IR.html#nodes",
  precision: { float32: "nobody knows what it does to its numbers" },
  operands: { x: rest(numbers) },
  attributes,
  resultTypes: ({ types }) => types.map(([dtype, ...dims]) => tensorType(dims, dtype)),
  refuseToEvaluate: ({ operator, domain }) =>
    refuse(`${domain === "" ? "" : `${domain}.`}${operator} is no op of the IR, so it can't be evaluated`),
};
