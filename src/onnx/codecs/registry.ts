import { isPrimitive, OP_NAMES, type OpName } from "../../ir/ops/registry.js";
import { activationCodecs } from "./activations.js";
import type { OnnxCodec, OperatorName } from "./codec.js";
import { convolutionCodecs } from "./convolutions.js";
import { elementwiseCodecs } from "./elementwise.js";
import { linearCodecs } from "./linear.js";
import { moveCodecs } from "./moves.js";
import { normCodecs } from "./norms.js";
import { plainCodecs } from "./plain.js";
import { poolCodecs } from "./pools.js";
import { reductionCodecs } from "./reductions.js";
import { regionCodecs } from "./regions.js";
import { resizingCodecs } from "./resizing.js";
import { selectionCodecs } from "./selections.js";
import { shapeCodecs } from "./shapes.js";
import { trainingCodecs } from "./training.js";

/** The codec of every primitive op: one that is missing is a compile error. */
export const codecs: { readonly [N in OperatorName]: OnnxCodec<N> } = {
  ...plainCodecs,
  ...activationCodecs,
  ...convolutionCodecs,
  ...elementwiseCodecs,
  ...linearCodecs,
  ...moveCodecs,
  ...normCodecs,
  ...poolCodecs,
  ...reductionCodecs,
  ...regionCodecs,
  ...resizingCodecs,
  ...selectionCodecs,
  ...shapeCodecs,
  ...trainingCodecs,
};

/** Whether an op is an operator of ONNX, which has a codec. */
export function isOperator(name: OpName): name is OperatorName {
  return isPrimitive(name) && name !== "opaque";
}

const opsByOperator = new Map<string, OperatorName[]>();
for (const name of OP_NAMES.filter(isOperator).sort()) {
  const { operator, general }: Pick<OnnxCodec, "operator" | "general"> = codecs[name];
  const others = opsByOperator.get(operator) ?? [];
  opsByOperator.set(operator, general ? [...others, name] : [name, ...others]);
}

/**
 * The ops that an ONNX operator may be read as, in the order in which they are tried: some are one form of an operator
 * each. None for an operator that no op is.
 */
export function opsOfOperator(operator: string): readonly OperatorName[] {
  return opsByOperator.get(operator) ?? [];
}

export const KNOWN_OPERATORS: readonly string[] = [...opsByOperator.keys()];
