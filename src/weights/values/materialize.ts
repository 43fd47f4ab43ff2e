import { roundToFloat16 } from "../../base/float16.js";
import { randomStream } from "../../base/random.js";
import { evaluateOp } from "../../ir/op.js";
import { definitionOf, opName } from "../../ir/ops/registry.js";
import type { Numbers } from "../../ir/tensor.js";
import { type DType, elementCount, isIntegerType } from "../../ir/types.js";
import type { BinaryWeightKind, StoredNumbers, WeightExpr } from "../../ir/weight.js";
import { PIECE_ELEMENTS } from "./elements.js";
import { nearestHalf } from "./half.js";

/** The elements of a weight in order, some at a time: `fill` writes the next ones, as many as fit. */
interface ElementSource {
  fill(target: Float64Array): void;
}

/** target = target ∘ other, element by element; one loop each, because millions of calls would cost more. */
const COMBINE: { readonly [K in BinaryWeightKind]: (target: Float64Array, other: Float64Array) => void } = {
  add(target, other) {
    for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) + (other[i] as number);
  },
  sub(target, other) {
    for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) - (other[i] as number);
  },
  mul(target, other) {
    for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) * (other[i] as number);
  },
  div(target, other) {
    for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) / (other[i] as number);
  },
};

/**
 * The elements of a weight in row-major order, float64, in pieces of at most `chunkElements`. Memory stays
 * bounded by the piece and the expression's vectors (dims [C]). A piece is valid until the next one is asked for.
 * The numbers don't depend on `chunkElements`.
 */
export function* weightChunks(
  expr: WeightExpr,
  seed: number,
  chunkElements = PIECE_ELEMENTS,
): Iterable<Float64Array<ArrayBuffer>> {
  const count = elementCount(expr.dims);
  const source = elementsOf(expr, seed);
  const buffer = borrow(Math.min(count, chunkElements));
  try {
    for (let done = 0; done < count; done += buffer.length) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, count - done));
      source.fill(chunk);
      yield chunk;
    }
  } finally {
    giveBack(buffer);
  }
}

/** The memory of pieces that nobody uses: each is as large as most pieces, and new ones for each tensor would keep the garbage collector busy. */
const unused: Float64Array<ArrayBuffer>[] = [];

/** An array of so many elements, of any values, for a while. */
function borrow(length: number): Float64Array<ArrayBuffer> {
  if (length > PIECE_ELEMENTS) return new Float64Array(length);
  return (unused.pop() ?? new Float64Array(PIECE_ELEMENTS)).subarray(0, length);
}

/** Ends `borrow`: the next one may get the same memory. */
function giveBack({ buffer }: Float64Array<ArrayBuffer>): void {
  if (buffer.byteLength === PIECE_ELEMENTS * Float64Array.BYTES_PER_ELEMENT)
    unused.push(new Float64Array(buffer));
}

/** All elements of a weight, each rounded to the element type: what a file holds. `into` has room for all of them. */
export function materialize(
  expr: WeightExpr,
  seed: number,
  dtype: DType = "float32",
  into: Float64Array = new Float64Array(elementCount(expr.dims)),
): Float64Array {
  elementsOf(expr, seed).fill(into);
  if (isIntegerType(dtype)) return into;
  if (dtype === "float16") for (let i = 0; i < into.length; i++) into[i] = nearestHalf(into[i] as number);
  else for (let i = 0; i < into.length; i++) into[i] = Math.fround(into[i] as number);
  return into;
}

/** All elements of a weight, unrounded. */
function evaluate(expr: WeightExpr, seed: number): Float64Array {
  const all = new Float64Array(elementCount(expr.dims));
  elementsOf(expr, seed).fill(all);
  return all;
}

function elementsOf(expr: WeightExpr, seed: number): ElementSource {
  switch (expr.kind) {
    case "normal": {
      const stream = randomStream(seed, expr.stream);
      return { fill: (target) => stream.fillNormal(target, expr.std) };
    }
    case "uniform": {
      const stream = randomStream(seed, expr.stream);
      return { fill: (target) => stream.fillUniform(target, expr.low, expr.high) };
    }
    case "constant":
      return { fill: (target) => void target.fill(expr.value) };
    case "stored":
      return storedElements(expr.data);
    case "sqrt": {
      const of = elementsOf(expr.of, seed);
      return {
        fill(target) {
          of.fill(target);
          for (let i = 0; i < target.length; i++) target[i] = Math.sqrt(target[i] as number);
        },
      };
    }
    case "transpose":
      return transposedElements(expr.of, seed);
    case "computed":
      return computedElements(expr, seed);
    case "add":
    case "sub":
    case "mul":
    case "div":
      return binaryElements(
        COMBINE[expr.kind],
        operandElements(expr.left, expr.dims, seed),
        operandElements(expr.right, expr.dims, seed),
      );
  }
}

