import type { ParameterRole } from "../../ir/graph.js";
import type { HeldScalars } from "../../ir/ops/opaque.js";
import { elementCount } from "../../ir/types.js";
import { dtypeOfNumber } from "../file/element-types.js";
import {
  bodiesOf,
  type GraphMessage,
  type NodeMessage,
  type TensorMessage,
  toInteger,
} from "../file/proto.js";
import { storedRole, tensorUse } from "../types/weight-inputs.js";
import { isConstantNode } from "./source-tensors.js";

/** The parameters of some bodies, and of those in them: initializers, and the tensors of Constant nodes that a layer has for weights. */
export function heldScalars(bodies: readonly GraphMessage[]): HeldScalars {
  const held = { trainable: 0, buffers: 0 };
  for (const graph of withInner(bodies)) {
    const readers = readersIn(graph);
    const add = (name: string, tensor: TensorMessage, isConstant: boolean): void => {
      const dims = (tensor.dims ?? []).map(toInteger);
      const stored = { dtype: dtypeOfNumber(tensor.dataType), dims, isConstant };
      const roles = (readers.get(name) ?? []).map((node) =>
        storedRole(stored, tensorUse(node, name, isConstant)),
      );
      const role = roles.find((each) => each !== "fixed");
      if (role !== undefined && dims.every((size) => size >= 0)) held[FIELDS[role]] += elementCount(dims);
    };
    for (const tensor of graph.initializer ?? []) add(tensor.name ?? "", tensor, false);
    for (const node of graph.node ?? []) {
      const tensor = isConstantNode(node) ? node.attribute?.[0]?.t : undefined;
      if (tensor) add(node.output?.[0] ?? "", tensor, true);
    }
  }
  return held;
}

const FIELDS = { trainable: "trainable", buffer: "buffers" } as const satisfies {
  readonly [R in Exclude<ParameterRole, "fixed">]: keyof HeldScalars;
};

function withInner(graphs: readonly GraphMessage[]): readonly GraphMessage[] {
  return graphs.flatMap((graph) => [
    graph,
    ...(graph.node ?? []).flatMap((node) => withInner(bodiesOf(node))),
  ]);
}

/** The nodes of a graph, and of the bodies in it, by what they read. */
function readersIn(graph: GraphMessage): ReadonlyMap<string, readonly NodeMessage[]> {
  const readers = new Map<string, NodeMessage[]>();
  for (const node of withInner([graph]).flatMap((each) => each.node ?? [])) {
    for (const name of node.input ?? []) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [node]);
      else known.push(node);
    }
  }
  return readers;
}
