import { Defect } from "../../../base/diagnostic.js";
import { freezeOp, makeParameter } from "../../../ir/builder.js";
import type { Graph, Op, Parameter, ParameterRole, Value } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/op.js";
import { type AttributesInput, definitionOf, type OpName } from "../../../ir/ops/registry.js";
import {
  type DType,
  isFloatType,
  sameDims,
  sameType,
  type TensorType,
  tensorType,
  unlessRefused,
} from "../../../ir/types.js";
import type { WeightExpr } from "../../../ir/weight.js";
import { EqualOps } from "../../simplify/equal-ops.js";
import type { Producers } from "../dataflow.js";
import { NewNames, scopeOf } from "../names.js";
import type { IdiomContext } from "./idiom.js";
import { IDIOMS } from "./idioms.js";
import type { TurningContext } from "./turned.js";
import { turnedBy, type View } from "./view.js";

/** The ops of a normal form while it is made. Every op that is added is tried for an idiom first, and is none where an equal one is there. */
export class NormalOps implements IdiomContext, TurningContext {
  readonly ops: Op[] = [];
  readonly #names: NewNames;
  readonly #producers = new Map<Value, Op>();
  /** Values whose axes were turned, by what was turned and how. */
  readonly #turned = new Map<Value, Map<string, Value>>();
  /** What was turned to make a value. */
  readonly #unturned = new Map<Value, View>();
  readonly #resized = new Map<Parameter, Parameter>();
  readonly #equal = new EqualOps();
  /** The op of the graph that is being spelled anew: what is made for it has its loc, and its name as a part of its own. */
  #current: Op | undefined;

  constructor(graph: Graph) {
    this.#names = new NewNames(graph);
  }

  producer(value: Value): Op | undefined {
    return this.#producers.get(value);
  }

  /** What was turned to make a value, and how; undefined for all others. */
  turnedFrom(value: Value): View | undefined {
    return this.#unturned.get(value);
  }

  /** The parameter of the graph that one is in other sizes; undefined for all others. */
  resizedFrom(parameter: Parameter): Parameter | undefined {
    return this.#resized.get(parameter);
  }

  /** What is made from now on is made for an op of the graph. */
  at(op: Op): void {
    this.#current = op;
  }

  op<N extends OpName>(kind: N, operands: readonly Value[], attributes: AttributesInput<N>): Value {
    return this.#made(kind, operands, definitionOf(kind).attributes.parse(attributes));
  }

  again(op: Op, operands: readonly Value[]): Value {
    return this.#made(op.kind, operands, op.attributes);
  }

  moved(op: Op, operands: readonly Value[], attributes: Op["attributes"] = op.attributes): Value {
    return this.#over(op, operands, typesOf(op.kind, operands, attributes), attributes);
  }

  parameterOf(name: string, data: WeightExpr, role: ParameterRole, dtype?: DType): Parameter {
    return makeParameter(this.#names.fresh(name), data, role, dtype);
  }

  resized(parameter: Parameter, data: WeightExpr, dtype: DType = parameter.type.dtype): Parameter {
    const made = this.parameterOf(parameter.name, data, parameter.role, dtype);
    this.#resized.set(made, this.#resized.get(parameter) ?? parameter);
    return made;
  }

  turned(value: Value, permutation: readonly number[]): Value {
    return this.value({ value }, permutation);
  }

  value({ value, permutation }: View, outer?: readonly number[]): Value {
    const turned = turnedBy(permutation, outer);
    if (turned === undefined) return value;
    const known = this.#turned.get(value) ?? new Map<string, Value>();
    this.#turned.set(value, known);
    const made = known.get(turned.join()) ?? this.op("transpose", [value], { permutation: [...turned] });
    known.set(turned.join(), made);
    this.#unturned.set(made, { value, permutation: turned });
    return made;
  }

  /**
   * What an op of the graph computes over normal operands: its first result in the normal form, or what an idiom makes of it.
   * Undefined where it refuses them.
   */
  spelled(op: Op, operands: readonly Value[]): Value | undefined {
    const isSame = operands.every((operand, i) => operand === op.operands[i]);
    if (isSame) return this.#spelled(op);
    const types = unlessRefused(() => typesOf(op.kind, operands, op.attributes));
    if (types === undefined) return undefined;
    return this.#over(op, operands, types, op.attributes);
  }

  #over(
    op: Op,
    operands: readonly Value[],
    types: readonly TensorType[],
    attributes: Op["attributes"],
  ): Value {
    const results = op.results.map((result, i) => {
      const type = types[i] ?? result.type;
      return sameType(type, result.type) ? result : Object.freeze({ ...result, type });
    });
    return this.#spelled(freezeOp({ ...op, operands, attributes, results } as Op));
  }

  #made(kind: OpName, operands: readonly Value[], attributes: object): Value {
    if (this.#current === undefined) throw new Defect(`${kind} is made for no op`);
    const { results } = this.#current;
    const loc = { ...this.#current.loc, scope: scopeOf(this.#current) };
    const name = `${results[0]?.name}/${kind}`;
    const made = typesOf(kind, operands, attributes).map((type) =>
      Object.freeze({ kind: "result" as const, name: this.#names.fresh(name), type }),
    );
    return this.#spelled(freezeOp({ kind, operands, attributes, results: made, loc } as unknown as Op));
  }

  #spelled(op: Op): Value {
    const [result] = op.results;
    if (result === undefined) throw new Defect(`${op.kind} has no result`);
    for (const each of op.results) this.#producers.set(each, op);
    for (const idiom of IDIOMS) {
      const value = unlessRefused(() => idiom(op, this));
      if (value !== undefined && sameDims(value.type.dims, result.type.dims)) return value;
    }
    const first = isGating(op, this) ? undefined : this.#equal.firstOf(op);
    if (first !== undefined) return first;
    this.ops.push(op);
    return result;
  }
}

/** Whether an op may be the last of a module: each module is found at an op of its own. u · f(u) is an activation, and none. */
function isGating({ kind, operands }: Op, context: Producers): boolean {
  const [a, b] = operands;
  if ((kind !== "mul" && kind !== "add") || a?.kind === "parameter" || b?.kind === "parameter") return false;
  const follows = (value: Value | undefined, from: Value | undefined): boolean =>
    value !== undefined && from !== undefined && context.producer(value)?.operands[0] === from;
  return kind === "add" || !(follows(a, b) || follows(b, a));
}

/** The types of an op's results. Numbers of other floating types count as those of the first: what a gate is made of makes it none else. */
function typesOf(kind: OpName, operands: readonly Value[], attributes: object): readonly TensorType[] {
  const definition = definitionOf(kind);
  const types = operands.map(({ type }) => type);
  const float = types.find(({ dtype }) => isFloatType(dtype))?.dtype ?? "float32";
  const alike = types.map((type) => (isFloatType(type.dtype) ? tensorType(type.dims, float) : type));
  return inferTypes(definition, definition.foreign ? types : alike, { ...attributes });
}
