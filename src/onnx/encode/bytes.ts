import { piecesOfRange, rangeOf } from "../../base/bytes.js";
import { InputError } from "../../base/diagnostic.js";
import { bytesOf, encodeElements, PIECE_ELEMENTS } from "../../weights/values/elements.js";
import { encodeHalf, type HalfRounding } from "../../weights/values/half.js";
import { weightChunks } from "../../weights/values/materialize.js";
import type { EncodedModel } from "./export.js";
import {
  type FileLayout,
  type FileSegment,
  LARGEST_MESSAGE,
  layoutModel,
  type ModelParts,
} from "./layout.js";

/** What the numbers of a model are made with. */
export interface NumbersOptions {
  /** The seed of the random weights. */
  readonly seed: number;
  /** Counts what rounding to float16 does to the numbers. */
  readonly rounding?: HalfRounding | undefined;
}

/** A model as the bytes of one file, its weights made on the way. Errors: `InputError` above 2 GiB. */
export function modelBytes(encoded: EncodedModel | ModelParts, options: NumbersOptions): Uint8Array {
  const { model } = layoutModel(encoded);
  if (model.byteLength > LARGEST_MESSAGE) {
    throw InputError.of(
      "onnx/too-large",
      `the model has ${model.byteLength} bytes; one file holds at most 2 GiB`,
      {
        hint: "write it with external data",
      },
    );
  }
  const all = new Uint8Array(model.byteLength);
  let end = 0;
  for (const piece of piecesOfFile(model, options)) {
    all.set(piece, end);
    end += piece.length;
  }
  return all;
}

/** The bytes of a file in order, the numbers among them made when it is their turn; each piece is valid until the next one is asked for. */
export function* piecesOfFile({ segments }: FileLayout, options: NumbersOptions): Iterable<Uint8Array> {
  const scratch = new Float32Array(PIECE_ELEMENTS);
  for (const segment of segments) yield* piecesOf(segment, options, scratch);
}

/** Bytes of another file that are held at a time. */
const COPIED_BYTES = 1 << 18;

function* piecesOf(
  segment: FileSegment,
  { seed, rounding }: NumbersOptions,
  scratch: Float32Array,
): Iterable<Uint8Array> {
  if (segment.kind === "bytes") return yield segment.bytes;
  if (segment.kind === "copy")
    return yield* piecesOfRange(rangeOf(segment.range, segment.start, segment.byteLength), COPIED_BYTES);
  for (const numbers of weightChunks(segment.expr, seed, PIECE_ELEMENTS)) {
    yield segment.dtype === "float16"
      ? bytesOf(encodeHalf(numbers, rounding, segment.name))
      : encodeElements(numbers, segment.dtype, scratch);
  }
}
