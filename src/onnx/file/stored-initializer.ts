import { type ByteRange, rangeOf } from "../../base/bytes.js";
import { refuse } from "../../ir/types.js";
import { type FileDType, fileByteCount } from "../../weights/formats/file-dtypes.js";
import type { LatestBytes } from "../../weights/formats/latest.js";
import type { StoredTensor } from "../../weights/formats/tensor-source.js";
import { listBytes } from "./list-data.js";
import { FIELD, type TensorMessage, TensorProto, toInteger } from "./proto.js";
import { externalPlace } from "./tensor-data.js";
import type { WireField, WireReader } from "./wire.js";

const { DataType } = TensorProto;

const DTYPES: Readonly<Record<number, FileDType>> = {
  [DataType.FLOAT]: "F32",
  [DataType.FLOAT16]: "F16",
  [DataType.BFLOAT16]: "BF16",
  [DataType.DOUBLE]: "F64",
  [DataType.INT64]: "I64",
  [DataType.INT32]: "I32",
  [DataType.INT16]: "I16",
  [DataType.INT8]: "I8",
  [DataType.UINT64]: "U64",
  [DataType.UINT32]: "U32",
  [DataType.UINT16]: "U16",
  [DataType.UINT8]: "U8",
  [DataType.BOOL]: "BOOL",
};

/** The element type of a tensor; undefined for one that weight files don't have. */
export function elementDType(tensor: TensorMessage): FileDType | undefined {
  return DTYPES[tensor.dataType ?? 0];
}

/** Fields of TensorProto with the data of a tensor, which is not read with the rest. */
const DATA_FIELDS: readonly number[] = [4, 5, 6, 7, FIELD.tensorRawData, 10, 11];
/** A tensor's name, sizes and place take less. */
const LONGEST_REST = 1 << 20;

/** The model that is being read. */
export interface OpenModel {
  /** The model's file: external data lies in its folder. */
  readonly path: string;
  readonly range: ByteRange;
  readonly wire: WireReader;
  /** Another file, with external data. */
  open(path: string): ByteRange;
  readonly latest: LatestBytes;
}

/** An initializer as far as it stands in the model itself. */
export interface Initializer {
  readonly message: WireField;
  readonly fields: readonly WireField[];
  /** The tensor without its data. */
  readonly tensor: TensorMessage;
}

/** Reads all of an initializer but its data. Refuses (`refuse`) what can't be decoded. */
export function readInitializer(wire: WireReader, message: WireField): Initializer {
  const fields = [...wire.fields(message.start, message.end)];
  return { message, fields, tensor: decodeRest(wire, fields) };
}

/**
 * An initializer as a tensor of the file. Refuses (`refuse`) types that weight files don't have, and data that
 * doesn't fit the sizes.
 */
export function storedInitializer(
  { path: file, range, wire, open, latest }: OpenModel,
  { message, fields, tensor }: Initializer,
): StoredTensor {
  const name = tensor.name ?? "";
  if (name === "") refuse("it has no name");
  const type = tensor.dataType ?? 0;
  const dtype = elementDType(tensor) ?? refuse(`its element type ${DataType[type] ?? type} is not read`);
  const dims = (tensor.dims ?? []).map(toInteger);
  const byteLength = dims.every((dim) => dim >= 0) ? fileByteCount(dims, dtype) : undefined;
  if (byteLength === undefined) refuse(`its sizes are [${dims.join(", ")}]`);
  if (tensor.segment !== null && tensor.segment !== undefined) refuse("it is one segment of a tensor");
  const common = { name, dtype, dims, byteLength };
  const fits = (found: number): void => {
    if (found !== byteLength)
      refuse(`its data has ${found} bytes, ${dtype} of [${dims.join(", ")}] has ${byteLength}`);
  };

  if (isExternal({ tensor })) {
    const { path, offset, length } = externalPlace(tensor, file, byteLength);
    return { ...common, readInto: rangeOf(open(path), offset, length).readInto };
  }
  const raw = fields.findLast(({ number }) => number === FIELD.tensorRawData);
  if (raw !== undefined && raw.end > raw.start) {
    fits(raw.end - raw.start);
    return { ...common, readInto: rangeOf(range, raw.start, byteLength).readInto };
  }
  const load = (): Uint8Array => listBytes(decode(wire.read(message.start, message.end)), dtype);
  // Lists are for small tensors; one with a wrong number of elements is found now, not when it is needed.
  const key = Symbol(name);
  fits(latest.of(key, load).length);
  return {
    ...common,
    readInto: (target, offset) => target.set(latest.of(key, load).subarray(offset, offset + target.length)),
  };
}

/** Whether the data lies in another file. */
export function isExternal({ tensor }: Pick<Initializer, "tensor">): boolean {
  return tensor.dataLocation === TensorProto.DataLocation.EXTERNAL;
}

/** The fields of an initializer's message that don't say where its data is or what. */
export function fieldsWithoutData({ fields }: Initializer): readonly WireField[] {
  const places: readonly number[] = [FIELD.tensorExternalData, FIELD.tensorDataLocation];
  return fields.filter(({ number }) => !DATA_FIELDS.includes(number) && !places.includes(number));
}

/** The tensor without its data. */
function decodeRest(wire: WireReader, fields: readonly WireField[]): TensorMessage {
  const rest = fields.filter(({ number }) => !DATA_FIELDS.includes(number));
  if (rest.reduce((sum, { begin, end }) => sum + end - begin, 0) > LONGEST_REST) {
    refuse(`its name, sizes and place take more than ${LONGEST_REST} bytes`);
  }
  return decode(Buffer.concat(rest.map(({ begin, end }) => wire.read(begin, end))));
}

function decode(bytes: Uint8Array): TensorMessage {
  try {
    return TensorProto.decode(bytes);
  } catch (error) {
    // protobufjs has no error class of its own for bytes that make no message.
    return refuse(`it can't be decoded: ${(error as Error).message}`);
  }
}
