import type { Op, Result, Value } from "../../ir/graph.js";
import { isOnnxDomain } from "../../ir/onnx-domain.js";
import { drawsNumbers } from "../../ir/ops/opaque.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";

/**
 *     a = f(x); b = f(x)  →  a = f(x), b is a
 *
 * Ops are equal when kind, operands and attributes are. A dropout is only equal to itself, for training tells two of one value
 * apart; so is an opaque op that draws numbers, that has bodies or calls a function, and one of another domain than ONNX's, of which
 * nobody knows whether it does.
 */
export class EqualOps {
  readonly #known = new Map<string, Result>();
  readonly #keys = new Map<Result, string>();
  readonly #ids = new Map<Value, number>();

  /** The result of an earlier op that computes the same; undefined for an op that is the first, which is remembered. */
  firstOf(op: Op): Result | undefined {
    const key = this.#keyOf(op);
    const [result] = op.results;
    if (key === undefined || result === undefined) return undefined;
    const first = this.#known.get(key);
    if (first !== undefined) return first;
    this.#known.set(key, result);
    this.#keys.set(result, key);
    return undefined;
  }

  /** The op of some results is gone, and their names with it: an equal one is the first again. */
  forget(results: readonly Result[]): void {
    for (const result of results) this.#known.delete(this.#keys.get(result) ?? "");
  }

  #keyOf(op: Op): string | undefined {
    if (op.results.length !== 1 || !isRepeatable(op)) return undefined;
    return `${op.kind}(${op.operands.map((each) => this.#idOf(each)).join(", ")})${attributesKey(op)}`;
  }

  #idOf(value: Value): number {
    const id = this.#ids.get(value) ?? this.#ids.size;
    this.#ids.set(value, id);
    return id;
  }
}

/** Whether an op computes the same of the same operands each time. */
function isRepeatable(op: Op): boolean {
  if (definitionOf(op.kind).trainingOnly === true) return false;
  if (!isOp(op, "opaque")) return true;
  const { operator, domain, bodies, written } = op.attributes;
  return (
    isOnnxDomain(domain) &&
    !drawsNumbers(operator) &&
    !MAY_DRAW.has(operator) &&
    bodies.length === 0 &&
    !written.some(([name]) => name === "function")
  );
}

/** Operators that draw numbers in training, or whose bodies may. */
const MAY_DRAW: ReadonlySet<string> = new Set("Dropout If Loop Scan SequenceMap".split(" "));

/** All attributes of an op but those that only say where it stands. */
function attributesKey(op: Op): string {
  const { node, ...told } = isOp(op, "opaque") ? op.attributes : { ...op.attributes, node: undefined };
  return JSON.stringify(
    Object.entries(told).sort(([a], [b]) => (a < b ? -1 : 1)),
    exactNumber,
  );
}

/** JSON has no word for the infinities and NaN, and none for -0. */
function exactNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${Object.is(value, -0) ? "-0" : value}`
    : value;
}
