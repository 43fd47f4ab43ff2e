import { dequal } from "dequal";
import * as z from "zod";
import { InputError } from "../../base/diagnostic.js";
import type { AttentionModule, AttentionPlan, AttentionSite } from "../../ir/attention/module.js";
import { type AttentionOptions, attentionModules, attentionTypeOf } from "../../ir/attention/modules.js";
import { type Graph, type Op, sharedPlace, type Value } from "../../ir/graph.js";
import { rewriteGraph } from "../../ir/rewrite.js";
import { type DType, sameDims, unlessRefused } from "../../ir/types.js";
import { definePass } from "../engine/pass.js";
import { gateKind, gateOptions, gateSelector, type SitedGate, selectGates, unmatchedGates } from "./gates.js";

/**
 *     attention.se(x, ...)  →  attention.eca(x, ...)        with to=eca
 *
 * The new gate is made of its options where the old one is: ECA's k follows from the gated channels
 * there, SE's width from those that enter the block. It keeps the old gate's scope and starts with fresh
 * weights.
 *
 * A gate that is already what the options ask for stays as it is, weights included: one of the same kind does where all
 * options are at their defaults, which ask for nothing. Otherwise what a person wrote of it (ECA's fixed k) holds unless
 * the options say otherwise; what was derived (k by rule) is derived again.
 */
export const swapAttention = definePass({
  name: "swap-attention",
  doc: "Replaces attention gates by another kind, or by the same kind with different options.",
  options: () =>
    z.strictObject({
      from: gateKind()
        .optional()
        .describe("Kind of gate to replace; there must be at least one. Default: any kind."),
      to: gateOptions(),
      at: gateSelector().optional().describe("Selects some of these gates. Default: all."),
    }),
  preserves: "signature",
  unmatched: (graph, { from, at }) => unmatchedGates(graph, { kind: from, at }),
  run(graph, { from, to, at }) {
    const gates = selectGates(graph, "swap-attention", { kind: from, at });
    refuseParted(graph, gates);
    const asksForKind = dequal(to, gateOptions().parse(to.type));
    return rewriteGraph(graph, "swap-attention", (op, context) => {
      const [result] = op.results;
      const gate = result && gates.get(result);
      const [x] = op.operands;
      if (gate === undefined || x === undefined) return undefined;
      const dtype = weightsType(op);
      if (gate.type !== to.type) return context.attention(x, to, gate.site, dtype);
      const options = inherit(to, op);
      if (asksForKind || isPlanned(op, options, gate.site)) return undefined;
      return context.attention(x, options, gate.site, dtype);
    });
  },
});

/** A gate that the maps of a head share is one gate. */
function refuseParted({ blocks, ops }: Graph, gates: ReadonlyMap<Value, SitedGate>): void {
  const places = new Set(
    [...gates.values()].flatMap(({ op }) => sharedPlace(blocks, op.loc.scope)?.scope ?? []),
  );
  const left = ops.find(
    ({ kind, loc, results }) =>
      attentionTypeOf(kind) !== undefined &&
      places.has(sharedPlace(blocks, loc.scope)?.scope ?? "") &&
      !results.some((result) => gates.has(result)),
  );
  if (left === undefined) return;
  throw InputError.of(
    "pass/no-gate",
    `swap-attention: ${left.loc.scope} shares its gate with others that are swapped`,
    {
      hint: 'swap those of all maps of the head, or write "share": "none" there',
    },
  );
}

/** The element type of a gate's weights, which may be float32 over a map of half precision; of one without any it is the map's. */
function weightsType({ operands: [x, ...parameters] }: Op): DType | undefined {
  return (parameters[0] ?? x)?.type.dtype;
}

/** The options with what a person wrote of the replaced gate of the same kind. */
function inherit(to: AttentionOptions, replaced: Op): AttentionOptions {
  const { type, ...options } = to;
  const module: AttentionModule = attentionModules[type];
  const inherited = module.inherit?.(options, replaced.attributes) ?? options;
  return { type, ...inherited } as AttentionOptions;
}

/** Whether the op is already what its module plans for these options at this site. */
function isPlanned(op: Op, { type, ...options }: AttentionOptions, site: AttentionSite): boolean {
  const plan = planOf(attentionModules[type], options, site);
  if (plan === undefined) return false;
  const [, ...parameters] = op.operands;
  return (
    dequal({ ...op.attributes }, plan.attributes) &&
    parameters.length === plan.parameters.length &&
    parameters.every((parameter, i) => sameDims(parameter.type.dims, plan.parameters[i]?.dims ?? []))
  );
}

/** The module's plan; undefined where it refuses, which building the gate will say, with where it is. */
function planOf(
  module: AttentionModule,
  options: Readonly<Record<string, unknown>>,
  site: AttentionSite,
): AttentionPlan<unknown> | undefined {
  return unlessRefused(() => module.plan(options, site));
}
