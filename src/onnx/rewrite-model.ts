import { Defect, InputError } from "../base/diagnostic.js";
import { type Graph, type Op, type Parameter, parametersOf, type Result, type Value } from "../ir/graph.js";
import type { Dim } from "../ir/types.js";
import { numberDType } from "../ir/types.js";
import { quoteName } from "../weights/tensor-name.js";
import type { DocumentValue } from "./document.js";
import { codecNodes, type NodeSink, refuseModelOps } from "./export.js";
import type { ImportedModel } from "./import.js";
import {
  bytes,
  copied,
  type ModelParts,
  message,
  type Segment,
  type TensorPart,
  tensorPart,
} from "./layout.js";
import { nodeName, TensorNames, UniqueNames } from "./names.js";
import { patchNode } from "./patch-node.js";
import { FIELD, NodeProto, StringStringEntryProto, ValueInfoProto } from "./proto.js";
import type { ModelSource, SourceNode } from "./source.js";
import { fieldsWithoutData, isExternal } from "./stored-initializer.js";
import { agrees, decodeValueInfo, encodeValueInfo } from "./value-info.js";
import type { WireField } from "./wire.js";
import { WireReader } from "./wire.js";

export interface RewriteModelOptions {
  /** Sizes for symbols of the graph's types, such as `{ N: 1 }` for a fixed batch; the others stay open. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Goes into the file's metadata; entries of the same keys go. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * The parts of an imported file after its graph was rewritten. What no pass touched is copied from the file, byte for
 * byte and in its order: nodes, tensors, declarations, functions, and fields that this program doesn't know. A node
 * that only reads something else now gets other names of inputs and keeps the rest. Without any change the parts are
 * the file.
 *
 * Errors: `InputError` for ops that are no operator of the file's opset.
 */
export function encodeRewritten(
  graph: Graph,
  imported: Pick<ImportedModel, "source" | "opset" | "irVersion">,
  options: RewriteModelOptions = {},
): ModelParts {
  refuseModelOps(graph, imported.opset);
  return new RewrittenModel(graph, imported, options).parts();
}

class RewrittenModel {
  readonly #graph: Graph;
  readonly #source: ModelSource;
  readonly #opset: number;
  readonly #irVersion: number;
  readonly #options: RewriteModelOptions;
  readonly #names = new TensorNames();
  readonly #nodeNames = new UniqueNames();
  /** Names of tensors that the written nodes read. */
  readonly #needed = new Set<string>();
  /** Tensors that are not those of the file, by name, in order. */
  readonly #tensors = new Map<string, TensorPart>();
  readonly #values: ReadonlyMap<string, Value>;
  /** For each op the node of the file that it is still. */
  readonly #nodes: ReadonlyMap<Op, SourceNode>;

