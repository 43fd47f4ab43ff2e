import { sameDims } from "./types.js";

/**
 * What the elements of a parameter are, as an expression that is evaluated late and in pieces: counting,
 * diffing and printing never make a number. Arithmetic is float64, element by element; one operand of a
 * binary expression may be a scalar (dims []) or a vector over the other's first axis (dims [C]).
 */
export type WeightExpr =
  | {
      readonly kind: "normal";
      readonly dims: readonly number[];
      readonly std: number;
      readonly stream: string;
    }
  | {
      readonly kind: "uniform";
      readonly dims: readonly number[];
      readonly low: number;
      readonly high: number;
      readonly stream: string;
    }
  | { readonly kind: "constant"; readonly dims: readonly number[]; readonly value: number }
  | { readonly kind: "sqrt"; readonly dims: readonly number[]; readonly of: WeightExpr }
  | {
      readonly kind: BinaryWeightKind;
      readonly dims: readonly number[];
      readonly left: WeightExpr;
      readonly right: WeightExpr;
    };

export const BINARY_WEIGHT_KINDS = ["add", "sub", "mul", "div"] as const;
export type BinaryWeightKind = (typeof BINARY_WEIGHT_KINDS)[number];

/** N(0, std²), from the random stream of that name (which is the parameter's). */
export function normalWeight(dims: readonly number[], std: number, stream: string): WeightExpr {
  return { kind: "normal", dims, std, stream };
}

/** U[low, high), from the random stream of that name. */
export function uniformWeight(
  dims: readonly number[],
  low: number,
  high: number,
  stream: string,
): WeightExpr {
  return { kind: "uniform", dims, low, high, stream };
}

export function constantWeight(dims: readonly number[], value: number): WeightExpr {
  return { kind: "constant", dims, value };
}

export function sqrtWeight(of: WeightExpr): WeightExpr {
  return { kind: "sqrt", dims: of.dims, of };
}

export function binaryWeight(kind: BinaryWeightKind, left: WeightExpr, right: WeightExpr): WeightExpr {
  const dims = left.dims.length >= right.dims.length ? left.dims : right.dims;
  for (const each of [left, right]) {
    const fits = each.dims.length === 0 || sameDims(each.dims, dims) || sameDims(each.dims, dims.slice(0, 1));
    if (!fits) throw new RangeError(`${kind} of weights [${left.dims}] and [${right.dims}]`);
  }
  return { kind, dims, left, right };
}
