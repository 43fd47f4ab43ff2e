import { type ByteRange, concatBytes, utf8 } from "../../base/bytes.js";
import { Defect } from "../../base/diagnostic.js";
import { type Graph, type Op, type OpOf, usesOf, type Value } from "../../ir/graph.js";
import type { ModelSource, SourceNode } from "../decode/source.js";
import { codecNodes, type NodeSink } from "../encode/export.js";
import { bytes, copied, type FileSegment, message } from "../encode/layout.js";
import { AttributeProto, FIELD, fieldHeader, type NodeMessage, NodeProto } from "../file/proto.js";
import { type WireField, WireReader } from "../file/wire.js";
import type { RewrittenNames } from "./names.js";
import type { RewrittenTensors } from "./tensors.js";

/** A node of a rewritten model, as a field of its graph. */
export interface RewrittenNode {
  /** The index of the file's node that it is; undefined for a new one. */
  readonly index: number | undefined;
  readonly segments: readonly FileSegment[];
  /** Whether it is the file's node as it was, but for names of its outputs, in the element types of then. */
  readonly isWhole: boolean;
  /** Other names of its outputs, by those of the file. */
  readonly renamed?: ReadonlyMap<string, string>;
  /** Names of tensors that it reads and that the file's node of that index did not. */
  readonly reads: readonly string[];
}

/**
 * The nodes of a rewritten graph, in order. An op that is still what a node of the file says is that node: its bytes, with
 * other names where it reads something else now. All others are written by their codecs.
 */
export function rewrittenNodes(
  graph: Graph,
  opset: number,
  source: ModelSource,
  names: RewrittenNames,
  tensors: RewrittenTensors,
): readonly RewrittenNode[] {
  const nameOf = (value: Value): string => {
    const name = names.of(value);
    if (value.kind === "parameter") tensors.need(value, name);
    return name;
  };
  const sink: NodeSink = {
    opset,
    uses: usesOf(graph),
    nameOf,
    fresh: (wanted) => names.fresh(wanted),
    unread: (wanted) => names.fresh(wanted),
    nodeName: (scope, operator) => names.node(scope, operator),
    constant: (initializer) => tensors.add(initializer),
  };
  const handedOn = graph.outputs.flatMap((output): readonly RewrittenNode[] => {
    const [name, from] = [
      names.of(output),
      output.kind === "parameter" ? tensors.output(output, names.of(output)) : undefined,
    ];
    return from === undefined ? [] : [identityNode(from, name, `/${name}`, names)];
  });
  const nodes = graph.ops.flatMap((op): readonly RewrittenNode[] => {
    const node = names.nodes.get(op);
    if (node !== undefined) return keptNode(op, node, source, names, nameOf);
    if (op.kind === "opaque") return [newNode(foreignNode(op, sink))];
    return codecNodes(op, sink).map((each) => newNode(each));
  });
  return [...handedOn, ...nodes];
}

function keptNode(
  op: Op,
  { node, slots, operands, results, dtypes }: SourceNode,
  { document }: ModelSource,
  names: RewrittenNames,
  nameOf: (value: Value) => string,
): readonly RewrittenNode[] {
  const inputs = new Map<number, string>();
  const aliases: RewrittenNode[] = [];
  op.operands.forEach((operand, i) => {
    const name = nameOf(operand);
    const [was = "", slot] = [operands[i], slots[i]];
    if (name === was) return;
    if (slot !== undefined) inputs.set(slot, name);
    // A subgraph reads it by its name, which the new value takes as well.
    else aliases.push(...alias(name, was, op, names));
  });
  const indexes = (node.message.output ?? []).flatMap((name, i) => (name === "" ? [] : [i]));
  const outputs = new Map<number, string>();
  op.results.forEach((result, i) => {
    const [name, at] = [names.of(result), indexes[i]];
    if (name !== results[i] && at !== undefined) outputs.set(at, name);
  });
  const { range } = document;
  const { field, index } = node;
  const segments =
    inputs.size + outputs.size === 0
      ? [copied(range, field.begin, field.end)]
      : message(FIELD.graphNode, [bytes(patchNode(range, field, { inputs, outputs }))]);
  const computesAsBefore = op.results.every(({ type }, i) => type.dtype === dtypes[i]);
  const isWhole = computesAsBefore && inputs.size + aliases.length === 0;
  const written = node.message.output ?? [];
  const renamed = new Map([...outputs].map(([i, name]) => [written[i] ?? "", name]));
  return [...aliases, { index, segments, isWhole, renamed, reads: [...inputs.values()] }];
}

/** A node that gives a value the name of one that is gone; none where an earlier subgraph wanted that already. */
function alias(from: string, to: string, { loc }: Op, names: RewrittenNames): readonly RewrittenNode[] {
  if (names.isAlias(from, to)) return [];
  if (!names.claim(from, to)) throw new Defect(`${to}, which a subgraph reads, is two tensors`);
  return [identityNode(from, to, loc.scope, names)];
}

function identityNode(from: string, to: string, scope: string, names: RewrittenNames): RewrittenNode {
  const name = names.node(scope, "Identity");
  return newNode({ name, opType: "Identity", input: [from], output: [to] });
}

/** ONNX has QuantizeLinear and DequantizeLinear as of this opset; before it they are ONNX Runtime's. */
const STEPS_OPSET = 10;

/** An opaque op that a pass made: an operator whose attributes are whole numbers. */
function foreignNode(
  { attributes: { operator, domain, node, written }, operands, results, loc }: OpOf<"opaque">,
  { opset, nameOf, nodeName }: NodeSink,
): NodeMessage {
  if (node !== undefined) throw new Defect(`${loc.scope} is opaque, and no node of the file`);
  const { INT } = AttributeProto.AttributeType;
  return {
    name: nodeName(loc.scope, operator),
    opType: operator,
    domain: opset < STEPS_OPSET ? "com.microsoft" : domain,
    input: operands.map(nameOf),
    output: results.map(nameOf),
    attribute: written.map(([name, text]) => ({ name, type: INT, i: Number(text) })),
  };
}

function newNode(node: NodeMessage): RewrittenNode {
  const segments = message(FIELD.graphNode, [bytes(NodeProto.encode(node).finish())]);
  return { index: undefined, segments, isWhole: false, reads: node.input ?? [] };
}

/** Other names for a node's inputs and outputs, by their indexes; what is left out keeps its own. */
interface NodeRenames {
  readonly inputs: ReadonlyMap<number, string>;
  readonly outputs: ReadonlyMap<number, string>;
}

/** The message of a node with other inputs and outputs; every other byte of it is what it was. */
export function patchNode(range: ByteRange, node: WireField, { inputs, outputs }: NodeRenames): Uint8Array {
  const wire = new WireReader(range);
  const indexes = { [FIELD.nodeInput]: 0, [FIELD.nodeOutput]: 0 };
  const pieces: Uint8Array[] = [];
  for (const { number, begin, end } of wire.fields(node.start, node.end)) {
    let name: string | undefined;
    if (number === FIELD.nodeInput) name = inputs.get(indexes[number]++);
    else if (number === FIELD.nodeOutput) name = outputs.get(indexes[number]++);
    if (name === undefined) {
      pieces.push(wire.read(begin, end));
    } else {
      const text = utf8(name);
      pieces.push(fieldHeader(number, text.length), text);
    }
  }
  return concatBytes(pieces);
}
