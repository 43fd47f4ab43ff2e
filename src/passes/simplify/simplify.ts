import * as z from "zod";
import { Defect } from "../../base/diagnostic.js";
import type { Graph, Op } from "../../ir/graph.js";
import { type RewriteContext, rewriteGraph } from "../../ir/rewrite.js";
import { definePass } from "../engine/pass.js";
import { foldBatchNorm, normsThatStay } from "../fold-batch-norm.js";
import { biasAfterLayer } from "./bias-after-layer.js";
import { joinCasts } from "./casts.js";
import { foldComputed } from "./computed-constants.js";
import { foldKnownValues, foldSmallConstants } from "./constants.js";
import { doubled } from "./doubled.js";
import { eliminateDeadCode, mergeFixedParameters } from "./eliminate.js";
import { EqualOps } from "./equal-ops.js";
import { foldConstants } from "./fold-constants.js";
import { makeHardSigmoid } from "./hard-sigmoids.js";
import { dropIdentity } from "./identities.js";
import { joinLayouts, staticReshape } from "./layouts.js";
import { addIntoProduct } from "./linear-layers.js";
import { makeMean } from "./means.js";
import { padIntoWindow } from "./pad-into-window.js";
import { Readers } from "./readers.js";
import { keepReducedAxes } from "./reduced-axes.js";
import { dropRepetition } from "./repetition.js";
import { scaleAfterLayer } from "./scale-after-layer.js";
import { scaleBeforeLayer } from "./scale-before-layer.js";
import type { Simplification, SimplifyContext } from "./simplification.js";
import { joinTransposes } from "./transposes.js";
import { dropUnits } from "./units.js";
import { signedZeros } from "./zero-signs.js";

/** In the order in which they are tried at an op. */
const SIMPLIFICATIONS: readonly Simplification[] = [
  dropIdentity,
  foldKnownValues,
  foldSmallConstants,
  foldComputed,
  staticReshape,
  joinLayouts,
  joinTransposes,
  joinCasts,
  dropRepetition,
  dropUnits,
  keepReducedAxes,
  padIntoWindow,
  makeHardSigmoid,
  makeMean,
  doubled,
  scaleAfterLayer,
  biasAfterLayer,
  scaleBeforeLayer,
  addIntoProduct,
];

/** Each round makes a graph smaller, and what one leaves the next one sees; chains in files are not this long. */
const MOST_ROUNDS = 50;

/**
 *     reshape(x, concat(gather(shape(x), 0), -1))  →  reshape(x) {shape = [0, -1]}
 *     identity, dropout, an op that leaves x as it is  →  x
 *     squeeze(unsqueeze(x))  →  x                       and other pairs, of transposes and casts too
 *     add(x, x)  →  mul(x, 2)
 *     mul(x, expand(gate, shape(x)))  →  mul(x, gate)
 *     f(x), f(x)  →  f(x)                               equal ops are one
 *     f(@w)  →  @w'                                     what follows from weights and sizes alone is a weight
 *     batch_norm(conv(x)), conv(x) · s, conv(pad(x)) …  →  conv(x)
 *
 * until nothing changes any more. The rules are one file each, with the algebra that each stands on. What a number is never changes
 * by more than rounding, and no file grows by more than 1 MiB for one constant.
 */
export const simplify = definePass({
  name: "simplify",
  doc: "Folds constants and computed shapes; folds BatchNorms, factors and paddings into convolutions; removes ops without effect and duplicates.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  unmatched: (graph) => normsThatStay(graph),
  run: (graph) => untilNothingChanges(graph, simplifyOnce),
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
  const folded = foldBatchNorm.run(foldConstants.run(graph, {}), {});
  return eliminateDeadCode.run(rewriteOps(mergeFixedParameters(folded)), {});
}

function rewriteOps(graph: Graph): Graph {
  const readers = new Readers(graph);
  const equal = new EqualOps();
  let signed: ReturnType<typeof signedZeros> | undefined;
  return rewriteGraph(graph, "simplify", (op, given) => {
    const context: SimplifyContext = {
      ...watched(given, op, readers, equal),
      isReadOnce: (value) => readers.isOne(value),
      readersOf: (result) => readers.before(result),
      tellsZeros(result) {
        signed ??= signedZeros(graph);
        return signed.has(result);
      },
    };
    for (const simplification of SIMPLIFICATIONS) {
      const value = simplification(op, context);
      if (value === undefined || !given.accepts(value)) continue;
      readers.replaced(op, value, given.producer);
      return value;
    }
    const first = equal.firstOf(op);
    if (first === undefined || !given.accepts(first)) return undefined;
    readers.replaced(op, first, given.producer);
    return first;
  });
}

/** A context whose new ops are counted as readers of what they read, and what they are made instead of is gone. */
function watched(context: RewriteContext, op: Op, readers: Readers, equal: EqualOps): RewriteContext {
  return {
    ...context,
    op(...given) {
      const result = context.op(...given);
      readers.made(context.producer(result));
      return result;
    },
    instead(...given) {
      const result = context.instead(...given);
      equal.forget(given[0].results);
      readers.made(context.producer(result));
      return result;
    },
    again(...given) {
      const result = context.again(...given);
      readers.made(context.producer(result));
      return result;
    },
    readInstead(operands) {
      readers.reads(op, operands, context.producer);
      context.readInstead(operands);
    },
  };
}

function sameOps(a: Graph, b: Graph): boolean {
  return a.ops.length === b.ops.length && a.ops.every((op, i) => op === b.ops[i]);
}
