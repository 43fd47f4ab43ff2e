import type { GraphBuilder } from "../../ir/builder.js";
import type { Parameter, ParameterRole, Result, Value } from "../../ir/graph.js";
import { type Dim, isUnknownType, refuse, type TensorType, tensorType } from "../../ir/types.js";
import { storedWeight } from "../../ir/weight.js";
import type { NodeMessage } from "../file/proto.js";
import { followsFrom } from "../types/operators.js";
import type { TypeScope } from "../types/rule-node.js";
import { storedRole } from "../types/weight-inputs.js";
import type { TensorScope } from "./node-reader.js";
import type { DecodedTensor, SourceTensors } from "./source-tensors.js";

/** The tensors of a file by name, as far as it has been read: inputs, results, and those that it holds. */
export class KnownTensors implements TensorScope, TypeScope {
  readonly #builder: GraphBuilder;
  readonly #tensors: SourceTensors;
  readonly #read: ReadonlySet<string>;
  readonly #declared: (name: string) => TensorType;
  readonly #fixed: ReadonlySet<string>;
  readonly #values = new Map<string, Value>();
  /** Constant nodes that were passed, by their output. */
  readonly #passed = new Set<string>();
  /** Results that follow from tensors of the file alone. */
  readonly #following = new Set<Value>();

  constructor(
    builder: GraphBuilder,
    tensors: SourceTensors,
    read: ReadonlySet<string>,
    declared: (name: string) => TensorType,
    fixed: ReadonlySet<string>,
  ) {
    this.#builder = builder;
    this.#tensors = tensors;
    this.#read = read;
    this.#declared = declared;
    this.#fixed = fixed;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** An input, or what stands in its place. */
  define(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** The results of a node that reads tensors of some names. */
  defineResults(results: readonly Result[], node: NodeMessage, operands: readonly string[]): void {
    const follows = followsFrom(node, operands, this);
    for (const result of results) {
      this.#values.set(result.name, result);
      if (follows) this.#following.add(result);
    }
  }

  /** The node of a constant was passed: what comes after may read it. */
  pass(name: string): void {
    this.#passed.add(name);
  }

  /** Whether what comes now may read a tensor of that name. */
  isDefined(name: string): boolean {
    if (this.#values.has(name)) return true;
    const tensor = this.#tensors.get(name);
    return tensor !== undefined && (!tensor.isConstant || this.#passed.has(name));
  }

  /** @param isWhole whether whole numbers are weights too: those of quantized networks */
  value(name: string, role: ParameterRole, isWhole = false): Value {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const tensor = this.#tensors.get(name) ?? refuse(`its input ${name} is not defined before it`);
    const parameter = this.#parameter(name, tensor, role, isWhole);
    this.#values.set(name, parameter);
    return parameter;
  }

  constant(name: string): readonly number[] | undefined {
    return this.#values.get(name)?.kind === "input" ? undefined : this.#tensors.get(name)?.numbers();
  }

  numbersOf(name: string): readonly number[] | undefined {
    return this.constant(name);
  }

  typeOf(name: string): TensorType | undefined {
    const value = this.#values.get(name);
    if (value !== undefined) return isUnknownType(value.type) ? undefined : value.type;
    const tensor = this.#tensors.get(name);
    return tensor && tensorType(tensor.dims, tensor.dtype);
  }

  isConstant(name: string): boolean {
    const value = this.#values.get(name);
    if (value === undefined) return this.#tensors.get(name) !== undefined;
    return value.kind === "parameter" || this.#following.has(value);
  }

  declaredSize(name: string, axis: number): Dim | undefined {
    return this.#declared(name).dims[axis];
  }

  isRead(name: string): boolean {
    return this.#read.has(name);
  }

  #parameter(
    name: string,
    { dtype, dims, data, isConstant }: DecodedTensor,
    role: ParameterRole,
    isWhole: boolean,
  ): Parameter {
    const stored = this.#fixed.has(name)
      ? "fixed"
      : storedRole({ dtype, dims, isConstant }, { role, isWhole });
    return this.#builder.parameterOf(name, storedWeight(dims, name, data), stored, dtype);
  }
}
