import type { GateSide } from "./attention/module.js";
import {
  type ChannelOf,
  type FactoredParameter,
  firstAxis,
  inputChannels,
  transposedOutputs,
} from "./factored-weights.js";
import { type Graph, type Op, type Parameter, producersOf, usesOf, type Value } from "./graph.js";
import { type OpName, operandsOf } from "./ops/registry.js";
import { isOp } from "./rewrite.js";

/** The layers that take over a factor on each channel of a value, exactly. */
export interface FactorPlan {
  readonly side: GateSide;
  readonly parameters: readonly FactoredParameter[];
}

/** What is known of factors: those that may be negative don't go through a ReLU. */
export type FactorSigns = "any" | "non-negative";

/** Why there is no such plan, in words. */
export interface NoFactorPlan {
  readonly reason: string;
}

/** A gate and what it stands between: the layers before and after it see its total factor T. */
export interface GateUnit {
  readonly gate: Op;
  /** What it gates. */
  readonly x: Value;
  /** x · T: what the gate gives, or the sum with x that alone reads this. */
  readonly result: Value;
  /** What is added to the gate's response g: T = g, or T = 1 + g of a residual gate, x + x · g. */
  readonly offset: 0 | 1;
  /** The ops that read x as parts of the unit. */
  readonly readers: readonly Op[];
}

const LINEAR: readonly OpName[] = ["identity", "avg_pool", "global_avg_pool", "resize"];

/** The ops with f(c·x) = c·f(x), channel by channel, for such c. */
const HOMOGENEOUS: Readonly<Record<FactorSigns, ReadonlySet<OpName>>> = {
  any: new Set(LINEAR),
  "non-negative": new Set<OpName>([
    ...LINEAR,
    ...(["relu", "leaky_relu", "max_pool", "global_max_pool"] as const),
    ...(["leaky_relu_0.1", "leaky_relu_0.01", "leaky_relu_0.001"] as const),
  ]),
};

