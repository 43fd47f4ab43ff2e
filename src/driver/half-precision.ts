import type { Diagnostic } from "../base/diagnostic.js";
import { LARGEST_FLOAT16 } from "../base/float16.js";
import { count } from "../base/numbers.js";
import type { Graph, Op } from "../ir/graph.js";
import type { HalfRounding } from "../weights/half.js";

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
}

export function halfPrecisionOf({ ops }: Graph, rounding: HalfRounding): HalfPrecision {
  const computed = ops.filter(({ kind }) => kind !== "cast");
  const inHalf = (op: Op): boolean => op.results.some(({ type }) => type.dtype === "float16");
  const float16Nodes = computed.filter(inHalf).length;
  return {
    casts: ops.length - computed.length,
    float16Nodes,
    float32Nodes: computed.length - float16Nodes,
    weights: rounding.numbers,
    saturated: rounding.saturated,
    zeroed: rounding.zeroed,
  };
}

/** `2 weights of a.weight and 1 other tensor are beyond ±65,504`; undefined where none is. */
export function saturationText({ saturated, saturatedIn }: HalfRounding): string | undefined {
  const [first, ...others] = saturatedIn;
  if (first === undefined) return undefined;
  const more =
    others.length === 0 ? "" : ` and ${others.length} other tensor${others.length === 1 ? "" : "s"}`;
  const weights = saturated === 1 ? "1 weight" : `${count(saturated)} weights`;
  return `${weights} of ${first}${more} beyond ±${count(LARGEST_FLOAT16)}, the largest number of half precision`;
}

export function saturationWarnings(rounding: HalfRounding): readonly Diagnostic[] {
  const text = saturationText(rounding);
  if (text === undefined) return [];
  return [
    {
      code: "precision/saturated",
      message: `${text}: stored as that`,
      hint: "the model computes something else now; keep these layers in float32, or compile with --precision fp32",
    },
  ];
}
