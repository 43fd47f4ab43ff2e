import { Defect } from "../base/diagnostic.js";
import type { NumberDType } from "../ir/types.js";
import type { WeightExpr } from "../ir/weight.js";
import { byteCount } from "../weights/elements.js";
import type { EncodedModel, Initializer } from "./export.js";
import { FIELD, fieldHeader, GraphProto, ModelProto, TensorProto, tensorHeader } from "./proto.js";

/** A piece of a file: bytes, or numbers that are made when it is their turn. */
export type Segment =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly byteLength: number }
  | {
      readonly kind: "numbers";
      /** The tensor that they are. */
      readonly name: string;
      readonly expr: WeightExpr;
      readonly dtype: NumberDType;
      readonly byteLength: number;
    };

/** A file as its pieces in order: everything about it but the numbers, so its length is known before they are. */
export interface FileLayout {
  readonly segments: readonly Segment[];
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

/** A model in one file: the protobuf message, with each tensor's numbers in the place of its raw_data. */
export function layoutModel(encoded: EncodedModel): ModelLayout {
  return { model: modelFile(encoded, encoded.initializers.map(embeddedTensor)) };
}

/** A model in two files: tensors of 1 KiB and more lie in the one of that name (relative to the model), if there are any. */
export function layoutExternal(encoded: EncodedModel, location: string): ModelLayout {
  const data: Segment[] = [];
  let end = 0;
  const tensors = encoded.initializers.map((initializer) => {
    const numbers = numbersOf(initializer);
    if (numbers.byteLength < SMALLEST_EXTERNAL) return embeddedTensor(initializer);
    const offset = Math.ceil(end / PAGE) * PAGE;
    if (offset > end) data.push(bytes(new Uint8Array(offset - end)));
    data.push(numbers);
    end = offset + numbers.byteLength;
    return [bytes(externalHeader(initializer, { location, offset, length: numbers.byteLength }))];
  });
  const model = modelFile(encoded, tensors);
  return data.length === 0 ? { model } : { model, data: layout(data) };
}

// Protobuf's fields may come in any order: those that are large come last, their lengths in front by hand.

function modelFile(encoded: EncodedModel, tensors: readonly (readonly Segment[])[]): FileLayout {
  const graph = layout([
    bytes(GraphProto.encode(encoded.graph).finish()),
    ...tensors.flatMap((tensor) => message(FIELD.graphInitializer, layout(tensor))),
  ]);
  return layout([bytes(ModelProto.encode(encoded.model).finish()), ...message(FIELD.modelGraph, graph)]);
}

function embeddedTensor(initializer: Initializer): Segment[] {
  const numbers = numbersOf(initializer);
  const header = TensorProto.encode(tensorHeader(initializer)).finish();
  return [bytes(header), ...message(FIELD.tensorRawData, layout([numbers]))];
}

function externalHeader(
  initializer: Initializer,
  entries: { readonly location: string; readonly offset: number; readonly length: number },
): Uint8Array {
  return TensorProto.encode({
    ...tensorHeader(initializer),
    dataLocation: TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
  }).finish();
}

function numbersOf({ name, data, dims, dtype }: Initializer): Segment {
  const byteLength = byteCount(dims, dtype);
  if (!(data instanceof Uint8Array)) return { kind: "numbers", name, expr: data, dtype, byteLength };
  if (data.length !== byteLength) throw new Defect(`${name} has ${data.length} bytes, not ${byteLength}`);
  return bytes(data);
}

function message(field: number, content: FileLayout): Segment[] {
  return [bytes(fieldHeader(field, content.byteLength)), ...content.segments];
}

function bytes(content: Uint8Array): Segment {
  return { kind: "bytes", bytes: content, byteLength: content.length };
}

function layout(segments: readonly Segment[]): FileLayout {
  return { segments, byteLength: segments.reduce((sum, { byteLength }) => sum + byteLength, 0) };
}
