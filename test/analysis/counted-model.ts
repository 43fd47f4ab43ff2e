import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { countNetwork, type NetworkCounts } from "../../src/analysis/counts.js";
import { openModel } from "../../src/files/models/open.js";
import { ModelProto, type NodeMessage } from "../../src/onnx/file/proto.js";
import { inTemporaryFolder } from "../temporary-folder.js";

export const FLOAT = 1;
export const INT8 = 3;

export interface Sized {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

/** A function of the file's own. */
export interface CountedFunction {
  readonly name: string;
  readonly domain: string;
  readonly input?: string[];
  readonly output?: string[];
  readonly node: NodeMessage[];
  /** The version of ONNX's operators that it is written for: 13, as the graph. */
  readonly opset?: number;
}

/** What a file consists of: nodes, inputs, tensors, declared values, functions. */
type FileParts = readonly [
  nodes: readonly NodeMessage[],
  inputs: readonly Sized[],
  tensors?: readonly (Sized & { readonly type?: number })[],
  values?: readonly Sized[],
  functions?: readonly CountedFunction[],
];

/** The multiply-accumulates that are counted of a file. */
export async function countsOf(...parts: FileParts) {
  const { macs, productMacs, uncounted } = await networkCounts(...parts);
  return { macs, ...(productMacs && { productMacs }), ...(uncounted && { uncounted }) };
}

/** The parameters that are counted of a file. */
export async function scalarsOf(...parts: FileParts) {
  const { parameters, buffers } = await networkCounts(...parts);
  return { parameters, buffers };
}

function networkCounts(...parts: FileParts): Promise<NetworkCounts> {
  return withFile(parts, (file) => {
    const { graph, close } = openModel(file);
    close();
    return countNetwork(graph);
  });
}

/** Uses the path of a file that is made of these parts. */
export function withFile<T>(
  [nodes, inputs, tensors = [], values = [], functions = []]: FileParts,
  use: (file: string) => T,
): Promise<T> {
  const declared = ({ name, dims }: Sized) => {
    const dim = dims.map((each) => (typeof each === "number" ? { dimValue: each } : { dimParam: each }));
    return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
  };
  const last = nodes.at(-1)?.output?.[0] ?? "";
  const model = {
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    functions: functions.map(({ opset = 13, ...each }) => ({
      ...each,
      opsetImport: [{ domain: "", version: opset }],
    })),
    graph: {
      name: "counted",
      node: [...nodes],
      input: inputs.map(declared),
      output: [{ name: last, type: { tensorType: { elemType: FLOAT } } }],
      valueInfo: values.map(declared),
      initializer: tensors.map(({ name, dims, type = FLOAT }) => ({
        name,
        dataType: type,
        dims: dims.map(Number),
        rawData: new Uint8Array(dims.reduce<number>((a, b) => a * Number(b), type === FLOAT ? 4 : 1)),
      })),
    },
  };
  return inTemporaryFolder((folder) => {
    const file = join(folder, "model.onnx");
    writeFileSync(file, ModelProto.encode(model).finish());
    return use(file);
  });
}

export function node(
  opType: string,
  input: readonly string[],
  output: string,
  more: NodeMessage = {},
): NodeMessage {
  return { opType, name: output, input: [...input], output: [output], ...more };
}
