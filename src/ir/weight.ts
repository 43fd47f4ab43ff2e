import { type DType, elementCount, MOST_VALUES, sameDims } from "./types.js";

/** Numbers that lie elsewhere, in a file, and are copied piece by piece when they are needed. */
export interface LentNumbers {
  readonly length: number;
  /** Fills `target` with the elements from `start` on. */
  copyTo(target: Float64Array, start: number): void;
}

/** The numbers of a stored weight, row-major: at hand, or lent. */
export type StoredNumbers = Float32Array | LentNumbers;

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
  | {
      readonly kind: "stored";
      readonly dims: readonly number[];
      /** Names the data in the text form, which doesn't hold the numbers; unique in a graph. */
      readonly label: string;
      readonly data: StoredNumbers;
    }
  | { readonly kind: "sqrt"; readonly dims: readonly number[]; readonly of: WeightExpr }
  | {
      /** The elements of a matrix column by column; `dims` may be those of the turned matrix or any as many. */
      readonly kind: "transpose";
      readonly dims: readonly number[];
      readonly of: WeightExpr;
    }
  | {
      /** What an op of the IR computes of other weights; `dims` may be any of as many elements. */
      readonly kind: "computed";
      readonly dims: readonly number[];
      /** The element type that the result is rounded to. */
      readonly dtype: DType;
      /** An `OpName`, with its complete attributes: the registry of ops stands above this file. */
      readonly op: string;
      readonly attributes: Readonly<Record<string, unknown>>;
      readonly operands: readonly TypedWeight[];
    }
  | {
      readonly kind: BinaryWeightKind;
      readonly dims: readonly number[];
      readonly left: WeightExpr;
      readonly right: WeightExpr;
    };

/** A weight as a tensor of an element type holds it. */
export interface TypedWeight {
  readonly dtype: DType;
  readonly data: WeightExpr;
}

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

/** Numbers that exist already, as those of an imported file; row-major. */
export function storedWeight(dims: readonly number[], label: string, data: StoredNumbers): WeightExpr {
  if (data.length !== elementCount(dims))
    throw new RangeError(`${data.length} numbers for a weight [${dims}]`);
  return { kind: "stored", dims, label, data };
}

/** The 1×1 convolution that leaves a map as it is, [channels, inputs, 1, 1], in channels / inputs groups. */
export function identityWeight(channels: number, inputs: number): WeightExpr {
  const numbers = new Float32Array(channels * inputs);
  for (let channel = 0; channel < channels; channel++) numbers[channel * inputs + (channel % inputs)] = 1;
  return storedWeight([channels, inputs, 1, 1], `identity of ${channels} channels by ${inputs}`, numbers);
}

export function sqrtWeight(of: WeightExpr): WeightExpr {
  return { kind: "sqrt", dims: of.dims, of };
}

/** The transposed matrix: [columns, rows] of a weight [rows, columns]. */
export function transposeWeight(of: WeightExpr): WeightExpr {
  const [rows, columns, ...more] = of.dims;
  if (rows === undefined || columns === undefined || more.length > 0) {
    throw new RangeError(`a weight of [${of.dims}] is not a matrix`);
  }
  return { kind: "transpose", dims: [columns, rows], of };
}

export function binaryWeight(kind: BinaryWeightKind, left: WeightExpr, right: WeightExpr): WeightExpr {
  const dims = left.dims.length >= right.dims.length ? left.dims : right.dims;
  for (const each of [left, right]) {
    const fits = each.dims.length === 0 || sameDims(each.dims, dims) || sameDims(each.dims, dims.slice(0, 1));
    if (!fits) throw new RangeError(`${kind} of weights [${left.dims}] and [${right.dims}]`);
  }
  return { kind, dims, left, right };
}

/** The elements of a small constant or stored weight: those of a shape, or a list of axes. */
export function smallValues(weight: WeightExpr): readonly number[] | undefined {
  const count = elementCount(weight.dims);
  if (count > MOST_VALUES) return undefined;
  if (weight.kind === "constant") return new Array<number>(count).fill(weight.value);
  if (weight.kind !== "stored") return undefined;
  if (weight.data instanceof Float32Array) return Array.from(weight.data);
  const values = new Float64Array(count);
  weight.data.copyTo(values, 0);
  return Array.from(values);
}

/** The stored data that an expression reads, by label. */
export function* storedLeaves(expr: WeightExpr): Iterable<readonly [label: string, data: StoredNumbers]> {
  switch (expr.kind) {
    case "normal":
    case "uniform":
    case "constant":
      return;
    case "stored":
      yield [expr.label, expr.data];
      return;
    case "sqrt":
    case "transpose":
      yield* storedLeaves(expr.of);
      return;
    case "computed":
      for (const { data } of expr.operands) yield* storedLeaves(data);
      return;
    case "add":
    case "sub":
    case "mul":
    case "div":
      yield* storedLeaves(expr.left);
      yield* storedLeaves(expr.right);
  }
}

/**
 * The same elements, in the same order, with other sizes. Undefined where no expression says that: a vector
 * over the first axis says nothing any more once that axis is cut or merged.
 */
export function reshapeWeight(weight: WeightExpr, dims: readonly number[]): WeightExpr | undefined {
  if (elementCount(dims) !== elementCount(weight.dims)) {
    throw new RangeError(`a weight of [${weight.dims}] as [${dims}]`);
  }
  if (sameDims(weight.dims, dims)) return weight;
  switch (weight.kind) {
    case "normal":
    case "uniform":
    case "constant":
    case "stored":
    case "transpose":
    case "computed":
      return { ...weight, dims };
    case "sqrt": {
      const of = reshapeWeight(weight.of, dims);
      return of && sqrtWeight(of);
    }
    case "add":
    case "sub":
    case "mul":
    case "div": {
      const [left, right] = [weight.left, weight.right].map((each) => {
        if (sameDims(each.dims, weight.dims)) return reshapeWeight(each, dims);
        return each.dims.length === 0 || each.dims[0] === dims[0] ? each : undefined;
      });
      return left && right && binaryWeight(weight.kind, left, right);
    }
  }
}
