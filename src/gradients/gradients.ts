import { GraphBuilder } from "../ir/builder.js";
import type { Graph, GraphInput, Op, OpOf, Value } from "../ir/graph.js";
import { isPrimitive, type OpName, operandsOf, type PrimitiveOpName } from "../ir/ops/registry.js";
import { isOp } from "../ir/rewrite.js";
import { isFloatType } from "../ir/types.js";
import { NoGradient } from "./no-gradient.js";
import { gradientRules } from "./registry.js";
import type { Backward, GradientRule } from "./rule.js";
import { sizesOf, ValueMath } from "./value-math.js";

/** A graph with derivatives as its outputs. */
export interface GradientGraph {
  /** Its outputs are the derivatives by each of the inputs asked for, in their order and of their sizes. */
  readonly graph: Graph;
  /** Further inputs: what each output of the network is compared with, in their order and of their sizes. */
  readonly targets: readonly GraphInput[];
}

/**
 * The derivatives of how far a network's outputs are from given ones, by some of its inputs:
 *
 *     E = Σ weight · ½ Σ (y - target)²          over the outputs, each of which has a weight
 *
 * An output that a softmax or a sigmoid makes is compared by cross entropy instead, -Σ target · log y, for a sigmoid with that of 1 - y: an error
 * of a share counts by what was said wrongly, and none is lost where the function is flat. Both have y - target as their derivative, by y
 * or by what the function is given.
 *
 * @param graph of primitive ops, float32, all sizes known
 * @param inputs what is differentiated by
 *
 * Errors: `NoGradient` where an op between the inputs and the outputs has none, and where no output depends on an input.
 *
 * Source: Griewank and Walther, Evaluating Derivatives (2008), section 3.2, the reverse mode.
 */
export function withGradients(
  graph: Graph,
  inputs: readonly GraphInput[],
  weights: readonly number[],
): GradientGraph {
  const builder = GraphBuilder.like(graph);
  for (const op of graph.ops) builder.add(op);

  const active = dependentOn(inputs, graph);
  const derivatives = new Derivatives(builder, active);
  const targets = graph.outputs.map((output, i) => {
    const target = builder.input(builder.freeName(`${output.name}/target`), output.type);
    if (!active.has(output)) return target;
    refuseOtherTypes(output);
    const math = new ValueMath(builder, { scope: `/${output.name}/error` });
    const compared = comparedBefore(output, builder);
    derivatives.add(compared, math.scaled(math.minus(output, target), weights[i] ?? 1), math);
    return target;
  });
  for (const op of [...graph.ops].reverse()) backThrough(op, derivatives);
  return {
    targets,
    graph: builder.finish(
      inputs.map((input) => {
        const math = new ValueMath(builder, { scope: `/${input.name}/gradient` });
        return math.op("identity", [derivatives.of(input, math) ?? unreached(input)], {});
      }),
    ),
  };
}

/** What cross entropy has y - target as its derivative by; for other outputs the output itself. */
function comparedBefore(output: Value, builder: GraphBuilder): Value {
  const maker = builder.producerOf(output);
  const makesShares = isOp(maker, "softmax") || isOp(maker, "sigmoid");
  return (makesShares ? maker.operands[0] : undefined) ?? output;
}

function unreached({ name }: Value): never {
  throw new NoGradient(`no output depends on ${name}`);
}

/** The values that depend on some inputs, with those. */
function dependentOn(inputs: readonly GraphInput[], graph: Graph): ReadonlySet<Value> {
  const dependent = new Set<Value>(inputs);
  for (const op of graph.ops) {
    if (op.operands.some((operand) => dependent.has(operand)))
      for (const result of op.results) if (isFloatType(result.type.dtype)) dependent.add(result);
  }
  return dependent;
}

/** Derivatives by values, as they come together from all that read them. */
class Derivatives {
  readonly #builder: GraphBuilder;
  readonly #active: ReadonlySet<Value>;
  readonly #found = new Map<Value, Value>();

  constructor(builder: GraphBuilder, active: ReadonlySet<Value>) {
    this.#builder = builder;
    this.#active = active;
  }

  isNeeded(value: Value): boolean {
    return this.#active.has(value);
  }

  /** Whether something that is differentiated depends on a value. */
  has(value: Value): boolean {
    return this.#found.has(value);
  }

  add(value: Value, part: Value, math: ValueMath): void {
    const own = math.summedTo(part, sizesOf(value));
    const known = this.#found.get(value);
    this.#found.set(value, known === undefined ? own : math.plus(known, own));
  }

  /** Those by a value, of its sizes; undefined where nothing that is differentiated depends on it. */
  of(value: Value, math: ValueMath): Value | undefined {
    const found = this.#found.get(value);
    return found && math.expanded(found, sizesOf(value));
  }

  mathAt({ loc }: Op): ValueMath {
    return new ValueMath(this.#builder, { ...loc, scope: `${loc.scope}/gradient` });
  }
}

function backThrough(op: Op, derivatives: Derivatives): void {
  const read = op.results.filter((result) => derivatives.isNeeded(result) && derivatives.has(result));
  const [y] = read;
  if (y === undefined) return;
  const math = derivatives.mathAt(op);
  const dy = derivatives.of(y, math);
  if (dy === undefined) return;
  const name = op.kind;
  if (!isPrimitive(name)) throw new NoGradient(`${name} is no primitive op`);
  refuseOtherTypes(y);
  const rule = ruleOf(name);
  if ("none" in rule) throw new NoGradient(`${nameOf(op)} has no derivatives: ${rule.none}`);
  rule({
    operands: operandsOf(op as OpOf<OpName>),
    attributes: op.attributes,
    ...{ y, dy, math },
    give(operand, of) {
      if (operand !== undefined && derivatives.isNeeded(operand)) derivatives.add(operand, of(), math);
    },
    refuse(operand, reason) {
      if (operand !== undefined && derivatives.isNeeded(operand))
        throw new NoGradient(`${nameOf(op)} has no derivatives: ${reason}`);
    },
  } as Backward<OpName>);
}

function refuseOtherTypes({ name, type }: Value): void {
  if (type.dtype !== "float32") throw new NoGradient(`${name} is ${type.dtype}`);
}

/** The rule of an op without its exact type. */
function ruleOf(name: PrimitiveOpName): GradientRule<OpName> | { readonly none: string } {
  return gradientRules[name] as GradientRule<OpName> | { readonly none: string };
}

function nameOf(op: Op): string {
  const operator = isOp(op, "opaque") ? op.attributes.operator : op.kind;
  return `${operator} at ${op.loc.scope}`;
}
