import type { ModelSource } from "../decode/source.js";
import { bytes, copied, type FileSegment, message } from "../encode/layout.js";
import { FIELD, type NodeMessage } from "../file/proto.js";
import type { WireField } from "../file/wire.js";
import { patchNode, type RewrittenNode } from "./nodes.js";

export interface FoldedNodes {
  readonly nodes: readonly RewrittenNode[];
  /** The fields of nodes that stand in one that is written. */
  readonly within: ReadonlySet<WireField>;
  /** What those that are written read by themselves: the condition of an If. */
  readonly reads: readonly string[];
}

/** Calls of functions, and Ifs, whose nodes nothing has touched are written as they were. */
export function withCalls(
  nodes: readonly RewrittenNode[],
  { document, constants }: ModelSource,
): FoldedNodes {
  const within = new Set<WireField>();
  const reads: string[] = [];
  let left = nodes;
  const byField = new Map(document.nodes.map((node) => [node.field, node]));
  const constantFields = new Set([...constants.values()].map(({ field }) => field));
  const producers = new Map(
    document.nodes.flatMap((node) => (node.message.output ?? []).map((name) => [name, node] as const)),
  );
  const writtenIndexes = new Set(nodes.map(({ index }) => index));
  const isLost = (name: string): boolean => {
    const node = producers.get(name);
    return node !== undefined && !constantFields.has(node.field) && !writtenIndexes.has(node.index);
  };
  for (const { field, message: outer, nodes: fields } of document.inlined ?? []) {
    if (fields.some((each) => within.has(each))) continue;
    const own = fields.map((each) => byField.get(each)).filter((node) => node !== undefined);
    const indexes = new Set(own.map(({ index }) => index));
    const first = left.findIndex(({ index }) => index !== undefined && indexes.has(index));
    const count = fields.filter((each) => !constantFields.has(each)).length;
    const written = left.slice(first, first + count);
    const isUntouched = written.every(
      ({ isWhole, index }) => isWhole && index !== undefined && indexes.has(index),
    );
    const names = new Set(own.flatMap(({ message }) => message.output ?? []));
    for (const name of outer.output ?? []) names.delete(name);
    const readElsewhere = left.some(
      (node) => !written.includes(node) && node.reads.some((name) => names.has(name)),
    );
    if (first < 0 || written.length < count || !isUntouched || readElsewhere) continue;
    // What its nodes don't read, such as the condition, may be gone.
    if ((outer.input ?? []).some(isLost)) continue;
    const renamed = new Map(written.flatMap((node) => [...(node.renamed ?? [])]));
    if ([...renamed.keys()].some((name) => !outer.output?.includes(name))) continue;
    const index = written[0]?.index;
    const segments =
      renamed.size === 0
        ? [copied(document.range, field.begin, field.end)]
        : call(document, field, outer, renamed);
    left = left.toSpliced(first, count, { index, segments, isWhole: true, reads: [] });
    for (const each of fields) within.add(each);
    reads.push(...(outer.input ?? []));
  }
  return { nodes: left, within, reads };
}

/** The node of a call, or of an If, with other names of outputs. */
function call(
  { range }: ModelSource["document"],
  field: WireField,
  { output }: NodeMessage,
  renamed: ReadonlyMap<string, string>,
): readonly FileSegment[] {
  const outputs = new Map(
    (output ?? []).flatMap((name, i) => (renamed.has(name) ? [[i, renamed.get(name) ?? ""]] : [])),
  );
  return message(FIELD.graphNode, [bytes(patchNode(range, field, { inputs: new Map(), outputs }))]);
}
