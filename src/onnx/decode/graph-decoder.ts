import type { OpenBeside } from "../../base/bytes.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { GraphBuilder } from "../../ir/builder.js";
import type { Graph, Value } from "../../ir/graph.js";
import {
  formatType,
  isUnknownType,
  refuse,
  type TensorType,
  TypeRefusal,
  UNKNOWN_TYPE,
} from "../../ir/types.js";
import type { OperatorName } from "../codecs/codec.js";
import { opsOfOperator } from "../codecs/registry.js";
import { type DocumentNode, type DocumentValue, labelOfNode, type ModelDocument } from "../file/document.js";
import { fixedTensors } from "../file/fixed-tensors.js";
import { scopeOfNode } from "../file/names.js";
import { isDefaultDomain, READ_OPSETS } from "../file/opset.js";
import { bodiesOf, type GraphMessage, type NodeMessage } from "../file/proto.js";
import { agrees, declaredType, type Sizes } from "../file/value-info.js";
import type { WireField } from "../file/wire.js";
import { ownFunctions } from "../types/functions.js";
import { innerBodies } from "../types/inner-bodies.js";
import { Operators, settledType } from "../types/operators.js";
import { tensorUse } from "../types/weight-inputs.js";
import { writtenAttributes } from "../types/written-attributes.js";
import { readNames, subgraphNames } from "./captures.js";
import { decodeNode } from "./decode-node.js";
import { heldScalars } from "./held-scalars.js";
import { KnownTensors } from "./known-tensors.js";
import { Multiplying } from "./multiplying.js";
import { type ForeignNode, opaqueOp } from "./opaque-node.js";
import { ModelSource, type SourceNode, slotsOf } from "./source.js";
import { SourceTensors } from "./source-tensors.js";

export interface DecodedGraph {
  readonly graph: Graph;
  readonly foreign: readonly ForeignNode[];
  readonly source: ModelSource;
  /** Branches of Ifs that are known to be taken, by the fields of these. */
  readonly branches: ReadonlyMap<WireField, GraphMessage>;
}

/** More errors of one file than a person reads. */
const MOST_WRONG = 50;

/** Makes IR of a model file, node by node. What the IR can't say becomes opaque; what is no graph is an error. */
export class GraphDecoder {
  readonly #document: ModelDocument;
  readonly #opset: number;
  readonly #sizes: Sizes;
  readonly #builder: GraphBuilder;
  readonly #tensors: SourceTensors;
  readonly #known: KnownTensors;
  /** The types that the file declares, by the names of values. */
  readonly #declared: ReadonlyMap<string, DocumentValue>;
  readonly #multiplying: Multiplying;
  readonly #operators: Operators;
  /** Results of opaque ops of which nothing is known. */
  readonly #unknown = new Set<Value>();
  readonly #inner = new Set<string>();
  readonly #captured = new Set<string>();
  readonly #nodes: SourceNode[] = [];
  readonly #foreign: ForeignNode[] = [];
  readonly #problems: Diagnostic[] = [];
  readonly #taken = new Map<WireField, GraphMessage>();

  constructor(document: ModelDocument, opset: number, openData: OpenBeside, sizes: Sizes) {
    this.#sizes = sizes;
    this.#document = document;
    this.#opset = opset;
    this.#builder = new GraphBuilder(document.graph.name ?? "");
    this.#tensors = new SourceTensors(document, openData);
    const { values, outputs, model } = document;
    this.#declared = new Map([...values, ...outputs].map((each) => [each.message.name ?? "", each]));
    this.#known = new KnownTensors(
      this.#builder,
      this.#tensors,
      readNames(document),
      (name) => this.#declaredType(name),
      fixedTensors(model),
    );
    this.#multiplying = new Multiplying(model);
    this.#operators = new Operators(model, ownFunctions(document));
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
    return {
      graph,
      foreign: this.#foreign,
      branches: this.#taken,
      source: new ModelSource(graph, this.#nodes, source),
    };
  }

