import { dequal } from "dequal";
import { roundToFloat16 } from "../../base/float16.js";
import { shortestDecimal } from "../../base/shortest-decimal.js";
import type { Op, Parameter, ParameterRole, Value } from "../../ir/graph.js";
import { elementsOf } from "../../ir/known-elements.js";
import { isOp } from "../../ir/rewrite.js";
import { concreteDims, type DType, elementCount, sameDims } from "../../ir/types.js";
import {
  constantWeight,
  type LentNumbers,
  reshapeWeight,
  type StoredNumbers,
  smallValues,
  storedWeight,
  transposeWeight,
  type WeightExpr,
} from "../../ir/weight.js";
import type { Dataflow } from "./dataflow.js";
import { isLayout } from "./layout.js";
import { mismatch, nameOf } from "./mismatch.js";

/** A parameter of a raised module: the numbers of a parameter of the file, in the module's sizes, or a constant. */
export interface RaisedParameter {
  /** The parameter that the numbers are from; undefined for what the file doesn't have and the module asks for. */
  readonly source: Parameter | undefined;
  readonly data: WeightExpr;
  readonly role: ParameterRole;
}

/** A vector of one number, which the module has and the file has not: a bias of 0, a scale of 1. */
export function constantVector(size: number, value: number): RaisedParameter {
  return { source: undefined, data: constantWeight([size], value), role: "fixed" };
}

/** The weights that an op of a gate reads, and the ops that turn the file's parameter into them. */
export interface ReadWeight {
  readonly weight: RaisedParameter;
  readonly ops: readonly Op[];
}

/**
 * What a layer of a gate reads as its weights. Transposed and reshaped parameters are followed to the parameter.
 * Refuses weights that are given from outside or computed.
 */
export function readWeight(reader: Op, value: Value, flow: Dataflow): ReadWeight {
  if (value.kind === "parameter") {
    return { weight: { source: value, data: value.data, role: "trainable" }, ops: [] };
  }
  const op = flow.producer(value);
  if (op === undefined) return mismatch(reader, `its weight ${value.name} is an input of the graph`);
  const [of] = op.operands;
  const behind = of === undefined || !isReshaping(op) ? undefined : readWeight(reader, of, flow);
  const data = behind && reshaped(op, behind.weight.data);
  if (behind === undefined || data === undefined) {
    return mismatch(reader, `its weight ${value.name} is computed by ${nameOf(op)}`);
  }
  return { weight: { ...behind.weight, data }, ops: [...behind.ops, op] };
}

function isReshaping(op: Op): boolean {
  return op.kind === "transpose" || isLayout(op);
}

function reshaped(op: Op, of: WeightExpr): WeightExpr | undefined {
  const dims = concreteDims(op.results[0]?.type.dims ?? []);
  if (isOp(op, "transpose") && !isLayout(op)) return of.dims.length === 2 ? transposeWeight(of) : undefined;
  return reshapeWeight(of, dims);
}

/** The same parameter in other sizes. */
export function withDims(op: Op, weight: RaisedParameter, dims: readonly number[]): RaisedParameter {
  const data = reshapeWeight(weight.data, dims);
  return data === undefined
    ? mismatch(op, `${weight.source?.name} can't be had as [${dims.join(", ")}]`)
    : { ...weight, data };
}

/** The transposed matrix of a weight [rows, columns]. */
export function transposed(op: Op, weight: RaisedParameter): RaisedParameter {
  return weight.data.dims.length === 2
    ? { ...weight, data: transposeWeight(weight.data) }
    : mismatch(op, `${weight.source?.name} is no matrix`);
}

/** Weights [1, 2, …] with their two inputs the other way round. */
export function swappedInputs(op: Op, weight: RaisedParameter): RaisedParameter {
  const { data } = weight;
  if (data.kind === "constant") return weight;
  if (data.kind !== "stored" || data.dims[0] !== 1 || data.dims[1] !== 2) {
    return mismatch(op, `the inputs of ${weight.source?.name} can't be had the other way round`);
  }
  const half = data.data.length / 2;
  const read = copyOf(data.data);
  const swapped: LentNumbers = {
    length: data.data.length,
    copyTo(target, start) {
      for (let i = 0; i < target.length; ) {
        const index = start + i;
        const piece = Math.min(target.length - i, half - (index % half));
        read(target.subarray(i, i + piece), index < half ? index + half : index - half);
        i += piece;
      }
    },
  };
  return { ...weight, data: storedWeight(data.dims, `${data.label}, inputs swapped`, swapped) };
}

export function copyOf(data: StoredNumbers): LentNumbers["copyTo"] {
  if (!(data instanceof Float32Array)) return (target, start) => data.copyTo(target, start);
  return (target, start) => target.set(data.subarray(start, start + target.length));
}

/** The number that a parameter of one element is, as the decimal that was meant; undefined for other values. */
export function scalarOf(value: Value | undefined): number | undefined {
  if (value?.kind !== "parameter" || elementCount(value.data.dims) !== 1) return undefined;
  const [element] = smallValues(value.data) ?? [];
  return element === undefined ? undefined : meantNumber(element, value.type.dtype);
}

/** Numbers that formulas have and no short decimal says. */
const IRRATIONAL = [Math.SQRT2, Math.SQRT1_2];

/** More than any map has positions along an axis, and few enough that float16 tells 1/n from 1/(n + 1). */
const MOST_PARTS = 1024;

/** The number that was meant by one of a file: in half precision 0.1666 is 1/6. */
function meantNumber(element: number, dtype: DType): number {
  if (dtype !== "float16") return shortestDecimal(element, dtype);
  const parts = Math.round(1 / element);
  const candidates =
    Math.abs(parts) > 2 && Math.abs(parts) <= MOST_PARTS ? [1 / parts, ...IRRATIONAL] : IRRATIONAL;
  return candidates.find((each) => roundToFloat16(each) === element) ?? shortestDecimal(element, dtype);
}

/** Whether two parameters are one, or hold the same numbers in the same sizes, or are both left out. */
export function sameParameter(a: RaisedParameter | undefined, b: RaisedParameter | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.source === b.source && dequal(a.data, b.data)) return true;
  return sameDims(a.data.dims, b.data.dims) && sameElements(a.data, b.data);
}

/** Whether two weights of the same sizes hold the same numbers, as far as these are at hand. */
function sameElements(a: WeightExpr, b: WeightExpr): boolean {
  if (a === b) return true;
  if (a.kind === "transpose" && b.kind === "transpose") {
    return sameDims(a.of.dims, b.of.dims) && sameElements(a.of, b.of);
  }
  const [left, right] = [elementsOf(a), elementsOf(b)];
  return left !== undefined && right !== undefined && left.every((x, i) => x === right[i]);
}
