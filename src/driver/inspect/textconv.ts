import { countNetwork } from "../../analysis/counts.js";
import { type OpenBeside, piecesOfRange } from "../../base/bytes.js";
import { InputError } from "../../base/diagnostic.js";
import { escapeUnseen, quoted } from "../../base/json-text.js";
import { count } from "../../base/numbers.js";
import { asOneRun } from "../../files/files-read.js";
import { openInitializers } from "../../files/models/read.js";
import { startSha256 } from "../../files/system-hash.js";
import { withFileNetwork } from "../../given/onnx-file.js";
import { blockAt, type Parameter, parametersOf, type Value } from "../../ir/graph.js";
import { printComputation } from "../../ir/print.js";
import { formatType } from "../../ir/types.js";
import type { FileNetwork } from "../../networks/file-network.js";
import type { SizeOptions } from "../../networks/input-sizes.js";
import { rangeOfTensor } from "../../weights/formats/tensor-source.js";
import { weightChunks } from "../../weights/values/materialize.js";

/** Hexadecimal digits of a hash: enough to see that two tensors differ. */
const DIGITS = 12;
const PIECE_BYTES = 1 << 20;

/**
 * An ONNX file as text whose lines change where the model does, for `git diff`: what it says of itself, its inputs and outputs, a line for each
 * block, with its gates and counts, and below it one for each op; then one for each initializer, with the beginning of the SHA-256 of its bytes,
 * and one for each other tensor that ops read, as of a Constant node, with that of its numbers. Files
 * with external data are named and not read: git gives it a model in a folder of its own, and compares those as files.
 *
 * Errors: `InputError` for a file that is not an ONNX model.
 */
export function textOfModel(file: string, options: SizeOptions = {}): string {
  return asOneRun(() => {
    const lines = withFileNetwork(file, { ...options, beside: unread(file) }, (network) => [
      ...headLines(network),
      ...networkLines(network),
      ...tensorLines(file, network),
    ]);
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

function tensorLines(file: string, { imported }: FileNetwork): readonly string[] {
  const source = openInitializers(file, unread(file));
  try {
    const initializers = [...source.tensors.values()].map(
      (tensor) =>
        `tensor ${JSON.stringify(tensor.name)} ${tensor.dtype}[${tensor.dims.join(", ")}] ${hashOf(piecesOfRange(rangeOfTensor(tensor), PIECE_BYTES))}`,
    );
    const others = parametersOf(imported.graph).filter(({ name }) => !source.tensors.has(name));
    // Nothing in a file is drawn from a seed.
    const constants = others.map((each) => `tensor ${valueText(each)} ${hashOf(bytesOf(each, 0))}`);
    return [...initializers, ...constants];
  } finally {
    source.close();
  }
}

function* bytesOf({ data }: Parameter, seed: number): Iterable<Uint8Array> {
  for (const { buffer, byteOffset, byteLength } of weightChunks(data, seed))
    yield new Uint8Array(buffer, byteOffset, byteLength);
}

/** The beginning of the hash; of external data, where it is. */
function hashOf(pieces: Iterable<Uint8Array>): string {
  const hash = startSha256();
  try {
    for (const piece of pieces) hash.update(piece);
  } catch (error) {
    if (error instanceof ExternalNumbers) return `in ${JSON.stringify(error.location)}`;
    throw error;
  }
  return hash.digest("hex").slice(0, DIGITS);
}

/** Numbers of a file with external data were asked for. An error for the user where an operator has them as an argument. */
class ExternalNumbers extends InputError {
  readonly location: string;

  constructor(file: string, location: string) {
    const message = `${file}: an operator's argument is external data in ${quoted(location)}, which --textconv does not read`;
    super([{ code: "onnx/initializer", message, file }]);
    this.location = location;
  }
}

function unread(file: string): OpenBeside {
  return (location) => ({
    size: Number.POSITIVE_INFINITY,
    readInto() {
      throw new ExternalNumbers(file, location);
    },
  });
}
