import { shortestDecimal } from "../../base/shortest-decimal.js";
import { type Dim, type DType, isIntegerType, type TensorType, tensorType } from "../../ir/types.js";
import type { AttributeMessage, GraphMessage, NodeMessage, TensorMessage } from "../file/proto.js";
import { toInteger } from "../file/proto.js";
import type { Inferred, OpenDim } from "./inferred.js";

/** What a name in a graph or a body stands for. */
export interface TypeScope {
  /** The type of a tensor; undefined where nothing is known of it. */
  typeOf(name: string): TensorType | undefined;
  /** The numbers of a small tensor of the file; undefined for one that is computed or given. */
  numbersOf(name: string): readonly number[] | undefined;
  /** Whether it is a tensor of the file, or follows from such alone. */
  isConstant(name: string): boolean;
}

/** The types of what a body of nodes computes, for given types of its inputs. */
export type BodyTypes = (
  body: GraphMessage,
  inputs: readonly (Inferred | undefined)[],
) => readonly (Inferred | undefined)[];

/** A node as the rules see it: what is known of its inputs, and its attributes. */
export class RuleNode {
  readonly opset: number;
  /** The types of the outputs of a body of its. */
  readonly bodyTypes: BodyTypes;
  readonly #message: NodeMessage;
  readonly #scope: TypeScope;

  constructor(message: NodeMessage, opset: number, scope: TypeScope, bodyTypes: BodyTypes) {
    this.#message = message;
    this.opset = opset;
    this.#scope = scope;
    this.bodyTypes = bodyTypes;
  }

  /** The same node with another shape of an input. */
  withDims(input: number, dims: readonly Dim[] | undefined): RuleNode {
    const name = this.#name(input);
    const typeOf = (each: string): TensorType | undefined => {
      const type = this.#scope.typeOf(each);
      return each === name ? type && dims && tensorType(dims, type.dtype) : type;
    };
    const scope: TypeScope = {
      typeOf,
      numbersOf: (own) => this.#scope.numbersOf(own),
      isConstant: (own) => this.#scope.isConstant(own),
    };
    return new RuleNode(this.#message, this.opset, scope, this.bodyTypes);
  }

  get inputCount(): number {
    return this.#message.input?.length ?? 0;
  }

  get outputCount(): number {
    return this.#message.output?.length ?? 0;
  }

  hasAttribute(name: string): boolean {
    return this.#attribute(name) !== undefined;
  }

  has(input: number): boolean {
    return this.#name(input) !== undefined;
  }

  /** What is known of an input, in the form of a result. */
  input(index: number): Inferred | undefined {
    const [name, values] = [this.#name(index), this.values(index)];
    const type = name === undefined ? undefined : this.#scope.typeOf(name);
    return type && { dtype: type.dtype, dims: type.dims, values };
  }

  /** The element type of an input; `other` where it is not known. */
  dtype(input: number): DType {
    return this.#type(input)?.dtype ?? "other";
  }

  /** The element type of the first input whose one is known. */
  commonDType(from = 0): DType {
    const types = Array.from({ length: Math.max(0, this.inputCount - from) }, (_, i) => this.dtype(from + i));
    return types.find((dtype) => dtype !== "other") ?? "other";
  }

  dims(input: number): readonly Dim[] | undefined {
    return this.#type(input)?.dims;
  }

  /** One size of an input; a negative axis counts from the end. */
  dim(input: number, axis: number): OpenDim {
    return this.dims(input)?.at(axis);
  }

  /** The elements of an input of integers or truth values, as far as all of them are known. */
  values(input: number): readonly Dim[] | undefined {
    const type = this.#type(input);
    if (type?.values !== undefined) return type.values;
    return type !== undefined && (isIntegerType(type.dtype) || type.dtype === "bool")
      ? this.#numbers(input)
      : undefined;
  }

  /** The elements of an input, where all are known numbers. */
  numbers(input: number): readonly number[] | undefined {
    const values = this.#type(input)?.values;
    if (values?.every((value) => typeof value === "number")) return values as readonly number[];
    return this.#numbers(input);
  }

  /** A list that is an attribute in older opsets and an input in newer ones: undefined where it is left out. */
  list(attribute: string, input: number): readonly Dim[] | "unknown" | undefined {
    if (this.has(input)) return this.values(input) ?? "unknown";
    return this.ints(attribute);
  }

  int(name: string, absent: number): number {
    return this.optionalInt(name) ?? absent;
  }

  optionalInt(name: string): number | undefined {
    const attribute = this.#attribute(name);
    return attribute && toInteger(attribute.i);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name)?.ints?.map(toInteger);
  }

  float(name: string, absent: number): number {
    const attribute = this.#attribute(name);
    return attribute === undefined ? absent : shortestDecimal(attribute.f ?? 0);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name)?.floats?.map((each) => shortestDecimal(each));
  }

  string(name: string, absent: string): string {
    const bytes = this.#attribute(name)?.s;
    return bytes ? new TextDecoder().decode(bytes) : absent;
  }

  tensor(name: string): TensorMessage | undefined {
    return this.#attribute(name)?.t ?? undefined;
  }

  body(name: string): GraphMessage | undefined {
    return this.#attribute(name)?.g ?? undefined;
  }

  /** The length of a list attribute of any kind; undefined where it is absent. */
  listLength(name: string): number | undefined {
    const { ints, floats, strings } = this.#attribute(name) ?? {};
    return [ints, floats, strings].find((list) => list && list.length > 0)?.length;
  }

  #attribute(name: string): AttributeMessage | undefined {
    return this.#message.attribute?.find((each) => each.name === name);
  }

  #name(input: number): string | undefined {
    return this.#message.input?.[input] || undefined;
  }

  #type(input: number): TensorType | undefined {
    const name = this.#name(input);
    return name === undefined ? undefined : this.#scope.typeOf(name);
  }

  #numbers(input: number): readonly number[] | undefined {
    const name = this.#name(input);
    return name === undefined ? undefined : this.#scope.numbersOf(name);
  }
}
