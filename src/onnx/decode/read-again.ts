import type { Graph, Op, OpOf, ParameterRole, Value } from "../../ir/graph.js";
import { isOp, rewriteGraph } from "../../ir/rewrite.js";
import { refuse, unlessRefused } from "../../ir/types.js";
import { materialize } from "../../weights/values/materialize.js";
import type { OperatorName } from "../codecs/codec.js";
import { opsOfOperator } from "../codecs/registry.js";
import { isDefaultDomain, READ_OPSETS } from "../file/opset.js";
import { decodeNode } from "./decode-node.js";
import type { ImportedModel } from "./import.js";
import type { TensorScope } from "./node-reader.js";
import type { SourceNode } from "./source.js";

/**
 * The graph with ops instead of those opaque ones that can be read by now, because passes computed their arguments: a Pad whose
 * pads were computed, and all that had no sizes for it. The same object where there are none.
 */
export function readAgain(graph: Graph, model: Pick<ImportedModel, "source" | "opset">): Graph {
  let isChanged = false;
  const read = rewriteGraph(graph, "simplify", (op, context) => {
    const decoded = isOp(op, "opaque") ? decodedOp(op, model) : undefined;
    if (decoded === undefined) return undefined;
    isChanged = true;
    return context.op(decoded.kind, decoded.operands, decoded.attributes as never);
  });
  return isChanged ? read : graph;
}

function decodedOp(op: OpOf<"opaque">, { source, opset }: Pick<ImportedModel, "source" | "opset">) {
  const from = source.nodeOf(op as Op);
  const { operator, domain, written } = op.attributes;
  const isCall = written.some(([name]) => name === "function");
  const isOwn = isDefaultDomain(domain) && !isCall && opset >= READ_OPSETS.first;
  const kinds: readonly OperatorName[] = isOwn ? opsOfOperator(operator) : [];
  if (from === undefined || kinds.length === 0 || op.results.length !== 1) return undefined;
  return unlessRefused(() =>
    decodeNode(
      from.node.message,
      kinds,
      opset,
      scopeOf(op, from, (name) => source.isRead(name)),
    ),
  );
}

/** What the names in an op's node stand for now. */
function scopeOf({ operands }: OpOf<"opaque">, from: SourceNode, isRead: TensorScope["isRead"]): TensorScope {
  const named = (name: string): Value | undefined => operands[from.operands.indexOf(name)];
  return {
    isRead,
    value: (name: string, _role: ParameterRole) => named(name) ?? refuse(`its input ${name} is not known`),
    constant(name) {
      const value = named(name);
      if (value?.kind !== "parameter") return undefined;
      return Array.from(materialize(value.data, 0, value.type.dtype));
    },
    declaredSize: () => undefined,
  };
}
