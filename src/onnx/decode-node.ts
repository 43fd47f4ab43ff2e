import { refuse, TypeRefusal } from "../ir/types.js";
import type { DecodedOp, OnnxCodec, OperatorName } from "./codec.js";
import { codecs } from "./codecs/registry.js";
import { NodeReader, type TensorScope } from "./node-reader.js";
import type { NodeMessage } from "./proto.js";

/** An op that a node says, not yet part of a graph. */
export interface DecodedNode extends DecodedOp {
  readonly kind: OperatorName;
  /** The name of its result. */
  readonly output: string;
}

/**
 * Reads a node as the first of some ops that can say all of it. Refuses (`refuse`) a node that none can, with the
 * reason of each.
 */
export function decodeNode(
  node: NodeMessage,
  kinds: readonly OperatorName[],
  opset: number,
  tensors: TensorScope,
): DecodedNode {
  const reasons = new Map<OperatorName, string>();
  for (const kind of kinds) {
    try {
      return decodeAs(kind, new NodeReader(node, opset, tensors));
    } catch (error) {
      if (!(error instanceof TypeRefusal)) throw error;
      reasons.set(kind, error.message);
    }
  }
  const [[, only = ""] = [], ...more] = reasons;
  if (more.length === 0) return refuse(only);
  return refuse([...reasons].map(([kind, reason]) => `as ${kind}: ${reason}`).join("; "));
}

function decodeAs(kind: OperatorName, reader: NodeReader): DecodedNode {
  const codec: OnnxCodec = codecs[kind] as OnnxCodec;
  const output = reader.output();
  const { since = 0 } = codec;
  if (reader.opset < since) refuse(`${codec.operator} needs opset ${since}, the file has ${reader.opset}`);
  const decoded = codec.decode(reader);
  reader.finish();
  return { ...decoded, kind, output };
}
