import { parseModel } from "../file/document.js";
import { isDefaultDomain } from "../file/opset.js";
import { ModelProto, type NodeMessage, toInteger } from "../file/proto.js";

/** A model as it computes at inference, and how many nodes of it, by operator, were made for training. */
export interface InferenceModel {
  readonly bytes: Uint8Array;
  /** Empty where it is the model as it was, with the same bytes. */
  readonly changed: ReadonlyMap<string, number>;
}

/** Opsets from which these operators have an attribute or an input for their mode; before, a BatchNormalization in training has more outputs. */
const [NORM_MODE, DROPOUT_MODE] = [14, 12];

/**
 * The model whose BatchNormalizations use their running statistics and whose Dropouts pass on what they read. Nodes whose statistics or
 * masks are read stay as they are. Errors: `InputError` for bytes that are no model.
 */
export function atInference(bytes: Uint8Array, file: string): InferenceModel {
  const model = parseModel(bytes, file);
  const { graph } = model;
  const opset = toInteger(model.opsetImport?.find(({ domain }) => isDefaultDomain(domain))?.version ?? 0);
  const read = new Set([
    ...(graph?.node ?? []).flatMap(({ input }) => input ?? []),
    ...(graph?.output ?? []).map(({ name }) => name ?? ""),
  ]);
  const changed = new Map<string, number>();
  for (const node of graph?.node ?? []) {
    const { opType = "", domain, output = [] } = node;
    if (opType === null || !isDefaultDomain(domain) || !isTraining(node, opset)) continue;
    if ((output ?? []).slice(1).some((name) => read.has(name))) continue;
    node.output = (output ?? []).slice(0, 1);
    if (opType === "Dropout") node.input = (node.input ?? []).slice(0, 2);
    node.attribute = (node.attribute ?? []).filter(({ name }) => name !== "training_mode");
    changed.set(opType, (changed.get(opType) ?? 0) + 1);
  }
  return { bytes: changed.size === 0 ? bytes : ModelProto.encode(model).finish(), changed };
}

function isTraining({ opType, input, output, attribute }: NodeMessage, opset: number): boolean {
  if (opType === "Dropout") return opset >= DROPOUT_MODE && (input?.length ?? 0) > 2;
  if (opType !== "BatchNormalization") return false;
  if (opset < NORM_MODE) return (output?.length ?? 0) > 1;
  return toInteger(attribute?.find(({ name }) => name === "training_mode")?.i ?? 0) !== 0;
}
