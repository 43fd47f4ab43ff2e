import type { GraphBuilder } from "../ir/builder.js";
import type { Loc, Parameter, Result, Value } from "../ir/graph.js";
import type { AttributesInput, OpName } from "../ir/ops/registry.js";
import { concreteDims, sameDims } from "../ir/types.js";
import { constantWeight, storedWeight } from "../ir/weight.js";
import { NoGradient } from "./no-gradient.js";

/** Ops on values of a graph, written as arithmetic. What it adds stands at one place of the graph. */
export class ValueMath {
  readonly #builder: GraphBuilder;
  readonly #loc: Loc;

  constructor(builder: GraphBuilder, loc: Loc) {
    this.#builder = builder;
    this.#loc = loc;
  }

  op<N extends OpName>(kind: N, operands: readonly Value[], attributes: AttributesInput<N>): Result {
    return this.#builder.op(kind, operands, attributes, this.#loc);
  }

  /** A constant tensor; a number stands for each of its elements. */
  numbers(dims: readonly number[], data: ArrayLike<number> | number): Parameter {
    const name = `${this.#loc.scope.slice(1).replaceAll("/", ".")}.constant`;
    const weight =
      typeof data === "number"
        ? constantWeight(dims, data)
        : storedWeight(dims, this.#builder.freeName(name), Float32Array.from(data));
    return this.#builder.parameterOf(name, weight, "fixed");
  }

  number(value: number): Parameter {
    return this.numbers([], value);
  }

  integers(values: readonly number[]): Parameter {
    const name = `${this.#loc.scope.slice(1).replaceAll("/", ".")}.sizes`;
    const weight = storedWeight([values.length], this.#builder.freeName(name), Float32Array.from(values));
    return this.#builder.parameterOf(name, weight, "fixed", "int64");
  }

  plus(a: Value, b: Value): Value {
    return this.op("add", [a, b], {});
  }

  minus(a: Value, b: Value): Value {
    return this.op("sub", [a, b], {});
  }

  times(a: Value, b: Value): Value {
    return this.op("mul", [a, b], {});
  }

  over(a: Value, b: Value): Value {
    return this.op("div", [a, b], {});
  }

  /** factor · x */
  scaled(x: Value, factor: number): Value {
    return factor === 1 ? x : this.times(x, this.number(factor));
  }

  /** x + by */
  shifted(x: Value, by: number): Value {
    return this.plus(x, this.number(by));
  }

  /** 1 - x */
  oneMinus(x: Value): Value {
    return this.minus(this.number(1), x);
  }

  /** 1 where x > 0, else 0. */
  isPositive(x: Value): Value {
    return this.op("clip", [this.scaled(x, STEEP)], { low: 0, high: 1 });
  }

  /** 1 where x ≥ y, else 0. */
  reaches(x: Value, y: Value): Value {
    return this.oneMinus(this.isPositive(this.minus(y, x)));
  }

  /** The sum over some axes, which stay with the size 1. */
  sum(x: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? x : this.op("reduce_sum", [x], { axes: [...axes] });
  }

  /** The mean over some axes, which stay with the size 1. */
  mean(x: Value, axes: readonly number[]): Value {
    return this.op("reduce_mean", [x], { axes: [...axes] });
  }

  reshaped(x: Value, dims: readonly number[]): Value {
    if (sameDims(x.type.dims, dims)) return x;
    if (dims.length > 0) return this.op("reshape", [x], { shape: [...dims] });
    return this.op("squeeze", [x], { axes: sizesOf(x).map((_, axis) => axis) });
  }

  transposed(x: Value, permutation: readonly number[]): Value {
    return this.op("transpose", [x], { permutation: [...permutation] });
  }

  /** x repeated along its axes of size 1 until it has those sizes. */
  expanded(x: Value, dims: readonly number[]): Value {
    return sameDims(x.type.dims, dims) ? x : this.op("expand", [x, this.integers(dims)], {});
  }

  /** x summed over what repeating a tensor of those sizes adds to it: axes before them, and those in which they are 1. */
  summedTo(x: Value, dims: readonly number[]): Value {
    const from = sizesOf(x);
    const before = from.length - dims.length;
    const isSummed = (axis: number): boolean =>
      axis < before || (dims[axis - before] === 1 && (from[axis] ?? 1) > 1);
    const axes = from.flatMap((_, axis) => (isSummed(axis) ? [axis] : []));
    const left = from.map((size, axis) => (isSummed(axis) ? 1 : size));
    return this.reshaped(this.sum(x, axes), left.slice(Math.max(0, before)));
  }

  /** x with another order of the positions along an axis, or with some of them, repeated or not. */
  taken(x: Value, axis: number, positions: readonly number[]): Value {
    return this.op("gather", [x, this.integers(positions)], { axis });
  }
}

/** Turns any normal float32 number into one of size 1 or more. */
const STEEP = 2 ** 126;

/** The sizes of a value. Errors: `NoGradient` where one is open. */
export function sizesOf({ name, type }: Value): readonly number[] {
  const open = type.dims.find((dim) => typeof dim === "string");
  if (open !== undefined) throw new NoGradient(`the size ${open} of ${name} is not known`);
  return concreteDims(type.dims);
}
