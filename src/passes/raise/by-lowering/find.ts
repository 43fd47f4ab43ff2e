import type { AttentionModule } from "../../../ir/attention/module.js";
import { attentionModules } from "../../../ir/attention/modules.js";
import type { Op, Value } from "../../../ir/graph.js";
import { windowAlong } from "../../../ir/ops/convolutions.js";
import { operandsOf } from "../../../ir/ops/registry.js";
import { isOp } from "../../../ir/rewrite.js";
import { type Dim, sameType } from "../../../ir/types.js";
import type { Dataflow } from "../dataflow.js";
import { unlessMismatch } from "../mismatch.js";
import { type FoundModule, type RaisedModule, written } from "../raised.js";
import { type Facts, GUESSED, type Guessed } from "./modules.js";
import { siteOf, templatesFor } from "./template.js";
import { type Bindings, unify } from "./unify.js";

/** More ops than any of these modules has between its map and its result. */
const MOST_OPS = 40;

/**
 * Finds modules as what their own lowering makes of them: the options are guessed by what the ops before an op have, and
 * the ops must be those of the lowering, one by one. What comes near is no near miss.
 */
export function findByLowering(op: Op, flow: Dataflow): FoundModule | undefined {
  for (const x of mapsBefore(op, flow)) {
    const facts = factsBetween(x, op, flow);
    if (facts === undefined) continue;
    for (const guessed of GUESSED) {
      const isOfSuch = guessed.ofSignals === true || x.type.dims.length === 4;
      const fits =
        isOfSuch && guessed.last === op.kind && guessed.needs.every((kind) => facts.kinds.has(kind));
      const found = fits ? matchGuessed(guessed, facts, op, x, flow) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Maps or signals of the type of an op's result that it could be a module of: its operands, and those of the products before it. */
function mapsBefore(op: Op, flow: Dataflow): readonly Value[] {
  const [result] = op.results;
  const rank = result?.type.dims.length;
  if (result === undefined || (rank !== 3 && rank !== 4) || !isKnown(result.type.dims)) return [];
  const inner = op.operands.map((operand) => flow.producer(operand)).filter((each) => isOp(each, "mul"));
  const values = [op, ...inner].flatMap((each) => each?.operands ?? []);
  return [...new Set(values)].filter(({ kind, type }) => kind !== "parameter" && sameType(type, result.type));
}

function isKnown([, ...sizes]: readonly Dim[]): boolean {
  return sizes.every((size) => typeof size === "number");
}

/** What the ops between a map and an op have; undefined where something else comes in, or they are too many. */
function factsBetween(x: Value, last: Op, flow: Dataflow): Facts | undefined {
  const found = new Set([last]);
  const facts = {
    widths: new Set<number>(),
    kernels: new Set<number>(),
    strides: new Set<number>(),
    dilations: new Set<number>(),
  };
  for (const op of found) {
    for (const operand of op.operands) {
      if (operand === x || operand.kind === "parameter" || operand.type.dtype === "int64") continue;
      const producer = flow.producer(operand);
      if (producer === undefined || found.size >= MOST_OPS) return undefined;
      found.add(producer);
    }
    if (!isOp(op, "conv")) continue;
    const [outputs, , height, width] = operandsOf(op).weight.type.dims;
    const { stride, dilation } = windowAlong(op, 0);
    facts.widths.add(Number(outputs));
    facts.kernels.add(Math.max(Number(height), Number(width)));
    facts.strides.add(stride);
    facts.dilations.add(dilation);
  }
  return {
    widths: [...facts.widths],
    kernels: [...facts.kernels],
    strides: [...facts.strides],
    dilations: [...facts.dilations],
    kinds: new Set([...found].map(({ kind }) => kind)),
  };
}

function matchGuessed(
  { type, guess }: Guessed,
  facts: Facts,
  op: Op,
  x: Value,
  flow: Dataflow,
): FoundModule | undefined {
  const [result] = op.results;
  for (const options of guess(facts)) {
    const template = templatesFor(flow).get(type, options, x.type);
    if (template === undefined || result === undefined) continue;
    const bindings = unlessMismatch(() => unify(template, result, x, flow));
    const module = bindings && moduleOf(type, options, bindings, template.parameters.keys(), x);
    if (bindings !== undefined && module !== undefined) return { module, x, last: op, ops: bindings.ops };
  }
  return undefined;
}

function moduleOf(
  kind: Guessed["type"],
  guessed: Readonly<Record<string, unknown>>,
  { parameters, hidden, gate, epsilon }: Bindings,
  names: Iterable<string>,
  x: Value,
): RaisedModule | undefined {
  const options = {
    ...guessed,
    ...(hidden === undefined ? {} : { activation: hidden }),
    ...(gate === undefined ? {} : { gate }),
    ...(epsilon === undefined ? {} : { epsilon }),
  };
  const module: AttentionModule = attentionModules[kind];
  const { attributes } = module.plan(module.options.parse(options), siteOf(x.type));
  const bound = [...names].map((name) => parameters.get(name));
  if (bound.some((each) => each === undefined)) return undefined;
  // The plan gives the attributes of its own kind, which TypeScript can't follow through the table.
  return { kind, attributes, parameters: bound, options: written(kind, options) } as unknown as RaisedModule;
}
