import { readFileSync, writeFileSync } from "node:fs";
import {
  type ModelMessage,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
} from "../../src/onnx/file/proto.js";

/** Changes an ONNX file in place. */
export function changeModel(file: string, change: (nodes: NodeMessage[], model: ModelMessage) => void): void {
  const model = ModelProto.decode(readFileSync(file));
  change(model.graph?.node as NodeMessage[], model);
  writeFileSync(file, ModelProto.encode(model).finish());
}

/** An initializer with its bytes. */
export function initializer(model: ModelMessage, name: string): TensorMessage & { rawData: Uint8Array } {
  const found = model.graph?.initializer?.find((tensor) => tensor.name === name);
  if (!found?.rawData) throw new Error(`${name} is not in the file`);
  return found as TensorMessage & { rawData: Uint8Array };
}

/** Multiplies the numbers of a float32 initializer. */
export function scaleInitializer(model: ModelMessage, name: string, factor: number): void {
  const { rawData } = initializer(model, name);
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  for (let at = 0; at < rawData.byteLength; at += 4)
    view.setFloat32(at, view.getFloat32(at, true) * factor, true);
}

/** Puts a node of another operator behind the graph's output, whose name it takes over. */
export function appendOperator(nodes: NodeMessage[], model: ModelMessage, operator: string): void {
  const [output] = model.graph?.output ?? [];
  const last = nodes.find((node) => node.output?.[0] === output?.name);
  if (output?.name === undefined || last === undefined) throw new Error("the graph has no output");
  last.output = ["before"];
  nodes.push({
    name: `/head/after/${operator}`,
    opType: operator,
    input: ["before"],
    output: [output.name as string],
  });
}
