import * as z from "zod";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { ConstantStart } from "../../ir/attention/identity.js";
import type { AttentionModule, AttentionSite } from "../../ir/attention/module.js";
import { type AttentionOptions, attentionModules } from "../../ir/attention/modules.js";
import { GraphBuilder } from "../../ir/builder.js";
import { type FactorPlan, FactorPlanner, type NoFactorPlan } from "../../ir/channel-factors.js";
import { withFactors } from "../../ir/factored-weights.js";
import {
  blockAt,
  type Graph,
  type Loc,
  type Op,
  type Parameter,
  type Result,
  type Value,
} from "../../ir/graph.js";
import { INSERTED, SCALE } from "../../ir/inserted.js";
import { nameOutputs, replaceData } from "../../ir/rewrite.js";
import { TypeRefusal } from "../../ir/types.js";
import { constantWeight, type WeightExpr } from "../../ir/weight.js";
import { definePass } from "../engine/pass.js";
import { gateOptions, siteAt } from "../swap/gates.js";
import { type SiteSelector, selectSites, siteSelector, unmatchedSites } from "./sites.js";

const FACTORS = ["auto", "fold", "multiply"] as const;

/**
 *     y = layer(x)   →   y = layer(x), z = c · gate(y)          z read where y was
 *
 * The gate's last layer starts at zero, so that it multiplies its map by one number, ½ for a sigmoid, whatever enters. c is
 * the inverse of that number: the network computes what it did, and the gate learns from there. c goes into the weights of the
 * layers that read z, else into those that make y (`FactorPlanner`); where neither can take it, it stays as a product.
 *
 * A gate stands in the scope of its layer, as `inserted`, and behind a block's sum in that of the block.
 */
export const insertAttention = definePass({
  name: "insert-attention",
  doc: "Inserts attention gates after layers; the gates start as the identity.",
  options: () =>
    z.strictObject({
      to: gateOptions(),
      at: siteSelector().optional().describe("Selects the layers. Default: one gate in each block."),
      factor: z
        .enum(FACTORS)
        .default("auto")
        .describe(
          "Where to put the factor that cancels the gate's initial value. fold: into the weights of an adjacent layer; an error if there is none. multiply: a product after the gate. auto: fold if possible, else multiply.",
        ),
    }),
  preserves: "values",
  adds: true,
  unmatched: (graph, { at }) => unmatchedSites(graph, at),
  run: (graph, options) => insertGates(graph, options).graph,
});

interface InsertOptions {
  readonly to: AttentionOptions;
  readonly at?: SiteSelector | undefined;
  readonly factor: (typeof FACTORS)[number];
}

/** A gate that was put in. */
export interface InsertedGate {
  readonly op: Op;
  /** What undoes the number that the gate starts with; 1 where it starts as the identity. */
  readonly scale: number;
  /** Where the scale went; undefined where it is 1. */
  readonly place: FactorPlan | NoFactorPlan | undefined;
}

/** The graph with its new gates. Errors: `InputError` without a site, and for gates that can't stand at the sites. */
export function insertGates(
  graph: Graph,
  { to, at, factor }: InsertOptions,
): { readonly graph: Graph; readonly gates: readonly InsertedGate[] } {
  const planned = planGates(graph, to, at);
  const gated = withGates(graph, to, planned);
  const planner = new FactorPlanner(gated.graph);
  const gates = gated.gates.map(({ op, factor: start }): InsertedGate => {
    if (start === 1) return { op, scale: 1, place: undefined };
    const place = factor === "multiply" ? { reason: "a product was asked for" } : foldedIn(planner, op);
    return { op, scale: 1 / start, place };
  });
  if (factor === "fold") refuseUnfolded(gates);
  return { graph: withScales(gated.graph, gates), gates };
}

/** The layers that a gate's scale can go into. Weights of half precision could lose digits or become infinite. */
function foldedIn(planner: FactorPlanner, gate: Op): FactorPlan | NoFactorPlan {
  const plan = planner.around(planner.unit(gate), "non-negative");
  if ("reason" in plan) return plan;
  const half = plan.parameters.find(({ parameter }) => parameter.type.dtype !== "float32");
  return half === undefined ? plan : { reason: `${half.parameter.name} is ${half.parameter.type.dtype}` };
}

/** A gate that can stand behind a value. */
interface PlannedGate {
  readonly site: AttentionSite;
  readonly loc: Loc;
  readonly start: ConstantStart;
}

/** The gates by the names of the values that they stand behind. Everything that can't stand there is one error. */
function planGates(
  graph: Graph,
  to: AttentionOptions,
  at: SiteSelector | undefined,
): ReadonlyMap<string, PlannedGate> {
  const problems: Diagnostic[] = [];
  const scopes = new Set(graph.ops.map(({ loc }) => loc.scope));
  const planned = new Map<string, PlannedGate>();
  for (const { op, value } of selectSites(graph, at)) {
    const site = siteAt(graph, value, op.loc.scope);
    const start = startAt(to, site);
    if ("reason" in start) {
      problems.push({
        code: "pass/no-start",
        message: `insert-attention: ${to.type} behind ${op.loc.scope}: ${start.reason}`,
      });
      continue;
    }
    const scope = freeName(scopes, `${layerScope(graph, op)}/${INSERTED}`);
    scopes.add(scope);
    planned.set(value.name, { site, start, loc: { ...op.loc, scope, pass: "insert-attention" } });
  }
  if (problems.length > 0) throw new InputError(problems);
  return planned;
}