function storedElements(data: StoredNumbers): ElementSource {
  let next = 0;
  return {
    fill(target) {
      if (data instanceof Float32Array) target.set(data.subarray(next, next + target.length));
      else data.copyTo(target, next);
      next += target.length;
    },
  };
}

type Computed = Extract<WeightExpr, { kind: "computed" }>;

/** What an op computes; its operands and its result are held whole, from the first piece on. */
function computedElements(expr: Computed, seed: number): ElementSource {
  let all: Numbers | undefined;
  let next = 0;
  return {
    fill(target) {
      all ??= compute(expr, seed);
      target.set(all.subarray(next, next + target.length));
      next += target.length;
    },
  };
}

function compute({ op, attributes, operands, dtype }: Computed, seed: number): Numbers {
  const tensors = operands.map((each) => ({
    dims: each.data.dims,
    data: materialize(each.data, seed, each.dtype),
  }));
  const { data } = evaluateOp(definitionOf(opName(op)), tensors, attributes);
  return isIntegerType(dtype)
    ? data.map(Math.trunc)
    : data.map(dtype === "float16" ? roundToFloat16 : Math.fround);
}

/** Numbers of a transposed matrix that are held at a time. */
const STRIP_ELEMENTS = 1 << 20;

/**
 * The columns of a matrix one after the other. As many as fit in a strip are picked out of the rows in one go; a matrix
 * of several strips is evaluated once for each.
 */
function transposedElements(matrix: WeightExpr, seed: number): ElementSource {
  const [rows = 0, columns = 0] = matrix.dims;
  const width = Math.max(1, Math.min(columns, Math.floor(STRIP_ELEMENTS / Math.max(1, rows))));
  let strip = new Float64Array(0);
  let next = 0;
  let column = 0;
  const refill = (): void => {
    const end = Math.min(column + width, columns);
    strip = columnsOf(matrix, column, end, seed);
    column = end;
    next = 0;
  };
  return {
    fill(target) {
      for (let done = 0; done < target.length; ) {
        if (next === strip.length) refill();
        const piece = strip.subarray(next, next + target.length - done);
        target.set(piece, done);
        next += piece.length;
        done += piece.length;
      }
    },
  };
}

/** The columns `from` … `to` - 1 of a matrix, each as one run. */
function columnsOf(matrix: WeightExpr, from: number, to: number, seed: number): Float64Array<ArrayBuffer> {
  const [rows = 0, columns = 0] = matrix.dims;
  const strip = new Float64Array((to - from) * rows);
  let element = 0;
  for (const chunk of weightChunks(matrix, seed)) {
    for (const value of chunk) {
      const column = element % columns;
      if (column >= from && column < to)
        strip[(column - from) * rows + Math.floor(element / columns)] = value;
      element++;
    }
  }
  return strip;
}

function binaryElements(
  combine: (target: Float64Array, other: Float64Array) => void,
  left: ElementSource,
  right: ElementSource,
): ElementSource {
  return {
    fill(target) {
      const other = borrow(target.length);
      left.fill(target);
      right.fill(other);
      combine(target, other);
      giveBack(other);
    },
  };
}

/**
 * The elements of an operand, repeated to `dims` where it is a scalar or a vector over the first axis. Those are
 * small (one number per output channel) and held whole.
 */
function operandElements(operand: WeightExpr, dims: readonly number[], seed: number): ElementSource {
  if (operand.dims.length === dims.length) return elementsOf(operand, seed);
  const values = evaluate(operand, seed);
  const repeats = elementCount(dims) / values.length;
  let next = 0;
  return {
    fill(target) {
      for (let done = 0; done < target.length; ) {
        const end = Math.min(target.length, done + repeats - (next % repeats));
        target.fill(values[Math.floor(next / repeats)] as number, done, end);
        next += end - done;
        done = end;
      }
    },
  };
}
