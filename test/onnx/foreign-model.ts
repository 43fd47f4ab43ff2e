import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import {
  AttributeProto,
  FIELD,
  fieldHeader,
  GraphProto,
  ModelProto,
  type NodeMessage,
  NodeProto,
} from "../../src/onnx/file/proto.js";
import { smallNetwork } from "./networks.js";

const { GRAPH, INT } = AttributeProto.AttributeType;

/** A field that no version of ONNX has yet. */
const NEWER_FIELD = Buffer.concat([fieldHeader(99, 5), Buffer.from("newer")]);

/** What the gate of the network multiplies to. */
export const GATED = "stages/0/blocks/0/attention_5";

export interface ForeignParts {
  /** Whether a node of an operator that no runtime has is among the nodes. */
  readonly custom: boolean;
}

/**
 * A small network with an ECA gate in a file of someone else's: an If whose branches read what the gate gives, a function, a
 * sparse tensor and one of strings, tensors that nobody reads (one with its numbers as a list), descriptions, fields of a
 * newer format, and an operator of another domain.
 */
export function foreignModel({ custom }: ForeignParts): Uint8Array {
  const own = modelBytes(encodeModel(smallNetwork("reshape"), { producerVersion: "0" }), { seed: 0 });
  const { graph, ...model } = ModelProto.decode(own);
  const input = graph?.input?.[0];
  const output = graph?.output?.[0];
  const nodes = [...(graph?.node ?? []), ...condition(input?.name ?? ""), conditional()];
  const initializer = [
    ...(graph?.initializer ?? []),
    { name: "unread", dataType: 1, dims: [1], rawData: new Uint8Array(4) },
    ...(custom
      ? [
          { name: "words", dataType: 8, dims: [2], stringData: [Buffer.from("a"), Buffer.from("b")] },
          { name: "listed", dataType: 1, dims: [2], floatData: [1, 2], docString: "a list, not raw data" },
        ]
      : []),
  ];
  const sparse = {
    values: { name: "sparse", dataType: 1, dims: [1], floatData: [2] },
    indices: { dataType: 7, dims: [1], int64Data: [1] },
    dims: [3],
  };
  const encoded = GraphProto.encode({
    ...graph,
    node: nodes,
    initializer,
    input: input ? [input] : [],
    output: [
      ...(output ? [output] : []),
      { name: custom ? "sharp" : "branch", type: { tensorType: { elemType: 1 } } },
    ],
    docString: "a graph of others",
    ...(custom ? { sparseInitializer: [sparse] } : {}),
  }).finish();
  const whole = Buffer.concat([encoded, ...(custom ? [sharpen(), NEWER_FIELD] : [])]);
  const rest = ModelProto.encode({
    ...model,
    producerName: "someone",
    opsetImport: [...(model.opsetImport ?? []), { domain: "com.example", version: 2 }],
    metadataProps: [{ key: "theirs", value: "kept" }],
    ...(custom ? { functions: [{ name: "Twice", domain: "com.example", input: ["a"], output: ["b"] }] } : {}),
  }).finish();
  return Buffer.concat([
    rest,
    fieldHeader(FIELD.modelGraph, whole.length),
    whole,
    ...(custom ? [NEWER_FIELD] : []),
  ]);
}

/** Whether anything in the input is above zero, which only a run tells. */
function condition(x: string): readonly NodeMessage[] {
  const attribute = (name: string, i: number) => [{ name, type: INT, i }];
  return [
    { name: "/most", opType: "ReduceMax", input: [x], output: ["most"], attribute: attribute("keepdims", 0) },
    {
      name: "/condition",
      opType: "Cast",
      input: ["most"],
      output: ["condition"],
      attribute: attribute("to", 9),
    },
  ];
}

function conditional(): NodeMessage {
  const branch = (name: string, opType: string) => ({
    name,
    node: [{ opType, input: [GATED], output: [`${name}_y`] }],
    output: [{ name: `${name}_y`, type: { tensorType: { elemType: 1 } } }],
  });
  return {
    name: "/branch",
    opType: "If",
    input: ["condition"],
    output: ["branch"],
    attribute: [
      { name: "then_branch", type: GRAPH, g: branch("then", "Relu") },
      { name: "else_branch", type: GRAPH, g: branch("else", "Neg") },
    ],
  };
}

/** A node of another domain with a field of a newer format, as a field of a graph. */
function sharpen(): Uint8Array {
  const node = NodeProto.encode({
    name: "/custom",
    opType: "Sharpen",
    domain: "com.example",
    input: ["branch", "", "words", "sparse"],
    output: ["", "sharp"],
    docString: "kept",
    attribute: [{ name: "strength", type: INT, i: 3 }],
  }).finish();
  const content = Buffer.concat([node, NEWER_FIELD]);
  return Buffer.concat([fieldHeader(FIELD.graphNode, content.length), content]);
}