  #input({ message }: DocumentValue): void {
    const name = message.name ?? "";
    // Before IR version 4 every initializer is an input as well; later one that is can be given another value, which nobody does.
    if (this.#tensors.get(name) !== undefined) return;
    if (this.#known.has(name)) this.#problem(`input ${name} is there twice`);
    else this.#known.define(name, this.#builder.input(name, declaredType(message, this.#sizes)));
  }

  #node(each: DocumentNode): void {
    const { message } = each;
    const label = labelOfNode(message);
    const missing = (message.input ?? []).find((name) => name !== "" && !this.#known.isDefined(name));
    if (missing !== undefined) {
      this.#problem(`node ${label}: its input ${missing} is not defined before it`);
    } else if (this.#tensors.isConstant(each)) {
      const [name = ""] = message.output ?? [];
      if (this.#known.has(name)) this.#problem(`node ${label}: ${name} is defined twice`);
      this.#known.pass(name);
      return;
    } else if (!this.#decoded(each, label)) {
      return;
    }
    this.#defineLost(message.output ?? []);
  }

  /** Whether the results of the node are still to be defined, because it has a problem. */
  #decoded(each: DocumentNode, label: string): boolean {
    const { message } = each;
    const operator = message.opType ?? "";
    const taken = (message.output ?? []).find((name) => name !== "" && this.#known.isDefined(name));
    if (taken !== undefined) {
      this.#problem(`node ${label}: ${taken} is defined twice`);
      return false;
    }
    try {
      const kinds = this.#kindsOf(message);
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

  /** The ops that a node may be. Refuses an operator that is one in newer files. */
  #kindsOf(message: NodeMessage): readonly OperatorName[] {
    const isOwn = this.#operators.functionOf(message) !== undefined;
    const kinds = isDefaultDomain(message.domain) && !isOwn ? opsOfOperator(message.opType ?? "") : [];
    if (kinds.length > 0 && this.#opset < READ_OPSETS.first)
      refuse(`operators are read as of opset ${READ_OPSETS.first}, the file has ${this.#opset}`);
    return kinds;
  }

  #op(each: DocumentNode, kinds: readonly OperatorName[]): void {
    const { message } = each;
    const { kind, operands, attributes, output } = decodeNode(message, kinds, this.#opset, this.#known);
    const slots = slotsOf(
      operands.map(({ name }) => name),
      message.input ?? [],
    );
    const names = operands.map(({ name }) => name);
    const scope = scopeOfNode(message.name || output, message.opType ?? "");
    const result = this.#builder.op(kind, operands, attributes, { scope }, output);
    this.#known.defineResults([result], message, names);
    // Unused outputs are no results, but their names are taken.
    for (const unread of message.output ?? [])
      if (unread !== "" && unread !== output) this.#inner.add(unread);
    const dtypes = [result.type.dtype];
    this.#nodes.push({ node: each, slots, operands: names, results: [output], dtypes });
  }

  #opaque(each: DocumentNode, label: string, reason: string, unknown: boolean): void {
    const { message, index } = each;
    const { captured, inner } = subgraphNames(message);
    const lost = captured.find((name) => !this.#known.isDefined(name));
    if (lost !== undefined) refuse(`${lost}, which its subgraph reads, is not defined before it`);
    for (const name of inner) this.#inner.add(name);
    for (const name of captured) this.#captured.add(name);
    const inputs = message.input ?? [];
    const names = [...inputs.filter((name) => name !== ""), ...captured];
    const operands = names.map((name) => {
      const { role, isWhole } = tensorUse(message, name, this.#tensors.get(name)?.isConstant === true);
      return this.#known.value(name, role, isWhole);
    });
    const outputs = (message.output ?? []).filter((name) => name !== "");
    const branch = this.#branchOf(message);
    if (branch !== undefined) this.#taken.set(each.field, branch);
    const inferred = this.#operators.typesOf(message, this.#known, this.#opset);
    const types = (message.output ?? []).flatMap((name, i) =>
      name === "" ? [] : [settledType(name, inferred[i], this.#declaredType(name))],
    );
    const isCall = this.#operators.functionOf(message) !== undefined;
    const op = opaqueOp(each, operands, outputs, types, {
      multiplies: this.#multiplying.of(message),
      bodies: innerBodies(message, this.#known, this.#operators, this.#multiplying, this.#opset),
      held: heldScalars(bodiesOf(message)),
      written: writtenAttributes(message, isCall ? this.#document.model.functions : undefined),
    });
    this.#builder.add(op);
    this.#known.defineResults(op.results, message, names);
    for (const result of op.results) if (isUnknownType(result.type)) this.#unknown.add(result);
    const slots = inputs.flatMap((name, i) => (name === "" ? [] : [i]));
    const dtypes = op.results.map(({ type }) => type.dtype);
    this.#nodes.push({ node: each, slots, operands: names, results: outputs, dtypes });
    const hangs = !unknown && operands.some((operand) => this.#unknown.has(operand));
    const { operator, domain } = op.attributes;
    this.#foreign.push({ node: index, label, operator, domain, reason, unknown, hangs });
  }

  /** The branch that an If takes, where its condition is known. */
  #branchOf({ opType, domain, input, attribute }: NodeMessage): GraphMessage | undefined {
    const [condition = ""] = input ?? [];
    if (opType !== "If" || !isDefaultDomain(domain) || condition === "") return undefined;
    const [holds] = this.#known.typeOf(condition)?.values ?? this.#known.constant(condition) ?? [];
    if (typeof holds !== "number") return undefined;
    const name = holds === 0 ? "else_branch" : "then_branch";
    const branch = attribute?.find((own) => own.name === name)?.g ?? undefined;
    return branch?.sparseInitializer?.length ? undefined : branch;
  }

  #declaredType(name: string): TensorType {
    const declared = this.#declared.get(name);
    return declared === undefined ? UNKNOWN_TYPE : declaredType(declared.message, this.#sizes);
  }

  #output({ message }: DocumentValue): Value | undefined {
    const name = message.name ?? "";
    if (!this.#known.isDefined(name)) {
      this.#problem(`output ${name}: it is not defined`);
      return undefined;
    }
    const value = this.#known.value(name, "trainable");
    const declared = declaredType(message, this.#sizes);
    const comparable = declared.dtype !== "other" && value.type.dtype !== "other";
    if (comparable && !agrees(declared, value.type)) {
      this.#problem(
        `output ${name}: it is declared as ${formatType(declared)}, and computed as ${formatType(value.type)}`,
      );
    }
    return value;
  }

  /** Names what a wrong node should have computed, so that its readers are not reported too. */
  #defineLost(names: readonly string[]): void {
    for (const name of names) {
      if (name === "" || this.#known.isDefined(name)) continue;
      const value = this.#builder.input(name, UNKNOWN_TYPE);
      this.#known.define(name, value);
      this.#unknown.add(value);
    }
  }

  #problem(message: string): void {
    const { file } = this.#document;
    this.#problems.push({ code: "onnx/no-graph", message: `${file}: ${message}`, file });
    if (this.#problems.length >= MOST_WRONG) throw new InputError(this.#problems);
  }
}
