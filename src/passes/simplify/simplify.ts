import * as z from "zod";
import { Defect } from "../../base/diagnostic.js";
import type { Graph, Op, Value } from "../../ir/graph.js";
import { rewriteGraph } from "../../ir/rewrite.js";
import { definePass } from "../engine/pass.js";
import { foldKnownValues, foldSmallConstants } from "./constants.js";
import { eliminateDeadCode } from "./eliminate.js";
import { foldConstants } from "./fold-constants.js";
import {
  dropIdentity,
  dropRepetition,
  joinLayouts,
  joinTransposes,
  type Simplification,
  staticReshape,
} from "./simplification.js";

/** In the order in which they are tried at an op. */
const SIMPLIFICATIONS: readonly Simplification[] = [
  dropIdentity,
  foldKnownValues,
  foldSmallConstants,
  staticReshape,
  joinLayouts,
  joinTransposes,
  dropRepetition,
];

/** Each round makes a graph smaller, and what one leaves the next one sees; chains in files are not this long. */
const MOST_ROUNDS = 50;

/**
 *     reshape(x, concat(gather(shape(x), 0), -1))  →  reshape(x) {shape = [0, -1]}
 *     identity, dropout, an op that leaves x as it is  →  x
 *     squeeze(unsqueeze(x))  →  x                       and other pairs, of transposes too
 *     mul(x, expand(gate, shape(x)))  →  mul(x, gate)
 *
 * What is computed of sizes and small constants becomes a constant of at most 64 elements, so that no file grows;
 * larger ones are folded where a weight expression says them (`fold-constants`), and stay otherwise.
 */
export const simplify = definePass({
  name: "simplify",
  doc: "Folds constants and computed shapes; removes identities, dropout and changes of shape that undo each other.",
  options: z.strictObject({}),
  preserves: "values",
  tidies: true,
  run(graph) {
    const folded = foldConstants.run(graph, {});
    return untilNothingChanges(folded, (each) => eliminateDeadCode.run(simplifyOnce(each), {}));
  },
});

/** The graph after as many rounds as change it. One that more than `MOST_ROUNDS` change is a `Defect`: two rules undo each other. */
export function untilNothingChanges(graph: Graph, round: (graph: Graph) => Graph): Graph {
  let current = graph;
  for (let i = 0; i < MOST_ROUNDS; i++) {
    const next = round(current);
    if (sameOps(current, next)) return current;
    current = next;
  }
  throw new Defect(`simplify came to no end in ${MOST_ROUNDS} rounds`);
}

function simplifyOnce(graph: Graph): Graph {
  // Ops that stay, with the operands that they have by now.
  const kept = new Map<Value, Op>();
  return rewriteGraph(graph, "simplify", (op, context) => {
    for (const simplification of SIMPLIFICATIONS) {
      const value = simplification(op, context, (operand) => kept.get(operand));
      if (value !== undefined) return value;
    }
    for (const result of op.results) kept.set(result, op);
    return undefined;
  });
}

function sameOps(a: Graph, b: Graph): boolean {
  return a.ops.length === b.ops.length && a.ops.every((op, i) => op === b.ops[i]);
}