/** Who makes and reads the values of a graph. */
export class FactorPlanner {
  readonly #graph: Graph;
  readonly #uses: ReadonlyMap<Value, readonly Op[]>;
  readonly #producers: ReadonlyMap<Value, Op>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#uses = usesOf(graph);
    this.#producers = producersOf(graph);
  }

  /** The unit of a gate: an op whose only result is x, its first operand unless said otherwise, times a response. */
  unit(gate: Op, x: Value | undefined = gate.operands[0]): GateUnit {
    const [y] = gate.results;
    if (x === undefined || y === undefined) throw new RangeError(`${gate.kind} has no operand or no result`);
    const [sum, ...others] = this.#isOutput(y) ? [] : this.#readersOf(y);
    const isResidual =
      isOp(sum, "add") && others.length === 0 && sum.operands.includes(x) && sum.operands.includes(y);
    const [result] = isResidual ? sum.results : [];
    return result === undefined || sum === undefined
      ? { gate, x, result: y, offset: 0, readers: [gate] }
      : { gate, x, result, offset: 1, readers: [gate, sum] };
  }

  /**
   * The layers that can take over a factor on each channel of what a gate gives, so that the network computes the same. Those
   * after it leave its operand alone and are preferred. Those before it show the gate c · x where it saw x. Where there are
   * none, there is a reason, in words.
   */
  around(unit: GateUnit, signs: FactorSigns): FactorPlan | NoFactorPlan {
    const after = this.after(unit.result, signs);
    if (!("reason" in after)) return after;
    const before = this.before(unit.x, unit.readers, signs);
    return "reason" in before ? { reason: `it stands between ${before.reason} and ${after.reason}` } : before;
  }

  #readersOf(value: Value): readonly Op[] {
    return this.#uses.get(value) ?? [];
  }

  #isOutput(value: Value): boolean {
    return this.#graph.outputs.includes(value);
  }

  /**
   * The layers after a value that can take a factor c of each of its channels:
   *
   *     conv(c · y, W) = conv(y, W · c), c over W's input channels       so do linear layers and transposed convolutions
   *     f(c · y) = c · f(y)                                              f a pool, a resize; for c ≥ 0 a ReLU
   *     concat(c · y, z) = [c, 1] · concat(y, z)
   *
   * All that read the value must take it.
   */
  after(value: Value, signs: FactorSigns): FactorPlan | NoFactorPlan {
    const plan = new PlanInWork("after", signs);
    const channels = channelsOf(value);
    const taken = channels !== undefined && this.#takeAfter(value, EACH, plan);
    return taken ? plan.finish() : { reason: plan.reason ?? `${value.name} has no known channels` };
  }

  /**
   * The layers before a value that can take a factor c of each of its channels, so that the value is c times what it was:
   *
   *     c · conv(z, W, b) = conv(z, W · c, b · c), c over W's outputs    so do linear layers and transposed convolutions
   *     c · batch_norm(z; γ, β) = batch_norm(z; γ · c, β · c)
   *     c · f(z) = f(c · z)                                              f a pool, a resize; for c ≥ 0 a ReLU
   *     c · (a + b) = c · a + c · b
   *
   * @param readers who reads the value and is to see it so; another reader keeps it from being changed
   */
  before(value: Value, readers: readonly Op[], signs: FactorSigns): FactorPlan | NoFactorPlan {
    const plan = new PlanInWork("before", signs);
    const channels = channelsOf(value);
    const taken = channels !== undefined && this.#takeBefore(value, readers, EACH, plan);
    return taken ? plan.finish() : { reason: plan.reason ?? `${value.name} has no known channels` };
  }

  #takeAfter(value: Value, factorOf: ChannelMap, plan: PlanInWork): boolean {
    if (this.#isOutput(value)) return plan.refuse("an output");
    const readers = this.#readersOf(value);
    return readers.length > 0 && readers.every((reader) => this.#readerTakes(reader, value, factorOf, plan));
  }

  #readerTakes(reader: Op, value: Value, factorOf: ChannelMap, plan: PlanInWork): boolean {
    if (isOp(reader, "shape")) return true;
    const [result] = reader.results;
    const isFirst = reader.operands.indexOf(value) === 0 && reader.operands.lastIndexOf(value) === 0;
    if (isFirst && (isOp(reader, "conv") || isOp(reader, "conv_1d"))) {
      const { weight } = operandsOf<"conv" | "conv_1d", Value>(reader);
      return this.#takes(reader, weight, inputChannels(weight, reader.attributes.group), factorOf, plan);
    }
    if (isFirst && isOp(reader, "conv_transpose")) {
      return this.#takes(
        reader,
        operandsOf(reader).weight,
        firstAxis(operandsOf(reader).weight),
        factorOf,
        plan,
      );
    }
    if (isFirst && plan.passes(reader.kind) && result !== undefined) {
      return this.#takeAfter(result, factorOf, plan);
    }
    if (isOp(reader, "concat") && reader.attributes.axis === 1 && result !== undefined) {
      const moved = concatenated(reader, value, factorOf);
      if (moved !== undefined) return this.#takeAfter(result, moved, plan);
    }
    return plan.refuse(reader.kind);
  }

  #takeBefore(value: Value, readers: readonly Op[], factorOf: ChannelMap, plan: PlanInWork): boolean {
    if (this.#isOutput(value)) return plan.refuse("an output");
    const others = this.#readersOf(value).filter((reader) => !readers.includes(reader));
    if (others.length > 0) return plan.refuse(`another reader, ${others[0]?.kind}`);
    const maker = this.#producers.get(value);
    if (maker === undefined) return plan.refuse("an input");
    const [first] = maker.operands;
    if (isOp(maker, "conv") || isOp(maker, "conv_1d") || isOp(maker, "gemm") || isOp(maker, "batch_norm")) {
      const layer = isOp(maker, "batch_norm") ? maker.operands.slice(1, 3) : maker.operands.slice(1);
      return layer.every((each) => this.#takes(maker, each, firstAxis(each), factorOf, plan));
    }
    if (isOp(maker, "conv_transpose")) {
      const { weight, bias } = operandsOf(maker);
      return (
        this.#takes(maker, weight, transposedOutputs(weight, maker.attributes.group), factorOf, plan) &&
        (bias === undefined || this.#takes(maker, bias, firstAxis(bias), factorOf, plan))
      );
    }
    if (plan.passes(maker.kind) && first !== undefined) {
      return this.#takeBefore(first, [maker], factorOf, plan);
    }
    if (isOp(maker, "add") && maker.operands.every((each) => sameSizes(each, value))) {
      return [...new Set(maker.operands)].every((each) => this.#takeBefore(each, [maker], factorOf, plan));
    }
    return plan.refuse(maker.kind);
  }

  /** Numbers that another op reads too, or that are computed, take nothing over. */
  #takes(op: Op, weight: Value, channelOf: ChannelOf, factorOf: ChannelMap, plan: PlanInWork): boolean {
    if (weight.kind !== "parameter") return plan.refuse(`${op.kind}, whose weights are computed`);
    if (this.#readersOf(weight).length > 1 || this.#isOutput(weight)) {
      return plan.refuse(`${op.kind}, whose weights are shared`);
    }
    return plan.take({
      parameter: weight,
      channelOf: (element) => factorOf.of(channelOf(element)),
      isWhole: factorOf.isWhole,
    });
  }
}

/** The channels of the planned value whose factors those of another one take. */
interface ChannelMap {
  /** Undefined for a channel that takes none. */
  of(channel: number): number | undefined;
  /** Whether all take one. */
  readonly isWhole: boolean;
}

const EACH: ChannelMap = { of: (channel) => channel, isWhole: true };

/** The parts of a plan, as they are found. */
class PlanInWork {
  readonly #side: GateSide;
  readonly #homogeneous: ReadonlySet<OpName>;
  readonly #parameters = new Map<Parameter, FactoredParameter>();
  reason: string | undefined;

  constructor(side: GateSide, signs: FactorSigns) {
    this.#side = side;
    this.#homogeneous = HOMOGENEOUS[signs];
  }

  take(factored: FactoredParameter): boolean {
    // Two ways to one layer would give it two factors.
    if (this.#parameters.has(factored.parameter)) return this.refuse("a layer that it reaches in two ways");
    this.#parameters.set(factored.parameter, factored);
    return true;
  }

  /** Whether factors go through an op of a kind. */
  passes(kind: OpName): boolean {
    return this.#homogeneous.has(kind);
  }

  refuse(reason: string): false {
    this.reason ??= reason;
    return false;
  }

  finish(): FactorPlan {
    return { side: this.#side, parameters: [...this.#parameters.values()] };
  }
}

function channelsOf({ type }: Value): number | undefined {
  const channels = type.dims[1];
  return typeof channels === "number" ? channels : undefined;
}

function sameSizes(a: Value, b: Value): boolean {
  return (
    a.kind !== "parameter" &&
    a.type.dims.length === b.type.dims.length &&
    a.type.dims.every((size, i) => size === b.type.dims[i])
  );
}

/** The channels of a concatenation that are those of one of its operands; undefined where sizes aren't known or it is there twice. */
function concatenated({ operands }: Op, value: Value, factorOf: ChannelMap): ChannelMap | undefined {
  const sizes = operands.map(channelsOf);
  const at = operands.indexOf(value);
  const before = sizes.slice(0, at);
  const own = sizes[at];
  if (own === undefined || before.includes(undefined) || operands.lastIndexOf(value) !== at) return undefined;
  const start = before.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  return {
    of: (channel) => (channel >= start && channel < start + own ? factorOf.of(channel - start) : undefined),
    isWhole: false,
  };
}
