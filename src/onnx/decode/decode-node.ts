import { inferTypes } from "../../ir/op.js";
import { formatOperands, takesOperands } from "../../ir/operands.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { isNumberDType, refuse, TypeRefusal } from "../../ir/types.js";
import type { DecodedOp, OnnxCodec, OperatorName } from "../codecs/codec.js";
import { codecs } from "../codecs/registry.js";
import type { NodeMessage } from "../file/proto.js";
import { NodeReader, type TensorScope } from "./node-reader.js";

/** An op that a node says, not yet part of a graph. */
export interface DecodedNode extends DecodedOp {
  readonly kind: OperatorName;
  /** The name of its result. */
  readonly output: string;
}

/**
 * Reads a node as the first of some ops that can say all of it. Refuses (`refuse`) a node that none can, with the
 * reason of the one that could say the most.
 */
export function decodeNode(
  node: NodeMessage,
  kinds: readonly OperatorName[],
  opset: number,
  tensors: TensorScope,
): DecodedNode {
  let furthest: { readonly progress: number; readonly reason: string } | undefined;
  for (const kind of kinds) {
    const attempt = new Attempt(kind, new NodeReader(node, opset, tensors, outputOf(kind)));
    try {
      return attempt.decode();
    } catch (error) {
      if (!(error instanceof TypeRefusal)) throw error;
      const { progress } = attempt;
      if (furthest === undefined || progress > furthest.progress)
        furthest = { progress, reason: error.message };
    }
  }
  return refuse(furthest?.reason ?? "no op is this operator");
}

function outputOf(kind: OperatorName): number | undefined {
  const { output }: Pick<OnnxCodec, "output"> = codecs[kind];
  return output?.index;
}

/** The reading of a node as one op. */
class Attempt {
  #step = 0;
  readonly #kind: OperatorName;
  readonly #reader: NodeReader;

  constructor(kind: OperatorName, reader: NodeReader) {
    this.#kind = kind;
    this.#reader = reader;
  }

  /** How far it came: after how many steps, and among those that came as far, after how many questions to the node. */
  get progress(): number {
    return this.#step + 1 - 1 / (1 + this.#reader.asked);
  }

  decode(): DecodedNode {
    const codec: OnnxCodec = codecs[this.#kind] as OnnxCodec;
    const { opset } = this.#reader;
    const { since = 0 } = codec;
    const output = this.#reader.output();
    if (opset < since) refuse(`${codec.operator} needs opset ${since}, the file has ${opset}`);
    const decoded = { ...codec.decode(this.#reader), kind: this.#kind, output };
    this.#step = 1;
    this.#reader.finish();
    this.#step = 2;
    checkTypes(decoded);
    return decoded;
  }
}

/** Refuses operands and attributes that the op does not take. */
function checkTypes({ kind, operands, attributes }: DecodedNode): void {
  const other = operands.find(({ type }) => !isNumberDType(type.dtype));
  if (other !== undefined) refuse(`its input ${other.name} is of a type that no op of the IR computes with`);
  const definition = definitionOf(kind);
  if (!takesOperands(definition.operands, operands.length)) {
    refuse(`it takes the inputs ${formatOperands(definition.operands)}, has ${operands.length}`);
  }
  const complete = definition.attributes.safeParse(attributes);
  if (!complete.success) {
    const [issue] = complete.error.issues;
    refuse(`attribute ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const types = operands.map(({ type }) => type);
  inferTypes(definition, types, complete.data);
}
