import type * as z from "zod";
import type { Diagnostic } from "../../base/diagnostic.js";
import type { JsonPath } from "../../base/json-path.js";
import { withLate } from "../../base/late.js";
import type { Graph } from "../../ir/graph.js";

/**
 * What a pass promises. `values`: the outputs stay what they were, up to rounding. `signature`: names and
 * types of inputs and outputs stay; the function they compute may change.
 */
export type Preserves = "values" | "signature";

/** A rewriting of graphs, as a value. Its options are described, checked and defaulted by one schema. */
export interface Pass<N extends string = string, O extends z.ZodObject = z.ZodObject> {
  readonly name: N;
  /** What it does, in one line; where that helps, as `before` → `after`. */
  readonly doc: string;
  readonly options: O;
  readonly preserves: Preserves;
  /** Whether it only makes a network simpler that stays what it is; absent for every other pass. */
  readonly tidies?: true;
  /** Whether it adds layers with weights of their own, which are then trained: a network is meant with them. Absent for every other pass. */
  readonly adds?: true;
  run(graph: Graph, options: z.output<O>): Graph;
  /** What its options ask for that is not in the graph, although it could run: a warning for the user. */
  unmatched?(graph: Graph, options: z.output<O>): readonly Unmatched[];
}

/** Something that a pass was asked for and did not find. */
export type Unmatched = Pick<Diagnostic, "message" | "hint">;

/** Gives a pass its exact type. Its options are made when they are needed. */
export function definePass<const N extends string, O extends z.ZodObject>(
  pass: Omit<Pass<N, O>, "options"> & { readonly options: () => O },
): Pass<N, O> {
  return withLate(pass, "options", pass.options);
}

/** A pass with its options, every default filled in: an element of a pipeline. */
export interface PassInvocation {
  readonly pass: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Its place in the spec; undefined if a flag or a program requested it. */
  readonly specPath?: JsonPath | undefined;
}
