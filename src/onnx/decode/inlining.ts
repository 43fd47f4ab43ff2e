import type { InlinedNode, ModelDocument } from "../file/document.js";
import { ExtendedRange } from "../file/extended-range.js";
import { isDefaultDomain, operatorKey } from "../file/opset.js";
import {
  FIELD,
  fieldHeader,
  type GraphMessage,
  type NodeMessage,
  NodeProto,
  toInteger,
} from "../file/proto.js";
import type { WireField } from "../file/wire.js";
import { type OwnFunction, ownFunctions } from "../types/functions.js";
import { capturedNames } from "./captures.js";
import { partsOfFused } from "./fused-nodes.js";
import { definedIn, type InlinedNodes, nodesOfBranch, nodesOfCall, nodesOfFused } from "./inlined-nodes.js";

/** More nodes than any network has: functions that call functions could be many more than the file has bytes. */
const MOST_NODES = 200_000;
/** Functions in functions; one that calls itself has no end. */
const DEEPEST = 32;

/**
 * A model whose calls of its own functions are the nodes of these, and whose fused layers are their parts. The file's bytes stay; those
 * of the new nodes lie behind them. Functions for other versions of the operators than the graph's stay calls, and so do
 * all where the nodes would be too many.
 */
export function withoutCalls(document: ModelDocument): ModelDocument {
  const functions = new Map(
    [...ownFunctions(document)].filter(
      ([, { message }]) => hasVersionsOf(message.opsetImport, document) && isClosed(message),
    ),
  );
  const inliner = new Inliner(document, functions);
  return inliner.run(() => undefined);
}

/** A model without the Ifs whose branch is known: the nodes of the branch are in their place. */
export function withBranches(
  document: ModelDocument,
  taken: ReadonlyMap<WireField, GraphMessage>,
): ModelDocument {
  const inliner = new Inliner(document, new Map());
  return inliner.run((field) => taken.get(field));
}

function hasVersionsOf(imports: OwnFunction["message"]["opsetImport"], { model }: ModelDocument): boolean {
  const key = (domain: string | null | undefined): string => (isDefaultDomain(domain) ? "" : (domain ?? ""));
  const versions = new Map(
    (model.opsetImport ?? []).map(({ domain, version }) => [key(domain), toInteger(version)]),
  );
  return (imports ?? []).every(({ domain, version }) => versions.get(key(domain)) === toInteger(version));
}

/** Whether a function reads only what it is given or has computed before, and computes what it gives. */
function isClosed({ input, node, output }: OwnFunction["message"]): boolean {
  const known = new Set(["", ...(input ?? [])]);
  const isKnown = (name: string): boolean => known.has(name);
  const computes = (node ?? []).every((each) => {
    const reads = [...(each.input ?? []), ...capturedNames(each)];
    const makes = (each.output ?? []).filter((name) => name !== "");
    const fits = reads.every(isKnown) && !makes.some(isKnown);
    for (const name of makes) known.add(name);
    return fits;
  });
  return computes && (output ?? []).every(isKnown);
}

class Inliner {
  readonly #document: ModelDocument;
  readonly #functions: ReadonlyMap<string, OwnFunction>;
  readonly #range: ExtendedRange;
  readonly #taken: Set<string>;
  readonly #values: ModelDocument["values"][number][];
  readonly #inlined: InlinedNode[] = [];
  readonly #messages = new Map<WireField, NodeMessage>();
  readonly #opset: number;
  #count = 0;

  constructor(document: ModelDocument, functions: ReadonlyMap<string, OwnFunction>) {
    this.#document = document;
    this.#opset = toInteger(
      document.model.opsetImport?.find(({ domain }) => isDefaultDomain(domain))?.version,
    );
    this.#functions = functions;
    this.#range = new ExtendedRange(document.range);
    this.#values = [...document.values];
    const { inputs, values, initializers, nodes } = document;
    const tensors = [...inputs, ...values].map(({ message }) => message.name ?? "");
    this.#taken = new Set([
      ...tensors,
      ...initializers.map(({ tensor }) => tensor.name ?? ""),
      ...definedIn({ node: nodes.map(({ message }) => message) }),
    ]);
  }

  run(branchOf: (field: WireField) => GraphMessage | undefined): ModelDocument {
    const replaced = new Map<WireField, readonly WireField[]>();
    for (const { field, message } of this.#document.nodes) {
      const branch = branchOf(field);
      const inlined =
        branch === undefined ? this.#called(message, 0) : nodesOfBranch(message, branch, this.#fresh);
      if (inlined === undefined) continue;
      replaced.set(field, this.#insert({ field, message }, inlined, 0));
      if (this.#count > MOST_NODES) return this.#document;
    }
    return replaced.size === 0 ? this.#document : this.#replace(replaced);
  }

  #called(message: NodeMessage, depth: number): InlinedNodes | undefined {
    const own = this.#functions.get(operatorKey(message.opType, message.domain));
    if (depth >= DEEPEST || this.#count > MOST_NODES) return undefined;
    if (own !== undefined) return nodesOfCall(message, own, this.#fresh);
    const parts = partsOfFused(message, this.#opset);
    return parts && nodesOfFused(message, parts, this.#fresh);
  }

  /** Writes nodes behind the file, those of functions that they call in the place of the calls. */
  #insert(
    outer: Omit<InlinedNode, "nodes">,
    { nodes, values }: InlinedNodes,
    depth: number,
  ): readonly WireField[] {
    const at = this.#inlined.length;
    const fields = nodes.flatMap((message): readonly WireField[] => {
      const field = this.#append(message);
      const inlined = this.#called(message, depth + 1);
      return inlined === undefined ? [field] : this.#insert({ field, message }, inlined, depth + 1);
    });
    // Outer ones stand before those inside.
    this.#inlined.splice(at, 0, { ...outer, nodes: fields });
    this.#values.push(...values.map((message) => ({ field: outer.field, message })));
    return fields;
  }

  #append(message: NodeMessage): WireField {
    this.#count++;
    const payload = NodeProto.encode(message).finish();
    const header = fieldHeader(FIELD.graphNode, payload.length);
    const begin = this.#range.append(header);
    const start = this.#range.append(payload);
    const field = { number: FIELD.graphNode, begin, start, end: start + payload.length };
    this.#messages.set(field, message);
    return field;
  }

  #replace(replaced: ReadonlyMap<WireField, readonly WireField[]>): ModelDocument {
    const spread = (field: WireField): readonly WireField[] => replaced.get(field) ?? [field];
    const nodes = this.#document.nodes
      .flatMap(({ field, message }) =>
        spread(field).map((each) => ({ field: each, message: this.#messages.get(each) ?? message })),
      )
      .map((node, index) => ({ ...node, index }));
    const before = (this.#document.inlined ?? []).map((each) => ({
      ...each,
      nodes: each.nodes.flatMap(spread),
    }));
    return {
      ...this.#document,
      range: this.#range,
      nodes,
      values: this.#values,
      graphFields: this.#document.graphFields.flatMap(spread),
      inlined: [...before, ...this.#inlined],
    };
  }

  readonly #fresh = (wanted: string): string => {
    let free = wanted;
    for (let i = 1; this.#taken.has(free); i++) free = `${wanted}_${i}`;
    this.#taken.add(free);
    return free;
  };
}