/** How a gate starts at a site, or why it can't stand there. */
function startAt({ type, ...options }: AttentionOptions, site: AttentionSite) {
  const module: AttentionModule = attentionModules[type];
  try {
    return module.identity(module.plan(options, site), site);
  } catch (error) {
    if (error instanceof TypeRefusal) return { reason: error.message };
    throw error;
  }
}

/** What a value is called that is no output any more. */
const WITHIN = "ungated";

/** The scope of the layer that an op ends: a sum at the end of a block is the block. */
function layerScope(graph: Graph, { kind, loc }: Op): string {
  const block = blockAt(graph, loc.scope)?.scope;
  const scope = kind === "add" && loc.scope === `${block}/add` ? block : loc.scope;
  return scope === undefined || scope === "/" ? "" : scope;
}

function freeName(taken: ReadonlySet<string>, name: string): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}_${i}`;
  return free;
}

/** A gate, and what it multiplies its map by at the start. */
interface StartedGate {
  readonly op: Op;
  readonly factor: number;
}

/** The graph with gates, without the factors that undo what they start with. */
function withGates(
  graph: Graph,
  to: AttentionOptions,
  planned: ReadonlyMap<string, PlannedGate>,
): { readonly graph: Graph; readonly gates: readonly StartedGate[] } {
  const makers = new Map(
    [...planned].map(([name, { site, loc, start }]): [string, MakeBehind] => [
      name,
      (x, builder) => builder.attention(x, to, site, loc, x.type.dtype, start),
    ]),
  );
  const gated = putBehind(graph, makers);
  const starts = new Map([...planned.values()].map(({ loc, start }) => [loc.scope, start.factor]));
  const gates = gated.ops.flatMap((op): StartedGate[] => {
    const factor = starts.get(op.loc.scope);
    return factor === undefined ? [] : [{ op, factor }];
  });
  return { graph: gated, gates };
}

/** The graph with the scales of its gates: in weights, or as products. */
function withScales(graph: Graph, gates: readonly InsertedGate[]): Graph {
  const data = new Map<Parameter, WeightExpr>();
  const sofar = (parameter: Parameter): WeightExpr => data.get(parameter) ?? parameter.data;
  const products = new Map<string, MakeBehind>();
  for (const { op, scale, place } of gates) {
    const [result] = op.results;
    if (place === undefined || result === undefined) continue;
    if ("parameters" in place) {
      for (const [each, scaled] of withFactors(place, scale, op.loc.scope, sofar)) data.set(each, scaled);
    } else {
      products.set(result.name, (y, builder) => scaled(y, scale, op.loc, builder));
    }
  }
  const weighted = replaceData(graph, data);
  return putBehind(weighted, products);
}

/** y · scale, in the scope of the gate that makes y. */
function scaled(y: Value, scale: number, loc: Loc, builder: GraphBuilder): Result {
  const scope = `${loc.scope}/${SCALE}`;
  const name = scope.slice(1).replaceAll("/", ".");
  const number = builder.parameterOf(name, constantWeight([], scale), "fixed", y.type.dtype);
  return builder.op("mul", [y, number], {}, { ...loc, scope });
}

/** What is put behind a value. */
type MakeBehind = (value: Value, builder: GraphBuilder) => Result;

/** The graph with more behind some of its values, by their names: what read such a value, or is it as an output, has the new one. */
function putBehind(graph: Graph, makers: ReadonlyMap<string, MakeBehind>): Graph {
  if (makers.size === 0) return graph;
  const builder = GraphBuilder.like(graph);
  const names = new Set(graph.ops.flatMap(({ results }) => results.map(({ name }) => name)));
  const replaced = new Map<Value, Value>();
  const current = (value: Value): Value => replaced.get(value) ?? value;
  for (const op of graph.ops) {
    const results = op.results.map((result) => {
      if (!makers.has(result.name) || !graph.outputs.includes(result)) return result;
      // What comes behind takes the output's name.
      return Object.freeze({ ...result, name: freeName(names, `${result.name}/${WITHIN}`) });
    });
    const reads = op.operands.some((operand) => replaced.has(operand));
    const stays = !reads && results.every((result, i) => result === op.results[i]);
    builder.add(stays ? op : ({ ...op, operands: op.operands.map(current), results } as Op));
    op.results.forEach((result, i) => {
      const made = results[i] ?? result;
      const behind = makers.get(result.name)?.(made, builder);
      if (made !== result || behind !== undefined) replaced.set(result, behind ?? made);
    });
  }
  const outputs = graph.outputs.map(({ name }) => name);
  return nameOutputs(builder.finish(graph.outputs.map(current)), outputs);
}

function refuseUnfolded(gates: readonly InsertedGate[]): void {
  const problems = gates.flatMap(({ op, place }): Diagnostic[] =>
    place !== undefined && "reason" in place
      ? [
          {
            code: "pass/no-linear-neighbour",
            message: `insert-attention: no layer beside ${op.loc.scope} can take the factor: ${place.reason}`,
            hint: "factor=auto has it as a product behind the gate",
          },
        ]
      : [],
  );
  if (problems.length > 0) throw new InputError(problems);
}
