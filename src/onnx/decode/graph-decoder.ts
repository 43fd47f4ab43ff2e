import type { OpenBeside } from "../../base/bytes.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { GraphBuilder } from "../../ir/builder.js";
import type { Graph, Parameter, ParameterRole, Value } from "../../ir/graph.js";
import {
  elementCount,
  formatType,
  isIntegerType,
  refuse,
  type TensorType,
  TypeRefusal,
  UNKNOWN_TYPE,
} from "../../ir/types.js";
import { storedWeight } from "../../ir/weight.js";
import type { OperatorName } from "../codecs/codec.js";
import { opsOfOperator } from "../codecs/registry.js";
import { type DocumentNode, type DocumentValue, labelOfNode, type ModelDocument } from "../file/document.js";
import { scopeOfNode } from "../file/names.js";
import { isDefaultDomain, operatorKey, READ_OPSETS } from "../file/opset.js";
import { toInteger } from "../file/proto.js";
import { agrees, declaredType, type Sizes } from "../file/value-info.js";
import { readNames, subgraphNames } from "./captures.js";
import { decodeNode } from "./decode-node.js";
import { Multiplying } from "./multiplying.js";
import type { TensorScope } from "./node-reader.js";
import { type ForeignNode, opaqueOp } from "./opaque-node.js";
import { ModelSource, OVERRIDABLE_IR_VERSION, type SourceNode, slotsOf } from "./source.js";
import { type DecodedTensor, SourceTensors } from "./source-tensors.js";
import { writtenAttributes } from "./written-attributes.js";

export interface DecodedGraph {
  readonly graph: Graph;
  readonly foreign: readonly ForeignNode[];
  readonly source: ModelSource;
}

/** More wrong places of one file than anybody reads. */
const MOST_WRONG = 50;

/** Makes IR of a model file, node by node. What the IR can't say becomes opaque; what is no graph is an error. */
export class GraphDecoder implements TensorScope {
  readonly #document: ModelDocument;
  readonly #opset: number;
  readonly #sizes: Sizes;
  readonly #builder: GraphBuilder;
  readonly #tensors: SourceTensors;
  readonly #values = new Map<string, Value>();
  /** The types that the file declares, by the names of values. */
  readonly #declared: ReadonlyMap<string, DocumentValue>;
  /** Operators that the file defines itself, as functions. */
  readonly #functions: ReadonlySet<string>;
  readonly #multiplying: Multiplying;
  /** Results of opaque ops of which nothing is known. */
  readonly #unknown = new Set<Value>();
  readonly #inner = new Set<string>();
  readonly #captured = new Set<string>();
  /** Constant nodes that were passed, by their output. */
  readonly #passed = new Set<string>();
  readonly #read: ReadonlySet<string>;
  readonly #nodes: SourceNode[] = [];
  readonly #foreign: ForeignNode[] = [];
  readonly #problems: Diagnostic[] = [];

  constructor(document: ModelDocument, opset: number, openData: OpenBeside, sizes: Sizes) {
    this.#sizes = sizes;
    this.#document = document;
    this.#opset = opset;
    this.#builder = new GraphBuilder(document.graph.name ?? "");
    this.#tensors = new SourceTensors(document, openData);
    const { values, outputs, model } = document;
    this.#declared = new Map([...values, ...outputs].map((each) => [each.message.name ?? "", each]));
    this.#read = readNames(document);
    this.#multiplying = new Multiplying(model);
    this.#functions = new Set((model.functions ?? []).map(({ name, domain }) => operatorKey(name, domain)));
  }

