import * as z from "zod";
import type { ActivationName } from "../../ir/activations.js";
import { freezeGraph, freezeOp } from "../../ir/builder.js";
import type { Graph, Op, Value } from "../../ir/graph.js";
import { sameType } from "../../ir/types.js";
import { definePass } from "../engine/pass.js";
import { readActivation } from "./activation.js";
import { Dataflow } from "./dataflow.js";
import { isLayout } from "./layout.js";
import { unlessMismatch } from "./mismatch.js";
import { ownOps } from "./region.js";

/**
 *     x · sigmoid(x)                         →  silu(x)
 *     x · (1 + erf(x / √2)) · 1/2            →  gelu(x)
 *     x · clip(x + 3, 0, 6) / 6              →  hard_swish(x)
 *     clip(x + 3, 0, 6) / 6                  →  hard_sigmoid(x)
 *     clip(x, 0, 6)                          →  relu6(x)
 *
 * and every other way in which exporters write these. It undoes `lower-activation`. What else reads a part of the
 * activation keeps it as it is. All other ops stay the objects that they are.
 */
export const raiseActivation = definePass({
  name: "raise-activation",
  doc: "Replaces the ops that exporters write for an activation by one op.",
  options: () => z.strictObject({}),
  preserves: "values",
  run(graph) {
    const flow = new Dataflow(graph);
    const raised = new Map<Op, Op>();
    const gone = new Set<Op>();
    // From the end, so that an activation is found before a part of it is.
    for (const op of graph.ops.toReversed()) {
      const read = gone.has(op) ? undefined : unlessMismatch(() => readOwn(op, flow));
      if (read === undefined) continue;
      raised.set(op, activationOp(op, read.name, read.from));
      for (const each of read.ops) gone.add(each);
    }
    return raised.size === 0 ? graph : replaced(graph, raised, gone);
  },
});

interface OwnActivation {
  readonly name: ActivationName;
  readonly from: Value;
  readonly ops: ReadonlySet<Op>;
}

/** The activation that ends in an op and is not that op alone, if nothing else reads its parts. */
function readOwn(op: Op, flow: Dataflow): OwnActivation | undefined {
  const [result] = op.results;
  const read = result === undefined || isLayout(op) ? undefined : readActivation(result, flow);
  if (result === undefined || read === undefined || op.kind === read.name) return undefined;
  const { region, kept } = ownOps(op, read.ops, flow);
  const fits = kept.length === 0 && read.ops[0] === op && sameType(read.from.type, result.type);
  return fits ? { name: read.name, from: read.from, ops: region } : undefined;
}

function activationOp(last: Op, kind: ActivationName, from: Value): Op {
  const loc = { ...last.loc, pass: "raise-activation" };
  return freezeOp({ kind, operands: [from], attributes: {}, results: last.results, loc } as unknown as Op);
}

function replaced(graph: Graph, raised: ReadonlyMap<Op, Op>, gone: ReadonlySet<Op>): Graph {
  const ops = graph.ops.flatMap((op) => raised.get(op) ?? (gone.has(op) ? [] : [op]));
  return freezeGraph({ ...graph, ops });
}
