import { dequal } from "dequal";
import { type ActivationName, activations } from "../../../ir/activations.js";
import type { Op, Parameter, Value } from "../../../ir/graph.js";
import { elementsOf } from "../../../ir/known-elements.js";
import { operandsOf } from "../../../ir/ops/registry.js";
import { isOp } from "../../../ir/rewrite.js";
import { elementCount, sameDims } from "../../../ir/types.js";
import { binaryWeight, constantWeight, reshapeWeight, type WeightExpr } from "../../../ir/weight.js";
import { readActivation } from "../activation.js";
import type { Dataflow } from "../dataflow.js";
import { normOf } from "../step.js";
import { constantVector, type RaisedParameter } from "../weights.js";
import { type Template, WILDCARDS } from "./template.js";

/** What is open in a template, as it turns out to be in a file. */
export interface Bindings {
  /** The module's parameters by the names that they have in the template. */
  readonly parameters: ReadonlyMap<string, RaisedParameter>;
  readonly hidden: ActivationName | undefined;
  readonly gate: ActivationName | undefined;
  readonly epsilon: number | undefined;
  readonly ops: readonly Op[];
}

/** Finds the ops of a template among those that compute a value; undefined where they are others. */
export function unify(template: Template, result: Value, x: Value, flow: Dataflow): Bindings | undefined {
  const unifier = new Unifier(template, x, flow);
  return unifier.unify(template.result, result) ? unifier.bindings() : undefined;
}

/** Ops whose result says all: the same elements in its sizes. */
const RESHAPES: ReadonlySet<string> = new Set(["reshape", "reshape_to", "flatten", "squeeze", "unsqueeze"]);

class Unifier {
  readonly #template: Template;
  readonly #x: Value;
  readonly #flow: Dataflow;
  readonly #values = new Map<Value, Value>();
  readonly #parameters = new Map<string, RaisedParameter>();
  readonly #wild = new Map<string, ActivationName>();
  readonly #ops = new Set<Op>();
  #epsilon: number | undefined;

  constructor(template: Template, x: Value, flow: Dataflow) {
    this.#template = template;
    this.#x = x;
    this.#flow = flow;
  }