  constructor(
    graph: Graph,
    { source, opset, irVersion }: Pick<ImportedModel, "source" | "opset" | "irVersion">,
    options: RewriteModelOptions,
  ) {
    this.#graph = graph;
    this.#source = source;
    this.#opset = opset;
    this.#irVersion = irVersion;
    this.#options = options;
    const nodes = graph.ops.map((op) => [op, source.nodeOf(op)] as const);
    this.#nodes = new Map(nodes.filter((entry): entry is [Op, SourceNode] => entry[1] !== undefined));
    this.#takeNames();
    const results = graph.ops.flatMap((op) => op.results);
    this.#values = new Map(
      [...graph.inputs, ...results].map((value) => [this.#names.of(value), value] as const),
    );
  }

  parts(): ModelParts {
    const { document } = this.#source;
    const nodes = this.#writtenNodes();
    const graph = this.#graphFields(nodes);
    const at = document.modelFields.findIndex(({ number }) => number === FIELD.modelGraph);
    const metadata = Object.entries(this.#options.metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const keys = new Set(metadata.map(([key]) => key));
    const kept = (fields: readonly WireField[]): readonly Segment[] =>
      joined(fields.filter((field) => !this.#isMetadataOf(field, keys)).map((field) => this.#field(field)));
    return {
      before: kept(document.modelFields.slice(0, at)),
      graph,
      after: [
        ...kept(document.modelFields.slice(at + 1)),
        ...metadata.flatMap(([key, value]) =>
          message(FIELD.modelMetadata, [bytes(StringStringEntryProto.encode({ key, value }).finish())]),
        ),
      ],
    };
  }

  /** What is in the file keeps its name; new values give way. */
  #takeNames(): void {
    const { inputs, outputs } = this.#graph;
    for (const value of [...inputs, ...outputs]) this.#names.of(value);
    for (const [op, { node, operands }] of this.#nodes) {
      for (const result of op.results) this.#names.of(result);
      for (const operand of op.operands) if (operand.kind === "parameter") this.#names.of(operand);
      const others = new Set(operands);
      // Arguments that are no operands: the file's own tensors, which must stay what the node means by them.
      for (const name of node.message.input ?? []) {
        if (name === "" || others.has(name)) continue;
        this.#needed.add(name);
        this.#names.reserve(name);
      }
    }
    const { document, inner } = this.#source;
    for (const name of inner) this.#names.reserve(name);
    for (const { values } of document.graph.sparseInitializer ?? []) this.#names.reserve(values?.name ?? "");
    for (const node of document.nodes) this.#nodeNames.take(node.message.name || `unnamed ${node.place}`);
    for (const parameter of parametersOf(this.#graph)) this.#names.of(parameter);
  }

  /** The nodes of the new graph, in order, each after the place of the file's node that it is. */
  #writtenNodes(): readonly WrittenNode[] {
    const sink: NodeSink = {
      opset: this.#opset,
      nameOf: (value) => this.#read(value),
      fresh: (wanted) => this.#names.fresh(wanted),
      nodeName: (scope, operator) => this.#nodeNames.take(nodeName(scope, operator)),
      constant: (initializer) => {
        this.#tensors.set(initializer.name, tensorPart(initializer));
        this.#needed.add(initializer.name);
      },
    };
    return this.#graph.ops.flatMap((op): readonly WrittenNode[] => {
      const source = this.#nodes.get(op);
      if (source !== undefined) return this.#sourceNode(op, source);
      if (op.kind === "opaque") throw new Defect(`${op.loc.scope} is opaque, and no node of the file`);
      return codecNodes(op, sink).map((node) => ({
        place: undefined,
        segments: message(FIELD.graphNode, [bytes(NodeProto.encode(node).finish())]),
      }));
    });
  }

  /** The name of a value that a written node reads. */
  #read(value: Value): string {
    const name = this.#names.of(value);
    if (value.kind === "parameter") this.#need(value, name);
    return name;
  }

  #need(parameter: Parameter, name: string): void {
    this.#needed.add(name);
    if (this.#isOfFile(parameter, name) || this.#tensors.has(name)) return;
    const { data, type } = parameter;
    this.#tensors.set(name, tensorPart({ name, dtype: numberDType(type), dims: data.dims, data }));
  }

  /** Whether the file holds the parameter under the name that it has, as what it is. */
  #isOfFile({ data, type }: Parameter, name: string): boolean {
    if (data.kind !== "stored" || data.label !== name) return false;
    return type.dtype === "other" || this.#source.dtypeOf(name) === type.dtype;
  }

  #sourceNode(op: Op, { node, slots, operands, results }: SourceNode): readonly WrittenNode[] {
    const inputs = new Map<number, string>();
    const before: WrittenNode[] = [];
    op.operands.forEach((operand, i) => {
      const name = this.#read(operand);
      const slot = slots[i];
      if (name === operands[i]) return;
      if (slot !== undefined) inputs.set(slot, name);
      // A subgraph reads it by its name: the new value takes that name as well.
      else before.push(this.#alias(name, operands[i] ?? "", op));
    });
    const outputs = new Map<number, string>();
    const slotsOut = (node.message.output ?? []).flatMap((name, i) => (name === "" ? [] : [i]));
    op.results.forEach((result: Result, i) => {
      const name = this.#names.of(result);
      const slot = slotsOut[i];
      if (name !== results[i] && slot !== undefined) outputs.set(slot, name);
    });
    const { range } = this.#source.document;
    const { field, place } = node;
    const segments =
      inputs.size + outputs.size === 0
        ? [copied(range, field.begin, field.end)]
        : message(FIELD.graphNode, [bytes(patchNode(range, field, { inputs, outputs }))]);
    return [...before, { place, segments }];
  }

