import { InputError } from "../base/diagnostic.js";
import { isIntegerType, TypeRefusal } from "../ir/types.js";
import { parseModel } from "./model-file.js";
import { type ModelMessage, ModelProto, type TensorMessage, tensorHeader } from "./proto.js";
import { type FileTensor, readTensor } from "./tensor-data.js";

export interface InitializerComparison {
  /** Weights of the own model. */
  readonly total: number;
  /** The names of those that the given model lacks or has other bytes for. */
  readonly different: readonly string[];
}

/**
 * Whether the weights of a given model are those of the own one, bit by bit. Undefined when the given model has
 * weights that the own one does not know by name and shape: then there is nothing to compare them with.
 * Scalars, integers and what no node reads are no weights.
 *
 * Errors: `InputError` for a given file that can't be read.
 */
export function compareInitializers(
  own: Uint8Array,
  given: Uint8Array,
  file: string,
): InitializerComparison | undefined {
  const ours = weightsOf(parseModel(own, "the export"), "the export");
  const theirs = weightsOf(parseModel(given, file), file);
  if (!isKnown(theirs, ours)) return undefined;
  const different = [...ours.values()].filter((tensor) => {
    const other = theirs.get(tensor.name);
    return other === undefined || Buffer.compare(bytesOf(tensor, file), bytesOf(other, file)) !== 0;
  });
  return { total: ours.size, different: different.map(({ name }) => name) };
}

/**
 * The given model with the own model's weights. Undefined, and errors, as for `compareInitializers`. The result
 * is one file, also where the given one has external data.
 */
export function replaceInitializers(
  given: Uint8Array,
  own: Uint8Array,
  file: string,
): Uint8Array | undefined {
  const model = parseModel(given, file);
  const ours = weightsOf(parseModel(own, "the export"), "the export");
  if (!isKnown(weightsOf(model, file), ours)) return undefined;
  const initializer = (model.graph?.initializer ?? []).map((tensor): TensorMessage => {
    const replacement = ours.get(tensor.name ?? "");
    if (replacement === undefined) return tensor;
    return { ...tensorHeader(replacement), rawData: bytesOf(replacement, file) };
  });
  return ModelProto.encode({ ...model, graph: { ...model.graph, initializer } }).finish();
}

function weightsOf(model: ModelMessage, file: string): ReadonlyMap<string, FileTensor> {
  const tensors = (model.graph?.initializer ?? []).map((tensor) =>
    located(file, () => readTensor(tensor, file)),
  );
  const read = new Set((model.graph?.node ?? []).flatMap(({ input }) => input ?? []));
  return new Map(
    tensors
      .filter(({ name, dtype, dims }) => !isIntegerType(dtype) && dims.length > 0 && read.has(name))
      .map((tensor) => [tensor.name, tensor]),
  );
}

function isKnown(theirs: ReadonlyMap<string, FileTensor>, ours: ReadonlyMap<string, FileTensor>): boolean {
  return [...theirs.values()].every(({ name, dtype, dims }) => {
    const other = ours.get(name);
    return other !== undefined && other.dtype === dtype && other.dims.join() === dims.join();
  });
}

function bytesOf(tensor: FileTensor, file: string): Uint8Array {
  return located(file, () => tensor.bytes());
}

function located<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TypeRefusal)) throw error;
    throw InputError.of("onnx/unsupported", `${file}: ${error.message}`, { file });
  }
}
