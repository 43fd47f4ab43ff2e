import type { Graph } from "../../ir/graph.js";
import type { ImportedModel } from "../decode/import.js";
import type { ModelSource } from "../decode/source.js";
import { refuseModelOps } from "../encode/export.js";
import {
  bytes,
  copied,
  type FileSegment,
  type ModelParts,
  message,
  type TensorPart,
  tensorPart,
} from "../encode/layout.js";
import type { DocumentNode } from "../file/document.js";
import { FIELD, StringStringEntryProto } from "../file/proto.js";
import { type WireField, WireReader } from "../file/wire.js";
import { type FoldedNodes, withCalls } from "./calls.js";
import { RewrittenDeclarations } from "./declarations.js";
import { liftedConstant } from "./lifted-constants.js";
import { RewrittenNames } from "./names.js";
import { rewrittenNodes } from "./nodes.js";
import { RewrittenTensors } from "./tensors.js";

export interface RewrittenOptions {
  /** Sizes for symbols of the graph's types, such as `{ N: 1 }` for a fixed batch; the others stay open. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Leaves the types of new values undeclared: where the graph has numbers for sizes that are open in the file. */
  readonly undeclared?: boolean | undefined;
  /** Leaves out unused tensors, and writes those of Constant nodes as initializers. */
  readonly simplified?: boolean | undefined;
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
  { source, opset }: Pick<ImportedModel, "source" | "opset">,
  { sizes = {}, metadata = {}, undeclared = false, simplified = false }: RewrittenOptions = {},
): ModelParts {
  refuseModelOps(graph, opset);
  const names = new RewrittenNames(graph, source);
  // A tensor of an input's name is the value that the input has unless it is given one.
  const needed = [...names.arguments, ...graph.inputs.map((input) => names.of(input))];
  const tensors = new RewrittenTensors(source, needed, !simplified);
  const nodes = withCalls(rewrittenNodes(graph, opset, source, names, tensors), source);
  tensors.read(nodes.reads);
  const declarations = new RewrittenDeclarations(graph, source, names, tensors, sizes, !undeclared);
  const { document } = source;
  const at = document.modelFields.findIndex(({ number }) => number === FIELD.modelGraph);
  const keys = new Set(Object.keys(metadata));
  const kept = (fields: readonly WireField[]): readonly FileSegment[] =>
    joined(
      fields.filter((field) => !isMetadataOf(source, field, keys)).map((field) => fieldOf(source, field)),
    );
  return {
    before: kept(document.modelFields.slice(0, at)),
    graph: joined(graphFields(source, nodes, tensors, declarations, simplified)),
    after: [...kept(document.modelFields.slice(at + 1)), ...metadataFields(metadata)],
  };
}

/** The fields of the graph in the order of the file, with what is new at the end. */
function graphFields(
  source: ModelSource,
  { nodes, within }: FoldedNodes,
  tensors: RewrittenTensors,
  declarations: RewrittenDeclarations,
  simplified: boolean,
): readonly (FileSegment | TensorPart)[] {
  const { document } = source;
  const nodeAt = new Map(document.nodes.map((node) => [node.field, node]));
  const tensorAt = new Map(document.initializers.map((each) => [each.message, each]));
  const declaredAt = new Map(
    [...document.inputs, ...document.outputs, ...document.values].map((each) => [each.field, each]),
  );
  const lastNode = document.nodes.at(-1)?.field;
  const parts: (FileSegment | TensorPart)[] = [];
  const written = new Set<DocumentNode>();
  const writeConstant = (name: string): void => {
    const node = source.constants.get(name);
    if (node === undefined || written.has(node) || within.has(node.field) || !tensors.keeps(name)) return;
    written.add(node);
    if (simplified) parts.push(...liftedConstant(source, node), ...declarations.lifted(name));
    else parts.push(fieldOf(source, node.field));
  };
  let next = 0;
  const writeNodes = (through: number): void => {
    for (; next < nodes.length; next++) {
      const node = nodes[next];
      if (node === undefined || (node.index ?? -1) > through) return;
      // A constant may stand later in the file than a new node that reads it.
      node.reads.forEach(writeConstant);
      parts.push(...node.segments);
    }
  };
  for (const field of document.graphFields) {
    const node = nodeAt.get(field);
    const tensor = tensorAt.get(field);
    const declared = declaredAt.get(field);
    if (node !== undefined) {
      writeNodes(node.index);
      const [name = ""] = node.message.output ?? [];
      if (source.constants.get(name) === node) writeConstant(name);
      if (field === lastNode) writeNodes(Number.POSITIVE_INFINITY);
    } else if (tensor !== undefined) {
      const part = tensors.at(tensor.tensor.name ?? "", field);
      if (part !== undefined) parts.push(part);
    } else if (declared !== undefined) {
      parts.push(...declarations.at(field.number, declared));
    } else {
      parts.push(fieldOf(source, field));
    }
  }
  return [...parts, ...tensors.added.map(tensorPart), ...tensors.renamed, ...declarations.added];
}

function metadataFields(metadata: Readonly<Record<string, string>>): readonly FileSegment[] {
  return Object.entries(metadata)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) =>
      message(FIELD.modelMetadata, [bytes(StringStringEntryProto.encode({ key, value }).finish())]),
    );
}

function isMetadataOf({ document }: ModelSource, field: WireField, keys: ReadonlySet<string>): boolean {
  if (field.number !== FIELD.modelMetadata || keys.size === 0) return false;
  const entry = StringStringEntryProto.decode(new WireReader(document.range).read(field.start, field.end));
  return keys.has(entry.key);
}

function fieldOf({ document }: ModelSource, { begin, end }: WireField): FileSegment {
  return copied(document.range, begin, end);
}

/** The parts with those that lie side by side in the file as one. */
function joined<P extends FileSegment | TensorPart>(parts: readonly P[]): readonly (P | FileSegment)[] {
  const all: (P | FileSegment)[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    const isNext =
      part.kind === "copy" &&
      last?.kind === "copy" &&
      last.range === part.range &&
      last.start + last.byteLength === part.start;
    if (isNext) all[all.length - 1] = copied(part.range, last.start, part.start + part.byteLength);
    else all.push(part);
  }
  return all;
}
