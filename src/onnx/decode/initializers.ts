import { InputError } from "../../base/diagnostic.js";
import { type Graph, parametersOf } from "../../ir/graph.js";
import { isIntegerType, TypeRefusal } from "../../ir/types.js";
import { parseModel } from "../file/model-file.js";
import {
  AttributeProto,
  type ModelMessage,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
  tensorHeader,
} from "../file/proto.js";
import { type FileTensor, readTensor } from "../file/tensor-data.js";
import { isConstantNode } from "./source-tensors.js";

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
 * The given model with the own model's weights, in its initializers and in its Constant nodes. Undefined, and errors, as for
 * `compareInitializers`. The result is one file, also where the given one has external data.
 *
 * @param left names of initializers that the own model need not have, and that stay as they are
 */
export function replaceInitializers(
  given: Uint8Array,
  own: Uint8Array,
  file: string,
  left: ReadonlySet<string> = new Set(),
): Uint8Array | undefined {
  const model = parseModel(given, file);
  const ours = weightsOf(parseModel(own, "the export"), "the export");
  const theirs = new Map([...weightsOf(model, file)].filter(([name]) => !left.has(name)));
  if (!isKnown(theirs, ours)) return undefined;
  const initializer = (model.graph?.initializer ?? []).map((tensor): TensorMessage => {
    const replacement = ours.get(tensor.name ?? "");
    if (replacement === undefined) return tensor;
    return { ...tensorHeader(replacement), rawData: bytesOf(replacement, file) };
  });
  const node = (model.graph?.node ?? []).map((each): NodeMessage => {
    const replacement = isConstantNode(each) ? ours.get(each.output?.[0] ?? "") : undefined;
    if (replacement === undefined) return each;
    const t = { ...tensorHeader(replacement), rawData: bytesOf(replacement, file) };
    return { ...each, attribute: [{ name: "value", type: AttributeProto.AttributeType.TENSOR, t }] };
  });
  return ModelProto.encode({ ...model, graph: { ...model.graph, initializer, node } }).finish();
}

/**
 * The initializers of a model that are no parameters of the graph that it was decoded to: arguments of operators, such as the scales of
 * a Resize. Errors: as for `compareInitializers`.
 */
export function argumentsAmong(given: Uint8Array, graph: Graph, file: string): ReadonlySet<string> {
  const parameters = new Set(parametersOf(graph).map(({ name }) => name));
  const names = weightsOf(parseModel(given, file), file).keys();
  return new Set([...names].filter((name) => !parameters.has(name)));
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