  decode(): DecodedGraph {
    const { inputs, nodes, outputs } = this.#document;
    this.#problems.push(...this.#tensors.problems);
    for (const each of inputs) this.#input(each);
    for (const each of nodes) this.#node(each);
    const results = outputs.map((each) => this.#output(each)).filter((value) => value !== undefined);
    if (this.#problems.length === 0 && results.length === 0) this.#problem("it has no output");
    if (this.#problems.length > 0) throw new InputError(this.#problems);
    const graph = this.#builder.finish(results);
    const { initializers: tensors, constants } = this.#tensors;
    const source = {
      document: this.#document,
      tensors,
      constants,
      inner: this.#inner,
      captured: this.#captured,
      typeOf: (name: string) => this.#tensors.get(name),
    };
    return { graph, foreign: this.#foreign, source: new ModelSource(graph, this.#nodes, source) };
  }

  value(name: string, role: ParameterRole): Value {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const tensor = this.#tensors.get(name) ?? refuse(`its input ${name} is not defined before it`);
    const parameter = this.#parameter(name, tensor, role);
    this.#values.set(name, parameter);
    return parameter;
  }

  constant(name: string): readonly number[] | undefined {
    return this.#values.get(name)?.kind === "input" ? undefined : this.#tensors.get(name)?.numbers();
  }

  isRead(name: string): boolean {
    return this.#read.has(name);
  }

  #parameter(name: string, { dtype, dims, data, isConstant }: DecodedTensor, role: ParameterRole): Parameter {
    // A single number is a constant of the computation: nobody trained it.
    const single = dims.length === 0 || (isConstant && elementCount(dims) === 1);
    const fixed = single || isIntegerType(dtype) || dtype === "other";
    return this.#builder.parameterOf(name, storedWeight(dims, name, data), fixed ? "fixed" : role, dtype);
  }

  #input({ message }: DocumentValue): void {
    const name = message.name ?? "";
    // Before IR version 4 every initializer is an input as well; later one that is can be given another value.
    if (
      this.#tensors.get(name) !== undefined &&
      toInteger(this.#document.model.irVersion) < OVERRIDABLE_IR_VERSION
    )
      return;
    if (this.#values.has(name)) this.#problem(`input ${name} is there twice`);
    else this.#values.set(name, this.#builder.input(name, declaredType(message, this.#sizes)));
  }

  #node(each: DocumentNode): void {
    const { message } = each;
    const label = labelOfNode(message);
    const missing = (message.input ?? []).find((name) => name !== "" && !this.#isDefined(name));
    if (missing !== undefined) {
      this.#problem(`node ${label}: its input ${missing} is not defined before it`);
    } else if (this.#tensors.isConstant(each)) {
      const [name = ""] = message.output ?? [];
      if (this.#values.has(name)) this.#problem(`node ${label}: ${name} is defined twice`);
      this.#passed.add(name);
      return;
    } else if (!this.#known(each, label)) {
      return;
    }
    this.#defineLost(message.output ?? []);
  }

  /** Whether the results of the node are still to be defined, because it has a problem. */
  #known(each: DocumentNode, label: string): boolean {
    const { message } = each;
    const operator = message.opType ?? "";
    const taken = (message.output ?? []).find((name) => name !== "" && this.#isDefined(name));
    if (taken !== undefined) {
      this.#problem(`node ${label}: ${taken} is defined twice`);
      return false;
    }
    try {
      const kinds = this.#kindsOf(message.domain, operator);
      if (kinds.length === 0) {
        const domain = isDefaultDomain(message.domain) ? "" : ` of the domain ${message.domain}`;
        this.#opaque(each, label, `the operator ${operator}${domain} is not supported`, true);
      } else {
        this.#op(each, kinds);
      }
    } catch (error) {
      if (!(error instanceof TypeRefusal || error instanceof InputError)) throw error;
      try {
        this.#opaque(each, label, error.message, false);
      } catch (why) {
        if (!(why instanceof TypeRefusal)) throw why;
        this.#problem(`node ${label}: ${why.message}`);
        return true;
      }
    }
    return false;
  }

  #kindsOf(domain: string | null | undefined, operator: string): readonly OperatorName[] {
    const isOnnx = isDefaultDomain(domain) && this.#opset >= READ_OPSETS.first;
    return isOnnx && !this.#functions.has(operatorKey(operator, "")) ? opsOfOperator(operator) : [];
  }

  #op(each: DocumentNode, kinds: readonly OperatorName[]): void {
    const { message } = each;
    const { kind, operands, attributes, output } = decodeNode(message, kinds, this.#opset, this);
    const slots = slotsOf(
      operands.map(({ name }) => name),
      message.input ?? [],
    );
    const scope = scopeOfNode(message.name || output, message.opType ?? "");
    const result = this.#builder.op(kind, operands, attributes, { scope }, output);
    this.#values.set(output, result);
    // Outputs that nobody reads are no results, but their names are taken.
    for (const unread of (message.output ?? []).slice(1)) if (unread !== "") this.#inner.add(unread);
    this.#nodes.push({ node: each, slots, operands: operands.map(({ name }) => name), results: [output] });
  }

  #opaque(each: DocumentNode, label: string, reason: string, unknown: boolean): void {
    const { message, index } = each;
    const { captured, inner } = subgraphNames(message);
    const lost = captured.find((name) => !this.#isDefined(name));
    if (lost !== undefined) refuse(`${lost}, which its subgraph reads, is not defined before it`);
    for (const name of inner) this.#inner.add(name);
    for (const name of captured) this.#captured.add(name);
    const inputs = message.input ?? [];
    const names = [...inputs.filter((name) => name !== ""), ...captured];
    // A constant of an operator that nobody knows is a scale or a bound; weights are initializers.
    const roleOf = (name: string): ParameterRole =>
      this.#tensors.get(name)?.isConstant ? "fixed" : "trainable";
    const operands = names.map((name) => this.value(name, roleOf(name)));
    const outputs = (message.output ?? []).filter((name) => name !== "");
    const types = outputs.map((name) => this.#declaredType(name));
    const op = opaqueOp(each, operands, outputs, types, {
      multiplies: this.#multiplying.of(message),
      written: writtenAttributes(message, this.#document.model),
    });
    this.#builder.add(op);
    for (const result of op.results) {
      this.#values.set(result.name, result);
      if (result.type.dtype === "other") this.#unknown.add(result);
    }
    const slots = inputs.flatMap((name, i) => (name === "" ? [] : [i]));
    this.#nodes.push({ node: each, slots, operands: names, results: outputs });
    const hangs = !unknown && operands.some((operand) => this.#unknown.has(operand));
    const { operator, domain } = op.attributes;
    this.#foreign.push({ node: index, label, operator, domain, reason, unknown, hangs });
  }

  #declaredType(name: string): TensorType {
    const declared = this.#declared.get(name);
    return declared === undefined ? UNKNOWN_TYPE : declaredType(declared.message, this.#sizes);
  }

  #output({ message }: DocumentValue): Value | undefined {
    const name = message.name ?? "";
    if (!this.#isDefined(name)) {
      this.#problem(`output ${name}: it is not defined`);
      return undefined;
    }
    const value = this.value(name, "trainable");
    const declared = declaredType(message, this.#sizes);
    const comparable = declared.dtype !== "other" && value.type.dtype !== "other";
    if (comparable && !agrees(declared, value.type)) {
      this.#problem(
        `output ${name}: it is declared as ${formatType(declared)}, and computed as ${formatType(value.type)}`,
      );
    }
    return value;
  }

  #isDefined(name: string): boolean {
    if (this.#values.has(name)) return true;
    const tensor = this.#tensors.get(name);
    return tensor !== undefined && (!tensor.isConstant || this.#passed.has(name));
  }

  /** Names what a wrong node should have computed, so that its readers are not reported too. */
  #defineLost(names: readonly string[]): void {
    for (const name of names) {
      if (name === "" || this.#isDefined(name)) continue;
      const value = this.#builder.input(name, UNKNOWN_TYPE);
      this.#values.set(name, value);
      this.#unknown.add(value);
    }
  }

  #problem(message: string): void {
    const { file } = this.#document;
    this.#problems.push({ code: "onnx/no-graph", message: `${file}: ${message}`, file });
    if (this.#problems.length >= MOST_WRONG) throw new InputError(this.#problems);
  }
}
