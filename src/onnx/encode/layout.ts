import type { ByteRange } from "../../base/bytes.js";
import { Defect } from "../../base/diagnostic.js";
import type { NumberDType } from "../../ir/types.js";
import type { WeightExpr } from "../../ir/weight.js";
import { byteCount } from "../../weights/values/elements.js";
import { FIELD, fieldHeader, GraphProto, ModelProto, TensorProto, tensorHeader } from "../file/proto.js";
import type { EncodedModel, TensorToWrite } from "./export.js";

/** A piece of a file: bytes, bytes of another file, or numbers that are made when it is their turn. */
export type FileSegment =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly byteLength: number }
  | {
      readonly kind: "copy";
      readonly range: ByteRange;
      readonly start: number;
      readonly byteLength: number;
    }
  | {
      readonly kind: "numbers";
      /** The tensor that they are. */
      readonly name: string;
      readonly expr: WeightExpr;
      readonly dtype: NumberDType;
      readonly byteLength: number;
    };

/** A tensor of a model, of which it is not yet said whether its data lies in the model or beside it. */
export interface TensorPart {
  readonly kind: "tensor";
  /** The fields of its message but those of its data. */
  readonly header: Uint8Array;
  readonly data: FileSegment;
  /** The whole field as it lies in the file that it was read from, data included. */
  readonly verbatim?: FileSegment | undefined;
}

/** A model as what it consists of, in order. */
export interface ModelParts {
  /** The model's fields before its graph. */
  readonly before: readonly FileSegment[];
  readonly graph: readonly (FileSegment | TensorPart)[];
  /** The model's fields after its graph. */
  readonly after: readonly FileSegment[];
}

/** A file as its pieces in order: everything about it but the numbers, so its length is known before they are. */
export interface FileLayout {
  readonly segments: readonly FileSegment[];
  readonly byteLength: number;
}

export interface ModelLayout {
  readonly model: FileLayout;
  /** The file beside the model that holds the large tensors. */
  readonly data?: FileLayout;
}

/** Protobuf readers refuse messages from here on: lengths are signed 32-bit numbers to them. */
export const LARGEST_MESSAGE = 2 ** 31 - 1;

/** Tensors in an external file begin at multiples of a memory page, so that readers can map them. */
const PAGE = 4096;
/** Smaller tensors stay in the model: shape inference reads some, and a page for each would be a waste. */
const SMALLEST_EXTERNAL = 1024;

// Protobuf's fields may come in any order: those that are large come last, their lengths in front by hand.

/** The parts of a model that was encoded as messages. */
export function partsOf(encoded: EncodedModel | ModelParts): ModelParts {
  if ("before" in encoded) return encoded;
  return {
    before: [bytes(ModelProto.encode(encoded.model).finish())],
    graph: [bytes(GraphProto.encode(encoded.graph).finish()), ...encoded.initializers.map(tensorPart)],
    after: [],
  };
}

/** A model in one file: the protobuf message, with each tensor's numbers instead of its raw_data. */
export function layoutModel(encoded: EncodedModel | ModelParts): ModelLayout {
  const parts = partsOf(encoded);
  return { model: modelFile(parts, (tensor) => tensor.verbatim ?? embedded(tensor)) };
}

/** A model in two files: tensors of 1 KiB and more lie in the one of that name (relative to the model), if there are any. */
export function layoutExternal(encoded: EncodedModel | ModelParts, location: string): ModelLayout {
  const parts = partsOf(encoded);
  const data: FileSegment[] = [];
  let end = 0;
  const model = modelFile(parts, (tensor) => {
    const { byteLength } = tensor.data;
    if (byteLength < SMALLEST_EXTERNAL) return tensor.verbatim ?? embedded(tensor);
    const offset = Math.ceil(end / PAGE) * PAGE;
    if (offset > end) data.push(bytes(new Uint8Array(offset - end)));
    data.push(tensor.data);
    end = offset + byteLength;
    return [bytes(tensor.header), bytes(locationOf({ location, offset, length: byteLength }))];
  });
  return data.length === 0 ? { model } : { model, data: layout(data) };
}

/** A tensor that is written anew. */
export function tensorPart(initializer: TensorToWrite): TensorPart {
  const header = TensorProto.encode(tensorHeader(initializer)).finish();
  return { kind: "tensor", header, data: numbersOf(initializer) };
}

export function bytes(content: Uint8Array): FileSegment {
  return { kind: "bytes", bytes: content, byteLength: content.length };
}

/** The bytes of a file from `start` to `end`. */
export function copied(range: ByteRange, start: number, end: number): FileSegment {
  return { kind: "copy", range, start, byteLength: end - start };
}

/** A field of a message: its tag, its length and what it holds. */
export function message(field: number, content: readonly FileSegment[]): readonly FileSegment[] {
  const { segments, byteLength } = layout(content);
  return [bytes(fieldHeader(field, byteLength)), ...segments];
}

function modelFile(
  { before, graph, after }: ModelParts,
  write: (tensor: TensorPart) => FileSegment | readonly FileSegment[],
): FileLayout {
  const fields = graph.flatMap((part): readonly FileSegment[] => {
    if (part.kind !== "tensor") return [part];
    const written = write(part);
    return "kind" in written ? [written] : message(FIELD.graphInitializer, written);
  });
  return layout([...before, ...message(FIELD.modelGraph, fields), ...after]);
}

function embedded({ header, data }: TensorPart): readonly FileSegment[] {
  return [bytes(header), ...message(FIELD.tensorRawData, [data])];
}

/** Where the data of a tensor lies in another file, as fields of its message. */
function locationOf(entries: {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}): Uint8Array {
  return TensorProto.encode({
    dataLocation: TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
  }).finish();
}

function numbersOf({ name, data, dims, dtype }: TensorToWrite): FileSegment {
  const byteLength = byteCount(dims, dtype);
  if (!(data instanceof Uint8Array)) return { kind: "numbers", name, expr: data, dtype, byteLength };
  if (data.length !== byteLength) throw new Defect(`${name} has ${data.length} bytes, not ${byteLength}`);
  return bytes(data);
}

function layout(segments: readonly FileSegment[]): FileLayout {
  return { segments, byteLength: segments.reduce((sum, { byteLength }) => sum + byteLength, 0) };
}
