import { createHash } from "node:crypto";
import { countNetwork } from "../../analysis/counts.js";
import { piecesOfRange } from "../../base/bytes.js";
import { escapeUnseen } from "../../base/json-text.js";
import { count } from "../../base/numbers.js";
import { asOneRun } from "../../files/files-read.js";
import { withFileNetwork } from "../../given/onnx-file.js";
import { openWeights } from "../../given/weights.js";
import { blockAt, type Value } from "../../ir/graph.js";
import { printComputation } from "../../ir/print.js";
import { formatType } from "../../ir/types.js";
import type { FileNetwork } from "../../networks/file-network.js";
import type { SizeOptions } from "../../networks/input-sizes.js";
import { rangeOfTensor, type StoredTensor } from "../../weights/formats/tensor-source.js";

/** Hexadecimal digits of a hash: enough to see that two tensors differ. */
const DIGITS = 12;
const PIECE_BYTES = 1 << 20;

/**
 * An ONNX file as text whose lines change where the model does, for `git diff`: what it says of itself, its inputs and outputs, a line for each
 * block, with its gates and counts, and below it one for each op; then one for each tensor, with the beginning of the SHA-256 of its bytes.
 *
 * Errors: `InputError` for a file that is no ONNX model.
 */
export function textOfModel(file: string, options: SizeOptions = {}): string {
  return asOneRun(() => {
    const network = withFileNetwork(file, options, (each) => [...headLines(each), ...networkLines(each)]);
    const lines = [...network, ...tensorLines(file)];
    return escapeUnseen(lines.map((line) => `${line}\n`).join(""));
  });
}

function headLines({ imported, graph }: FileNetwork): readonly string[] {
  const { opset, irVersion, producer, metadata, declared } = imported;
  const { parameters, attentionParameters, macs } = countNetwork(graph);
  return [
    `model opset ${opset}, IR version ${irVersion}, by ${JSON.stringify(`${producer.name} ${producer.version}`.trim())}`,
    ...Object.entries(metadata).map(
      ([key, value]) => `metadata ${JSON.stringify(key)} ${JSON.stringify(value)}`,
    ),
    ...declared.inputs.map((value) => `input ${valueText(value)}`),
    ...declared.outputs.map((value) => `output ${valueText(value)}`),
    `parameters ${count(parameters)}, attention's ${count(attentionParameters)}, MACs ${count(macs)}`,
  ];
}

function valueText({ name, type }: Value): string {
  return `${JSON.stringify(name)} ${formatType(type)}`;
}

/** Ops in their order, each below the line of its block. */
function networkLines({ graph }: FileNetwork): readonly string[] {
  const blocks = new Map(countNetwork(graph).blocks.map((block) => [block.path, block]));
  let current: string | undefined;
  return graph.ops.flatMap((op) => {
    const scope = blockAt(graph, op.loc.scope)?.scope;
    const line = `  ${printComputation(op)}`;
    if (scope === current) return [line];
    current = scope;
    const block = scope === undefined ? undefined : blocks.get(scope);
    if (block === undefined) return ["outside of blocks", line];
    const { path, block: type, attention, parameters, macs, output } = block;
    const gates = attention.length === 0 ? "" : `, ${attention.join(", ")}`;
    const counts = `${count(parameters)} parameters, ${count(macs)} MACs`;
    return [`block ${path}: ${type}${gates}, ${counts}, [${output.join(", ")}]`, line];
  });
}

function tensorLines(file: string): readonly string[] {
  const source = openWeights(file);
  try {
    return [...source.tensors.values()].map(
      (tensor) =>
        `tensor ${JSON.stringify(tensor.name)} ${tensor.dtype}[${tensor.dims.join(", ")}] ${hashOf(tensor)}`,
    );
  } finally {
    source.close();
  }
}

function hashOf(tensor: StoredTensor): string {
  const hash = createHash("sha256");
  for (const piece of piecesOfRange(rangeOfTensor(tensor), PIECE_BYTES)) hash.update(piece);
  return hash.digest("hex").slice(0, DIGITS);
}
