import { shortestDecimal } from "../../base/shortest-decimal.js";
import type { ParameterRole, Value } from "../../ir/graph.js";
import { type Dim, refuse } from "../../ir/types.js";
import { type AttributeMessage, AttributeProto, type NodeMessage, toInteger } from "../file/proto.js";

/** What a node's input names stand for, as far as the file has been read. */
export interface TensorScope {
  /** The tensor of that name; one that the file holds becomes a parameter of the role. */
  value(name: string, role: ParameterRole): Value;
  /** The numbers of a tensor that the file holds; undefined for one that is computed or given. */
  constant(name: string): readonly number[] | undefined;
  /** The size that the file declares for an axis of a tensor; undefined where it declares none. */
  declaredSize(name: string, axis: number): Dim | undefined;
  /** Whether anything in the file reads a tensor of that name, or it is an output of the graph. */
  isRead(name: string): boolean;
}

type AttributeType = keyof typeof AttributeProto.AttributeType;

/**
 * Reads one ONNX node: its inputs as IR values, its attributes with the operator's defaults. Everything that is
 * not what the caller can take is refused, and `finish` refuses what the caller has not looked at.
 */
export class NodeReader {
  readonly opset: number;
  readonly #node: NodeMessage;
  readonly #output: number;
  readonly #tensors: TensorScope;
  readonly #unread: Map<string, AttributeMessage>;
  readonly #inputs: readonly string[];
  readonly #readInputs = new Set<number>();
  readonly #askedAttributes = new Set<string>();

  /** @param output which of the outputs the op computes */
  constructor(node: NodeMessage, opset: number, tensors: TensorScope, output = 0) {
    this.#output = output;
    this.opset = opset;
    this.#node = node;
    this.#tensors = tensors;
    this.#inputs = node.input ?? [];
    this.#unread = new Map((node.attribute ?? []).map((attribute) => [attribute.name ?? "", attribute]));
  }

  operand(index: number, role: ParameterRole = "trainable"): Value {
    return this.optionalOperand(index, role) ?? refuse(`input ${index} is missing`);
  }

  /** An input that may be left out; ONNX writes an empty name for one that is followed by others. */
  optionalOperand(index: number, role: ParameterRole = "trainable"): Value | undefined {
    const name = this.#input(index);
    return name === undefined ? undefined : this.#tensors.value(name, role);
  }

  /** All inputs from `index` on; none of them may be left out. */
  operandsFrom(index: number): readonly Value[] {
    return this.#inputs.slice(index).map((_, i) => this.operand(index + i));
  }

  /** The numbers of an input that the file must hold; undefined when the input is left out. */
  constant(index: number): readonly number[] | undefined {
    const name = this.#input(index);
    if (name === undefined) return undefined;
    return this.#tensors.constant(name) ?? refuse(`input ${index} (${name}) must be a constant of the file`);
  }

  /** The one number of an input that the file must hold; `absent` when the input is left out. */
  number(index: number, absent?: number): number {
    const values = this.constant(index) ?? (absent === undefined ? [] : [absent]);
    const [value] = values;
    if (value === undefined || values.length !== 1) refuse(`input ${index} must have one element`);
    return value;
  }

  int(name: string, absent: number): number {
    return this.optionalInt(name) ?? absent;
  }

  optionalInt(name: string): number | undefined {
    const attribute = this.#take(name, "INT");
    return attribute && toInteger(attribute.i);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#take(name, "INTS")?.ints?.map(toInteger);
  }

  /** A float32 attribute, as the decimal number that was meant. */
  float(name: string, absent: number): number {
    const attribute = this.#take(name, "FLOAT");
    return attribute === undefined ? absent : shortestDecimal(attribute.f ?? 0);
  }

  string(name: string, absent: string): string {
    const attribute = this.#take(name, "STRING");
    return attribute === undefined ? absent : new TextDecoder().decode(attribute.s ?? new Uint8Array());
  }

  /** Refuses every value of an int attribute but one. */
  expectInt(name: string, only: number, absent: number): void {
    const value = this.int(name, absent);
    if (value !== only) refuse(`${name} ${value} is not supported, only ${only} is`);
  }

  /** The name of the one output that the op computes, which is the first or another; it must have no more that something reads. */
  output(): string {
    const outputs = this.#node.output ?? [];
    const output = outputs[this.#output];
    if (output === undefined || output === "") refuse("it has no output");
    if (outputs.some((name, i) => i !== this.#output && name !== "" && this.#tensors.isRead(name)))
      refuse(
        `it has ${outputs.length} outputs, only ${this.#output === 0 ? "the first" : `output ${this.#output}`} is supported`,
      );
    return output;
  }

  /** A size of the output that only a run has: what the file declares, or a name of its own. */
  openSize(axis: number): Dim {
    const output = this.output();
    return this.#tensors.declaredSize(output, axis) ?? `${output}_${axis}`;
  }

  /** Whether the node has outputs beside the first, read or not. */
  get hasMoreOutputs(): boolean {
    return (this.#node.output ?? []).some((name, i) => i > 0 && name !== "");
  }

  /** Refuses attributes and inputs that were not read: what they ask for would be lost. */
  finish(): void {
    const attributes = [...this.#unread.keys()];
    if (attributes.length > 0) refuse(`attribute ${attributes.join(", ")} is not supported`);
    const extra = this.#inputs.findIndex((name, i) => name !== "" && !this.#readInputs.has(i));
    if (extra !== -1) refuse(`input ${extra} is not supported`);
  }

  /** How many inputs and attributes were asked for, whether the node has them or not. */
  get asked(): number {
    return this.#readInputs.size + this.#askedAttributes.size;
  }

  #input(index: number): string | undefined {
    this.#readInputs.add(index);
    const name = this.#inputs[index];
    return name === "" ? undefined : name;
  }

  #take(name: string, type: AttributeType): AttributeMessage | undefined {
    this.#askedAttributes.add(name);
    const attribute = this.#unread.get(name);
    if (attribute === undefined) return undefined;
    this.#unread.delete(name);
    if (attribute.type !== AttributeProto.AttributeType[type]) {
      refuse(`attribute ${name} must be ${type}, is ${attributeTypeName(attribute)}`);
    }
    return attribute;
  }
}

function attributeTypeName(attribute: AttributeMessage): string {
  return AttributeProto.AttributeType[attribute.type ?? 0] ?? `of the unknown type ${attribute.type}`;
}
