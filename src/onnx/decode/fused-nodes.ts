import { AttributeProto, type NodeMessage, TensorProto } from "../file/proto.js";

const { FLOAT, TENSOR } = AttributeProto.AttributeType;

/** The attributes of activations that fused nodes have as a list of numbers, in order. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  Sigmoid: [],
  Tanh: [],
  LeakyRelu: ["alpha"],
  HardSigmoid: ["alpha", "beta"],
  // Bounds, which are inputs as of opset 11.
  Clip: ["min", "max"],
};

/** The operators that are another one of ONNX's, its result plus a further input, and an activation after that. */
const FUSED: Readonly<Record<string, { readonly operator: string; readonly sum: number }>> = {
  FusedConv: { operator: "Conv", sum: 3 },
  FusedGemm: { operator: "Gemm", sum: Number.POSITIVE_INFINITY },
};

/** As of this opset the bounds of a Clip are inputs. */
const BOUNDS_OPSET = 11;

/**
 * What a node that ONNX Runtime has fused was made of: a layer and its activation; undefined for any other node.
 *
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.FusedConv
 */
export function partsOfFused(node: NodeMessage, opset: number): readonly NodeMessage[] | undefined {
  const fused = node.domain === "com.microsoft" ? FUSED[node.opType ?? ""] : undefined;
  const [y = ""] = node.output ?? [];
  if (fused === undefined || y === "") return undefined;
  const named = (name: string) => node.attribute?.find((each) => each.name === name);
  const activation = new TextDecoder().decode(named("activation")?.s ?? new Uint8Array());
  const names = PARAMETERS[activation];
  if (activation !== "" && names === undefined) return undefined;
  const inputs = node.input ?? [];
  const [layer, added] = [inputs.slice(0, fused.sum), inputs[fused.sum] ?? ""];
  const attribute = (node.attribute ?? []).filter(({ name }) => !name?.startsWith("activation"));
  const steps: NodeMessage[] = [{ opType: fused.operator, name: fused.operator, input: layer, attribute }];
  if (added !== "") steps.push({ opType: "Add", name: "Add", input: ["", added] });
  if (activation !== "") {
    const values =
      named("activation_params")?.floats ?? names?.map((name) => named(`activation_${name}`)?.f ?? 0) ?? [];
    steps.push(...activationNodes(activation, names ?? [], values, opset));
  }
  const last = steps.length - 1;
  return steps.map((step, i) => {
    if (step.opType === "Constant") return step;
    const previous = steps.slice(0, i).findLastIndex(({ opType }) => opType !== "Constant");
    const input = i === 0 ? step.input : [`part_${previous}`, ...(step.input ?? []).slice(1)];
    return { ...step, input: input ?? [], output: [i === last ? y : `part_${i}`] };
  });
}

function activationNodes(
  opType: string,
  names: readonly string[],
  values: readonly number[],
  opset: number,
): readonly NodeMessage[] {
  if (opType !== "Clip" || opset < BOUNDS_OPSET) {
    const attribute = names.map((name, i) => ({ name, type: FLOAT, f: values[i] ?? 0 }));
    return [{ opType, name: opType, input: [""], attribute }];
  }
  const bounds = names.map((name, i): NodeMessage => {
    const t = { dataType: TensorProto.DataType.FLOAT, dims: [], floatData: [values[i] ?? 0] };
    return {
      opType: "Constant",
      name,
      input: [],
      output: [name],
      attribute: [{ name: "value", type: TENSOR, t }],
    };
  });
  return [...bounds, { opType, name: opType, input: ["", ...names] }];
}
