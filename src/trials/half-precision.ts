import type { Diagnostic } from "../base/diagnostic.js";
import { distance } from "../base/distance.js";
import { LARGEST_FLOAT16 } from "../base/float16.js";
import { count } from "../base/numbers.js";
import { type Graph, type Op, usesType } from "../ir/graph.js";
import { isOp } from "../ir/rewrite.js";
import type { DType } from "../ir/types.js";
import { reasonForFloat32 } from "../passes/lower/precision-plan.js";
import { evaluateGraph, type Trace, traceGraph } from "../reference/interpreter.js";
import { type Check, judge, TOLERANCES } from "../runtime/compare.js";
import type { HalfRounding } from "../weights/values/half.js";
import { inputShapes, parameterNumbers, randomInputs } from "./numbers.js";
import { roundingErrors } from "./reference-runs.js";

/** How a model is in half precision. */
export interface HalfPrecision {
  /** Nodes that change the element type, and the others by the type that they compute in. */
  readonly casts: number;
  readonly float16Nodes: number;
  readonly float32Nodes: number;
  /** The weights that are stored as float16. */
  readonly weights: number;
  /** Those of them that were too large and became ±65,504, and those that were too small and became zero. */
  readonly saturated: number;
  readonly zeroed: number;
  /** The largest absolute value of a weight that was too large; null if there is none. */
  readonly largest: number | null;
  /** The tensors with such weights. */
  readonly saturatedIn: readonly string[];
  readonly zeroedIn: readonly string[];
  /** The nodes that compute in float32, by operator and reason, most frequent first. */
  readonly inFloat32: readonly KeptInFloat32[];
}

/** Nodes of an operator that compute in float32 although half precision was asked for. */
export interface KeptInFloat32 {
  /** The op's kind; for custom operators their name. */
  readonly operator: string;
  readonly nodes: number;
  readonly reason: string;
}

/** Of a lowered network; undefined where nothing in it is in half precision. */
export function halfPrecisionOf(lowered: Graph, rounding: HalfRounding): HalfPrecision | undefined {
  if (!usesType(lowered, "float16")) return undefined;
  const { ops } = lowered;
  const computed = ops.filter(({ kind }) => kind !== "cast");
  const computing = (type: DType): readonly Op[] =>
    computed.filter(({ results }) => results.some(({ type: { dtype } }) => dtype === type));
  const inFloat32 = computing("float32");
  const { saturated, zeroed, largest, saturatedIn, zeroedIn } = rounding;
  return {
    casts: ops.length - computed.length,
    float16Nodes: computing("float16").length,
    float32Nodes: inFloat32.length,
    weights: rounding.numbers,
    ...{ saturated, zeroed, largest: saturated === 0 ? null : largest },
    ...{ saturatedIn: [...saturatedIn], zeroedIn: [...zeroedIn] },
    inFloat32: keptInFloat32(inFloat32),
  };
}

/** Of an op that could be in half precision, and that would only cost a cast there. */
const FOLLOWS = "what they read or what reads them is so already";

function keptInFloat32(ops: readonly Op[]): readonly KeptInFloat32[] {
  const found = new Map<string, KeptInFloat32>();
  for (const op of ops) {
    const operator = isOp(op, "opaque") ? op.attributes.operator : op.kind;
    const reason = reasonForFloat32(op) ?? FOLLOWS;
    const key = JSON.stringify([operator, reason]);
    found.set(key, { operator, nodes: (found.get(key)?.nodes ?? 0) + 1, reason });
  }
  return [...found.values()].sort((a, b) => b.nodes - a.nodes);
}

/** `2 weights of a.weight and 1 other tensor are beyond ±65,504`; undefined where none is. */
function saturationText({ saturated, saturatedIn, largest }: HalfRounding): string | undefined {
  const [first, ...others] = saturatedIn;
  if (first === undefined) return undefined;
  const more =
    others.length === 0 ? "" : ` and ${others.length} other tensor${others.length === 1 ? "" : "s"}`;
  const weights = saturated === 1 ? "1 weight" : `${count(saturated)} weights`;
  return `${weights} of ${first}${more} beyond ±${count(LARGEST_FLOAT16)}, the largest number of half precision: up to ${largest.toPrecision(3)}`;
}

export function saturationWarnings(rounding: HalfRounding): readonly Diagnostic[] {
  const text = saturationText(rounding);
  if (text === undefined) return [];
  return [
    {
      code: "precision/saturated",
      message: `${text}; stored as ±${count(LARGEST_FLOAT16)}`,
      hint: "the model computes something else now; keep these layers in float32, or compile with --precision fp32",
    },
  ];
}

/** The check of `verify` that no weight had to be changed by more than rounding. */
export function halfWeightsCheck(rounding: HalfRounding): Check {
  const { numbers, saturated, zeroed } = rounding;
  const detail =
    saturationText(rounding) ?? `${count(numbers)} in fp16, ${count(zeroed)} of them below 3e-8 and so zero`;
  return { name: "weights fit half precision", ok: saturated === 0, detail };
}

/**
 * Looser than a comparison's: on images this small, deep networks of stress weights make much of every rounding.
 * What overflows, vanishes or is summed in half precision does more.
 */
const ROUNDING_TOLERANCE = { maxRel: 5e-2, minCosine: 0.999 };

/**
 * The check of `verify` that half precision is enough for the network itself: the reference interpreter evaluates the
 * lowered graph, every float16 result rounded. ONNX Runtime's CPU provider computes most of them in float32, so it
 * would show no overflow that a device has. Where the roundings of the network itself do as much, whatever it is lowered to, it can't
 * be told.
 */
export function halfRangeCheck(meant: Graph, lowered: Graph, seed: number): Check {
  const parameters = parameterNumbers(seed);
  const inputs = randomInputs(inputShapes(meant), 1, seed);
  const expected = evaluateGraph(meant, inputs, parameters);
  const trace = traceGraph(lowered, inputs, parameters);
  const outputs = lowered.outputs.map((output) => {
    const [exact, rounded] = [expected.get(output.name)?.data ?? [], trace.get(output)?.data ?? []];
    return { name: output.name, exact, rounded, far: distance(exact, rounded) };
  });
  const outside = outputs.filter(
    ({ far: { maxRel, cosine } }) =>
      !(maxRel <= ROUNDING_TOLERANCE.maxRel && cosine > ROUNDING_TOLERANCE.minCosine),
  );
  const moved = Math.max(...outputs.map(({ far }) => far.maxRel));
  const [, ...image] = [...inputs.values()][0]?.dims ?? [];
  const name = "rounding to half precision";
  const detail = `each result rounded, the output moves by ${(moved * 100).toPrecision(2)} % of its range; the largest is ${largestHalf(trace).toPrecision(3)} of ${LARGEST_FLOAT16}, at ${image.join("x")}`;
  if (outside.length === 0) return { name, ok: true, detail };
  const errors = roundingErrors(meant, [{ inputs, exact: expected }], parameters, "float16");
  const unexplained = outside.some(({ name: output, exact, rounded }) => {
    const error = errors.get(output);
    return error === undefined || judge(exact, rounded, error, TOLERANCES.float16).verdict === "wrong";
  });
  if (unexplained) return { name, ok: false, detail };
  const why = "11 bits are too few for this network with these weights, whatever its range";
  return { name, ok: false, undecided: true, detail: `${detail}; ${why}` };
}

/** The largest size of a float16 number in a run; infinite where one overflowed. */
function largestHalf(trace: Trace): number {
  let largest = 0;
  for (const [{ type }, { data }] of trace) {
    if (type.dtype === "float16") largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), largest);
  }
  return largest;
}
