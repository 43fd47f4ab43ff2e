import * as z from "zod";
import { foreignOp } from "../op.js";
import { numbers, rest } from "../operands.js";
import { type Dim, isDType, refuse, tensorType } from "../types.js";

/** A node of a body that multiplies, with what a count of it needs. Unknown sizes are null. */
export interface InnerNode {
  readonly operator: string;
  readonly domain: string;
  readonly written: readonly (readonly [name: string, text: string])[];
  readonly operands: readonly (readonly Dim[] | null)[];
  readonly results: readonly (readonly Dim[] | null)[];
  /** Which operands are tensors of the file, or follow from such alone. */
  readonly constants: readonly boolean[];
  readonly bodies: readonly InnerBody[];
}

/** The nodes of a body that multiply, and how often it runs; null where only a run tells. */
export interface InnerBody {
  readonly rounds: Dim | null;
  readonly nodes: readonly InnerNode[];
}

/** Scalars of tensors that stand in a node's bodies, by what they are to training. */
export interface HeldScalars {
  readonly trainable: number;
  readonly buffers: number;
}

const attributes = () => {
  const dim = z.union([z.int(), z.string()]);
  const sizes = z.union([z.null(), z.array(dim)]);
  const body: z.ZodType<InnerBody> = z.strictObject({
    rounds: z.union([z.null(), dim]),
    nodes: z.array(
      z.strictObject({
        operator: z.string(),
        domain: z.string(),
        written: z.array(z.tuple([z.string(), z.string()])),
        operands: z.array(sizes),
        results: z.array(sizes),
        constants: z.array(z.boolean()),
        bodies: z.array(z.lazy(() => body)),
      }),
    ),
  });

  return z.strictObject({
    operator: z.string(),
    /** Empty for the operators of ONNX itself. */
    domain: z.string().default(""),
    /** The index of the node among those of its file, from 0; left out of one that is new. */
    node: z.int().min(0).optional(),
    /** Whether it has multiply-accumulates, or may have: a convolution, a product, an unknown operator. */
    multiplies: z.boolean().default(false),
    /** What multiplies in its bodies: branches of which one runs, or one body that runs some rounds. */
    bodies: z.array(body).default([]),
    /** The parameters that stand in its bodies, which are no operands. */
    held: z
      .strictObject({ trainable: z.int().min(0), buffers: z.int().min(0) })
      .default({ trainable: 0, buffers: 0 }),
    /** What the node has besides its operands, by name, as text: its attributes and bodies. */
    written: z.array(z.tuple([z.string(), z.string()])).default([]),
    /** The elements of each result that is small and whose elements are known, else null; as `values` of a type. */
    values: z.array(sizes).default([]),
    /** What is known of each result: its element type, then its sizes. */
    types: z.array(z.tuple([z.string().refine(isDType)], z.union([z.int().min(0), z.string()]))),
  });
};

const DRAWING: ReadonlySet<string> = new Set(
  "Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike".split(" "),
);

/** Whether an operator draws its results anew in each run, so that they follow from nothing that the file holds. */
export function drawsNumbers(operator: string): boolean {
  return DRAWING.has(operator);
}

/**
 * A node of an imported file that no op of the IR can say: its operands are the inputs that it has, and what its subgraphs
 * read. It is kept as it is: its attributes, subgraphs and whatever
 * else it has stay in the file, where `node` finds them.
 */
export const opaque = foreignOp({
  doc: "y... = what an operator of someone else's computes of x...",
  source: "https://onnx.ai/onnx/repo-docs/IR.html#nodes",
  precision: { float32: "its effect on numbers is not known" },
  operands: { x: rest(numbers) },
  attributes,
  resultTypes: ({ types, values }) =>
    types.map(([dtype, ...dims], i) => tensorType(dims, dtype, values[i] ?? undefined)),
  refuseToEvaluate: ({ operator, domain }) =>
    refuse(`${domain === "" ? "" : `${domain}.`}${operator} is no op of the IR, so it can't be evaluated`),
});
