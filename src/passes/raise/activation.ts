import { type ActivationName, LEAKY_NAMES, LEAKY_SLOPES } from "../../ir/activations.js";
import type { Op, OpOf, Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import {
  type Clamp,
  formatClamp,
  IDENTITY,
  isAffine,
  isScale,
  readClamp,
  sameClamp,
  scaledClamp,
} from "./clamp.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch } from "./mismatch.js";

/** An activation, however it is written, and the value that it is applied to. */
export interface ReadActivation {
  readonly name: ActivationName;
  readonly from: Value;
  readonly ops: readonly Op[];
}

/** Activations that are one op, and no clamp. */
const ONE_OP: ReadonlySet<string> = new Set([
  "sigmoid",
  "tanh",
  "silu",
  "gelu",
  "hard_swish",
  "mish",
  ...LEAKY_NAMES,
] satisfies ActivationName[]);

const HARD_SIGMOID: Clamp = { slope: 1 / 6, shift: 0.5, low: 0, high: 1 };

/** (1 + erf) / 2, as a function of erf. */
const GELU_GATE: Clamp = { ...IDENTITY, slope: 0.5, shift: 0.5 };

const CLAMPS: readonly (readonly [ActivationName, Clamp])[] = [
  ["relu", { slope: 1, shift: 0, low: 0, high: Infinity }],
  ["relu6", { slope: 1, shift: 0, low: 0, high: 6 }],
  ["hard_sigmoid", HARD_SIGMOID],
  ["hard_sigmoid_0.2", { slope: 0.2, shift: 0.5, low: 0, high: 1 }],
];

/**
 * The activation that computes a value: one op, or what exporters write instead.
 *
 *     u · sigmoid(u)                      silu
 *     min(max(u + 3, 0), 6) / 6           hard_sigmoid, in any order of its factors
 *     u · hard_sigmoid(u)                 hard_swish
 *     u · (1 + erf(u / √2)) / 2           gelu
 *     u · tanh(softplus(u))               mish
 *     leaky_relu(u) of a slope            leaky_relu_0.1 and the like, if that slope has a word
 *
 * Undefined where it is none; a clamp that has no name is a mismatch. It ends at `until` where it comes there.
 */
export function readActivation(value: Value, flow: Dataflow, until?: Value): ReadActivation | undefined {
  const op = flow.producer(value);
  if (op === undefined) return undefined;
  if (ONE_OP.has(op.kind))
    return { name: op.kind as ActivationName, from: op.operands[0] as Value, ops: [op] };
  if (isOp(op, "leaky_relu")) return readLeaky(op);
  const { clamp, from, ops } = readClamp(value, flow, until);
  if (isAffine(clamp)) {
    const product = isScale(clamp) ? readProduct(from, clamp.slope, flow) : undefined;
    return product && { ...product, ops: [...ops, ...product.ops] };
  }
  const named = CLAMPS.find(([, each]) => sameClamp(clamp, each));
  return named === undefined
    ? mismatch(op, `${formatClamp(clamp)} is no activation that is known`)
    : { name: named[0], from, ops };
}

/** A leaky ReLU whose slope has a word; it may be off by the rounding to float32. */
function readLeaky(op: OpOf<"leaky_relu">): ReadActivation | undefined {
  const { slope } = op.attributes;
  const name = LEAKY_NAMES.find((each) => Math.fround(LEAKY_SLOPES[each]) === Math.fround(slope));
  return name && { name, from: operandsOf(op).x, ops: [op] };
}

/** factor · u · g(u) */
function readProduct(value: Value, factor: number, flow: Dataflow): ReadActivation | undefined {
  const op = flow.producer(value);
  const [a, b] = op?.operands ?? [];
  if (!isOp(op, "mul") || a === undefined || b === undefined) return undefined;
  const read = readGated(a, b, factor, flow) ?? readGated(b, a, factor, flow);
  return read && { ...read, ops: [op, ...read.ops] };
}

/** factor · scaled · g(u), where `scaled` is u, or u times a number. */
function readGated(scaled: Value, gate: Value, factor: number, flow: Dataflow): ReadActivation | undefined {
  const itself = { from: scaled, ops: [], clamp: IDENTITY };
  const behind = readClamp(scaled, flow);
  for (const { from, ops, clamp } of isScale(behind.clamp) ? [itself, behind] : [itself]) {
    const read = readGate(gate, from, factor * clamp.slope, flow);
    if (read !== undefined) return { name: read.name, from, ops: [...ops, ...read.ops] };
  }
  return undefined;
}

/** The activation factor · u · g(u), by what computes g(u). */
function readGate(
  gate: Value,
  u: Value,
  factor: number,
  flow: Dataflow,
): Omit<ReadActivation, "from"> | undefined {
  const { clamp, from, ops } = readClamp(gate, flow, u);
  const scaled = scaledClamp(clamp, factor);
  if (from === u) return sameClamp(scaled, HARD_SIGMOID) ? { name: "hard_swish", ops } : undefined;
  const op = flow.producer(from);
  const [argument] = op?.operands ?? [];
  if (op === undefined || argument === undefined) return undefined;
  const inner = readClamp(argument, flow, u);
  if (isOp(op, "tanh") && sameClamp(scaled, IDENTITY)) {
    const softplus = flow.producer(argument);
    const isMish = isOp(softplus, "softplus") && operandsOf(softplus).x === u;
    return isMish ? { name: "mish", ops: [...ops, op, softplus] } : undefined;
  }
  if (inner.from !== u) return undefined;
  const read = { ops: [...ops, op, ...inner.ops] };
  if (op.kind === "sigmoid" && sameClamp(inner.clamp, IDENTITY) && sameClamp(scaled, IDENTITY)) {
    return { name: "silu", ...read };
  }
  const isExactGelu =
    sameClamp(inner.clamp, { ...IDENTITY, slope: Math.SQRT1_2 }) && sameClamp(scaled, GELU_GATE);
  return op.kind === "erf" && isExactGelu ? { name: "gelu", ...read } : undefined;
}