  bindings(): Bindings {
    return {
      parameters: this.#parameters,
      hidden: this.#wild.get(WILDCARDS.hidden),
      gate: this.#wild.get(WILDCARDS.gate),
      epsilon: this.#epsilon,
      ops: [...this.#ops],
    };
  }

  unify(wanted: Value, value: Value): boolean {
    const known = this.#values.get(wanted);
    if (known !== undefined) return known === value;
    this.#values.set(wanted, value);
    if (wanted === this.#template.x) return value === this.#x;
    if (wanted.kind === "parameter") return this.#parameter(wanted, value);
    const op = this.#template.producers.get(wanted);
    const found = this.#flow.producer(value);
    if (op === undefined || found === undefined) return false;
    if (Object.hasOwn(activations, op.kind)) return this.#activation(op, value);
    if (isOp(op, "batch_norm") && !isOp(found, "batch_norm")) return this.#foldedNorm(op, value);
    return this.#op(op, found);
  }

  #op(wanted: Op, op: Op): boolean {
    const isReshape = RESHAPES.has(wanted.kind) && RESHAPES.has(op.kind);
    if (isReshape) {
      if (!sameDims(wanted.results[0]?.type.dims ?? [], op.results[0]?.type.dims ?? [])) return false;
      return this.#operands(wanted, op, 1);
    }
    if (wanted.kind !== op.kind) return false;
    if (isOp(wanted, "batch_norm") && isOp(op, "batch_norm")) {
      if (this.#epsilon !== undefined && this.#epsilon !== op.attributes.epsilon) return false;
      this.#epsilon = op.attributes.epsilon;
    } else if (!dequal({ ...wanted.attributes }, { ...op.attributes })) {
      return false;
    }
    return wanted.operands.length === op.operands.length && this.#operands(wanted, op, op.operands.length);
  }

  #operands(wanted: Op, op: Op, count: number): boolean {
    this.#ops.add(op);
    return wanted.operands.slice(0, count).every((operand, i) => {
      const other = op.operands[i];
      return other !== undefined && this.unify(operand, other);
    });
  }

  #activation(wanted: Op, value: Value): boolean {
    const read = readActivation(value, this.#flow, this.#x);
    const [operand] = wanted.operands;
    if (read === undefined || operand === undefined) return false;
    const isWild = wanted.kind === WILDCARDS.hidden || wanted.kind === WILDCARDS.gate;
    const expected = isWild ? (this.#wild.get(wanted.kind) ?? read.name) : wanted.kind;
    if (read.name !== expected) return false;
    if (isWild) this.#wild.set(wanted.kind, read.name);
    for (const op of read.ops) this.#ops.add(op);
    return this.unify(operand, read.from);
  }

  /** A normalisation that was folded into the convolution before it: what is left of it is the bias. */
  #foldedNorm(norm: Op, value: Value): boolean {
    const [scores, ...statistics] = norm.operands;
    const wanted = scores && this.#template.producers.get(scores);
    const conv = this.#flow.producer(value);
    if (!isOp(wanted, "conv") || !isOp(conv, "conv")) return false;
    const { x, weight, bias } = operandsOf(conv);
    const { x: wantedX, weight: wantedWeight, bias: wantedBias } = operandsOf(wanted);
    if (bias?.kind !== "parameter") return false;
    if (!dequal({ ...wanted.attributes }, { ...conv.attributes })) return false;
    const channels = elementCount(bias.data.dims);
    const { parameters } = normOf(channels, undefined, { source: bias, data: bias.data, role: "trainable" });
    const scale = this.#scaleIn(wantedWeight, weight, channels);
    statistics.forEach((each, i) => {
      this.#parameters.set(each.name, (i === 0 && scale) || (parameters[i] as RaisedParameter));
    });
    if (wantedBias !== undefined) this.#parameters.set(wantedBias.name, constantVector(channels, 0));
    this.#ops.add(conv);
    return this.unify(wantedX, x) && (scale !== undefined || this.unify(wantedWeight, weight));
  }

  /** A normalisation's scale that was folded into weights which were one number, and are one for each channel now. */
  #scaleIn(wanted: Value, weight: Value, channels: number): RaisedParameter | undefined {
    if (wanted.kind !== "parameter" || weight.kind !== "parameter") return undefined;
    if (wanted.data.kind !== "constant" || this.#template.parameters.has(wanted.name)) return undefined;
    if (!sameDims(wanted.data.dims, weight.data.dims)) return undefined;
    const flat = reshapeWeight(weight.data, [channels]);
    const data = flat && binaryWeight("div", flat, constantWeight([], wanted.data.value));
    return data && { source: weight, data, role: "trainable" };
  }

  #parameter(wanted: Parameter, value: Value): boolean {
    if (value.kind !== "parameter" || !sameDims(wanted.data.dims, value.data.dims)) return false;
    const planned = this.#template.parameters.get(wanted.name);
    if (planned === undefined) return sameNumbers(wanted.data, value.data);
    const data = reshapeWeight(value.data, planned.dims);
    if (data === undefined) return false;
    this.#parameters.set(wanted.name, { source: value, data, role: planned.role ?? "trainable" });
    return true;
  }
}

/** A number of a table of the lowering may be off by the rounding to float32. */
const TOLERANCE = 1e-6;

function sameNumbers(a: WeightExpr, b: WeightExpr): boolean {
  const [left, right] = [elementsOf(a), elementsOf(b)];
  if (left === undefined || right === undefined) return false;
  return left.every((x, i) => Math.abs(x - (right[i] as number)) <= TOLERANCE * Math.max(1, Math.abs(x)));
}
