import { compareBytes, nothingBeside, type OpenBeside } from "../../base/bytes.js";
import { InputError } from "../../base/diagnostic.js";
import { type Graph, parametersOf } from "../../ir/graph.js";
import {
  concreteDims,
  type DType,
  isIntegerType,
  isNumberDType,
  type NumberDType,
  TypeRefusal,
} from "../../ir/types.js";
import { encodeElements } from "../../weights/values/elements.js";
import { materialize } from "../../weights/values/materialize.js";
import { parseModel } from "../file/document.js";
import { dtypeOfNumber } from "../file/element-types.js";
import {
  AttributeProto,
  elementTypeOf,
  type ModelMessage,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
  tensorHeader,
} from "../file/proto.js";
import { bytesOfTensor, tensorOfMessage } from "../file/tensors.js";
import { isConstantNode } from "./source-tensors.js";

/** A model that a user gave. */
export interface GivenBytes {
  readonly bytes: Uint8Array;
  /** The file's name, for messages. */
  readonly file: string;
  readonly openData: OpenBeside;
}

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
export function compareInitializers(own: Uint8Array, given: GivenBytes): InitializerComparison | undefined {
  const ours = weightsOf(parsed(exported(own)));
  const theirs = weightsOf(parsed(given));
  if (!isKnown(theirs, ours)) return undefined;
  const different = [...ours.values()].filter((tensor) => {
    const other = theirs.get(tensor.name);
    return other === undefined || compareBytes(tensor.bytes(), other.bytes()) !== 0;
  });
  return { total: ours.size, different: different.map(({ name }) => name) };
}

/**
 * The given model with own weights instead of its own, in its initializers and in its Constant nodes. Undefined, and errors, as for
 * `compareInitializers`. The result is one file, also where the given one has external data.
 *
 * @param left names of initializers that need not be among the own weights, and that stay as they are
 */
export function replaceInitializers(
  given: GivenBytes,
  ours: ReadonlyMap<string, HeldTensor>,
  left: ReadonlySet<string> = new Set(),
): Uint8Array | undefined {
  const model = parseModel(given.bytes, given.file);
  const theirs = new Map([...weightsOf({ ...given, model })].filter(([name]) => !left.has(name)));
  if (!isKnown(theirs, ours)) return undefined;
  const initializer = (model.graph?.initializer ?? []).map((tensor): TensorMessage => {
    const replacement = ours.get(tensor.name ?? "");
    if (replacement === undefined) return tensor;
    return { ...tensorHeader(replacement), rawData: replacement.bytes() };
  });
  const node = (model.graph?.node ?? []).map((each): NodeMessage => {
    const replacement = isConstantNode(each) ? ours.get(each.output?.[0] ?? "") : undefined;
    if (replacement === undefined) return each;
    const t = { ...tensorHeader(replacement), rawData: replacement.bytes() };
    return { ...each, attribute: [{ name: "value", type: AttributeProto.AttributeType.TENSOR, t }] };
  });
  return ModelProto.encode({ ...model, graph: { ...model.graph, initializer, node } }).finish();
}

/**
 * The initializers of a model that are no parameters of the graph that it was decoded to: arguments of operators, such as the scales of
 * a Resize. Errors: as for `compareInitializers`.
 */
export function argumentsAmong(given: GivenBytes, graph: Graph): ReadonlySet<string> {
  const parameters = new Set(parametersOf(graph).map(({ name }) => name));
  const names = weightsOf(parsed(given)).keys();
  return new Set([...names].filter((name) => !parameters.has(name)));
}

/**
 * The names of the tensors that a model holds in its graph, where they can be replaced: not in functions and branches, whose nodes are
 * read as the graph's. Errors: as for `compareInitializers`.
 */
export function replaceableNames({ bytes, file }: Pick<GivenBytes, "bytes" | "file">): ReadonlySet<string> {
  const { graph } = parseModel(bytes, file);
  const constants = (graph?.node ?? []).filter(isConstantNode).map(({ output }) => output?.[0]);
  return new Set(
    [...(graph?.initializer ?? []).map(({ name }) => name), ...constants].map((name) => name ?? ""),
  );
}

/** The weights of an own export, by name. */
export function weightsOfExport(own: Uint8Array): ReadonlyMap<string, HeldTensor> {
  return weightsOf(parsed(exported(own)));
}

/** The weights of a graph, by name, with the numbers that they start with. */
export function weightsOfGraph(graph: Graph, seed: number): ReadonlyMap<string, HeldTensor> {
  return new Map(
    parametersOf(graph).flatMap(({ name, type, data }) => {
      const { dtype } = type;
      const dims = concreteDims(type.dims);
      if (!isNumberDType(dtype) || isIntegerType(dtype) || dims.length === 0) return [];
      const bytes = (): Uint8Array => encodeElements(materialize(data, seed, dtype), dtype);
      return [[name, { name, dtype, dims, bytes }] as const];
    }),
  );
}

/** A tensor of the IR's element types. */
export interface HeldTensor {
  readonly name: string;
  readonly dtype: NumberDType;
  readonly dims: readonly number[];
  bytes(): Uint8Array;
}

/** A tensor of a model, with its external data. Errors: `InputError` for element types that the IR lacks and data that doesn't fit. */
export function heldTensor(tensor: TensorMessage, { file, openData }: Omit<GivenBytes, "bytes">): HeldTensor {
  try {
    const dtype = elementTypeOf(tensor.dataType ?? 0);
    const stored = tensorOfMessage(tensor, openData);
    return { name: stored.name, dtype, dims: stored.dims, bytes: () => bytesOfTensor(stored) };
  } catch (error) {
    if (!(error instanceof TypeRefusal)) throw error;
    throw InputError.of("onnx/unsupported", `${file}: ${error.message}`, { file });
  }
}

interface ParsedModel extends Omit<GivenBytes, "bytes"> {
  readonly model: ModelMessage;
}

function exported(bytes: Uint8Array): GivenBytes {
  return { bytes, file: "the export", openData: nothingBeside };
}

function parsed(given: GivenBytes): ParsedModel {
  return { ...given, model: parseModel(given.bytes, given.file) };
}

/** The element types of weights. */
const FLOATS: readonly DType[] = ["float32", "float16"];

function weightsOf(given: ParsedModel): ReadonlyMap<string, HeldTensor> {
  const { graph } = given.model;
  const read = new Set((graph?.node ?? []).flatMap(({ input }) => input ?? []));
  return new Map(
    (graph?.initializer ?? [])
      .filter(({ dataType }) => FLOATS.includes(dtypeOfNumber(dataType)))
      .map((tensor) => heldTensor(tensor, given))
      .filter(({ name, dims }) => dims.length > 0 && read.has(name))
      .map((tensor) => [tensor.name, tensor]),
  );
}

function isKnown(theirs: ReadonlyMap<string, HeldTensor>, ours: ReadonlyMap<string, HeldTensor>): boolean {
  return [...theirs.values()].every(({ name, dtype, dims }) => {
    const other = ours.get(name);
    return other !== undefined && other.dtype === dtype && other.dims.join() === dims.join();
  });
}