  #alias(from: string, to: string, op: Op): WrittenNode {
    if (this.#names.isTaken(to)) throw new Defect(`${to}, which a subgraph reads, is two tensors`);
    this.#names.reserve(to);
    const name = this.#nodeNames.take(nodeName(op.loc.scope, "Identity"));
    const node = NodeProto.encode({ name, opType: "Identity", input: [from], output: [to] }).finish();
    return { place: undefined, segments: message(FIELD.graphNode, [bytes(node)]) };
  }

  /** The fields of the graph in the order of the file, with what is new beside its like. */
  #graphFields(nodes: readonly WrittenNode[]): readonly (Segment | TensorPart)[] {
    const { document } = this.#source;
    const { nodes: all, initializers, inputs, outputs, values } = document;
    const nodeAt = new Map(all.map((node) => [node.field, node]));
    const tensorAt = new Map(initializers.map((each) => [each.message, each]));
    const declaredAt = new Map([...inputs, ...outputs].map((each) => [each.field, each]));
    const valueAt = new Map(values.map((each) => [each.field, each]));
    const read = namesRead(this.#source);
    const last = new Map(document.graphFields.map((field) => [field.number, field]));
    const lastNode = last.get(FIELD.graphNode);
    const parts: (Segment | TensorPart)[] = [];
    let next = 0;
    const emitThrough = (place: number): void => {
      for (; next < nodes.length && (nodes[next]?.place ?? -1) <= place; next++) {
        parts.push(...(nodes[next]?.segments ?? []));
      }
    };
    const written = new Set<string>();
    for (const field of document.graphFields) {
      const node = nodeAt.get(field);
      const tensor = tensorAt.get(field);
      const value = valueAt.get(field);
      const declared = declaredAt.get(field);
      if (node !== undefined) {
        emitThrough(node.place);
        const [name = ""] = node.message.output ?? [];
        const isKept =
          this.#source.constants.get(name) === node && (this.#needed.has(name) || !read.has(name));
        if (isKept && !this.#tensors.has(name)) parts.push(this.#field(field));
        if (field === lastNode) emitThrough(Number.POSITIVE_INFINITY);
      } else if (tensor !== undefined) {
        const name = tensor.tensor.name ?? "";
        written.add(name);
        const replaced = this.#tensors.get(name);
        if (replaced !== undefined) parts.push(replaced);
        else if (this.#needed.has(name) || !read.has(name)) parts.push(this.#tensorOfFile(name, field));
      } else if (value !== undefined) {
        const segments = this.#declaration(FIELD.graphValueInfo, value);
        if (segments !== undefined) parts.push(...segments);
      } else if (declared !== undefined) {
        parts.push(...(this.#declaration(field.number, declared) ?? [this.#field(field)]));
      } else {
        parts.push(this.#field(field));
      }
    }
    for (const [name, tensor] of this.#tensors) if (!written.has(name)) parts.push(tensor);
    return joined([...parts, ...this.#newDeclarations(values.length > 0, written), ...this.#newOutputs()]);
  }

  /** The declaration of a value: as it was, with other sizes, or nothing for a value that is gone. */
  #declaration(number: number, { field, message: info }: DocumentValue): readonly Segment[] | undefined {
    const name = info.name ?? "";
    const value = this.#values.get(name);
    if (value === undefined) return number === FIELD.graphInput ? [this.#field(field)] : undefined;
    const declared = decodeValueInfo(info);
    const { sizes = {} } = this.#options;
    const sized = (dims: readonly Dim[]): boolean =>
      dims.some((dim) => typeof dim === "string" && dim in sizes);
    if (declared === undefined || value.type.dtype === "other") return [this.#field(field)];
    const isOpen = declared.dims.some((dim) => typeof dim === "string");
    const fixed = isOpen && (sized(value.type.dims) || sized(declared.dims));
    if (agrees(declared, value.type) && !fixed) return [this.#field(field)];
    const dims = declared.dims.map((dim, i) => {
      if (typeof dim === "number") return dim;
      const computed = value.type.dims[i];
      return sizes[dim] ?? (typeof computed === "string" ? (sizes[computed] ?? dim) : dim);
    });
    const type = agrees(declared, value.type) ? { ...value.type, dims } : value.type;
    return message(number, [bytes(ValueInfoProto.encode(encodeValueInfo(name, type)).finish())]);
  }

  /** Declarations of what is new, where the file declares such: types of values, and inputs for tensors of old files. */
  #newDeclarations(declaresValues: boolean, ofFile: ReadonlySet<string>): readonly Segment[] {
    const declared = new Set(
      [...this.#source.document.values, ...this.#source.document.outputs].map(
        ({ message: { name } }) => name,
      ),
    );
    const values = [...this.#values].flatMap(([name, value]): readonly Segment[] => {
      const isNew = value.kind === "result" && !declared.has(name) && !this.#source.hasResult(name);
      if (!declaresValues || !isNew || value.type.dtype === "other") return [];
      const info = ValueInfoProto.encode(encodeValueInfo(name, value.type)).finish();
      return message(FIELD.graphValueInfo, [bytes(info)]);
    });
    const inputs = this.#irVersion >= 4 ? [] : [...this.#tensors.keys()].filter((name) => !ofFile.has(name));
    const types = new Map(parametersOf(this.#graph).map((each) => [this.#names.of(each), each.type]));
    return [
      ...values,
      ...inputs.flatMap((name) => {
        const type = types.get(name);
        if (type === undefined) return [];
        return message(FIELD.graphInput, [
          bytes(ValueInfoProto.encode(encodeValueInfo(name, type)).finish()),
        ]);
      }),
    ];
  }

  /** Outputs beside those of the file. */
  #newOutputs(): readonly Segment[] {
    const known = new Set(this.#source.document.outputs.map(({ message: { name } }) => name));
    return this.#graph.outputs.flatMap((output) => {
      const name = this.#names.of(output);
      if (known.has(name)) return [];
      return message(FIELD.graphOutput, [
        bytes(ValueInfoProto.encode(encodeValueInfo(name, output.type)).finish()),
      ]);
    });
  }

  #tensorOfFile(name: string, field: WireField): Segment | TensorPart {
    const tensor = this.#source.tensors.get(name);
    const whole = this.#field(field);
    if (tensor === undefined) return whole;
    const { stored, initializer } = tensor;
    const external = isExternal(initializer);
    if (stored === undefined) return external ? refuseMoving(name, this.#source.document.file) : whole;
    const wire = new WireReader(this.#source.document.range);
    const header = Buffer.concat(
      fieldsWithoutData(initializer).map(({ begin, end }) => wire.read(begin, end)),
    );
    const data: Segment = {
      kind: "copy",
      range: { size: stored.byteLength, readInto: stored.readInto },
      start: 0,
      byteLength: stored.byteLength,
    };
    return { kind: "tensor", header, data, ...(external ? {} : { verbatim: whole }) };
  }

  #isMetadataOf(field: WireField, keys: ReadonlySet<string>): boolean {
    if (field.number !== FIELD.modelMetadata || keys.size === 0) return false;
    const { range } = this.#source.document;
    const entry = StringStringEntryProto.decode(new WireReader(range).read(field.start, field.end));
    return keys.has(entry.key);
  }

  #field({ begin, end }: WireField): Segment {
    return copied(this.#source.document.range, begin, end);
  }
}

interface WrittenNode {
  /** The place of the file's node that it is; undefined for a new one. */
  readonly place: number | undefined;
  readonly segments: readonly Segment[];
}

function refuseMoving(name: string, file: string): never {
  const message = `the tensor ${quoteName(name)} lies in another file, and its element type can't be copied`;
  throw InputError.of("onnx/external", message, { file });
}

/** All names that anything in the file reads. What nobody reads stays, because nobody knows what for it is there. */
function namesRead({ document, captured }: ModelSource): ReadonlySet<string> {
  return new Set([
    ...document.nodes.flatMap(({ message: { input } }) => input ?? []),
    ...captured,
    ...document.outputs.map(({ message: { name } }) => name ?? ""),
  ]);
}

/** The parts with those that lie side by side in the file as one. */
function joined<P extends Segment | TensorPart>(parts: readonly P[]): readonly (P | Segment)[] {
  const all: (P | Segment)[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (
      part.kind === "copy" &&
      last?.kind === "copy" &&
      last.range === part.range &&
      last.start + last.byteLength === part.start
    ) {
      all[all.length - 1] = copied(part.range, last.start, part.start + part.byteLength);
    } else {
      all.push(part);
    }
  }
  return all;
}
