import {
  type ByteRange,
  concatBytes,
  NoSuchFile,
  type OpenBeside,
  rangeOf,
  rangeOfBytes,
  readRange,
} from "../../base/bytes.js";
import { refuse } from "../../ir/types.js";
import { type FileDType, fileByteCount } from "../../weights/formats/file-dtypes.js";
import type { LatestBytes } from "../../weights/formats/latest.js";
import { rangeOfTensor, type StoredTensor } from "../../weights/formats/tensor-source.js";
import { listBytes } from "./list-data.js";
import { FIELD, type TensorMessage, TensorProto, toInteger } from "./proto.js";
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
/** A tensor's name, sizes and location take less. */
const LONGEST_REST = 1 << 20;

/** An initializer as far as it stands in the model itself. */
export interface DocumentTensor {
  readonly message: WireField;
  readonly fields: readonly WireField[];
  /** The tensor without its data. */
  readonly tensor: TensorMessage;
}

/** Reads all of an initializer but its data. Refuses (`refuse`) what can't be decoded. */
export function readInitializer(wire: WireReader, message: WireField): DocumentTensor {
  const fields = [...wire.fields(message.start, message.end)];
  const rest = fields.filter(({ number }) => !DATA_FIELDS.includes(number));
  if (rest.reduce((sum, { begin, end }) => sum + end - begin, 0) > LONGEST_REST) {
    refuse(`its name, sizes and place take more than ${LONGEST_REST} bytes`);
  }
  const tensor = decode(concatBytes(rest.map(({ begin, end }) => wire.read(begin, end))));
  return { message, fields, tensor };
}

/** The fields of an initializer's message that don't say where its data is or what. */
export function fieldsWithoutData({ fields }: DocumentTensor): readonly WireField[] {
  const locations: readonly number[] = [FIELD.tensorExternalData, FIELD.tensorDataLocation];
  return fields.filter(({ number }) => !DATA_FIELDS.includes(number) && !locations.includes(number));
}

function decode(bytes: Uint8Array): TensorMessage {
  try {
    return TensorProto.decode(bytes);
  } catch (error) {
    // protobufjs has no error class of its own for bytes that make no message.
    return refuse(`it can't be decoded: ${(error as Error).message}`);
  }
}

/** Whether the data lies in another file. */
export function isExternal(tensor: TensorMessage): boolean {
  return tensor.dataLocation === TensorProto.DataLocation.EXTERNAL;
}

/** What the numbers of a model's initializers are read with. */
export interface TensorReading {
  readonly range: ByteRange;
  readonly wire: WireReader;
  /** Opens a file with external data. */
  readonly openData: OpenBeside;
  readonly latest: LatestBytes;
}

/**
 * An initializer as a tensor of the file. Refuses (`refuse`) types that weight files don't have, and data that
 * doesn't fit the sizes.
 */
export function storedInitializer(
  { range, wire, openData, latest }: TensorReading,
  { message, fields, tensor }: DocumentTensor,
): StoredTensor {
  if (!tensor.name) refuse("it has no name");
  return storedTensor(tensor, openData, (dtype) => {
    const raw = fields.findLast(({ number }) => number === FIELD.tensorRawData);
    if (raw !== undefined && raw.end > raw.start) return rangeOf(range, raw.start, raw.end - raw.start);
    const load = (): Uint8Array => listBytes(decode(wire.read(message.start, message.end)), dtype);
    // Lists are for small tensors; one with a wrong number of elements is found now, not when it is needed.
    const key = Symbol(tensor.name ?? "");
    return {
      size: latest.of(key, load).length,
      readInto: (target, offset) => target.set(latest.of(key, load).subarray(offset, offset + target.length)),
    };
  });
}

/** A tensor whose message was decoded as a whole. Refuses (`refuse`) what `storedInitializer` does. */
export function tensorOfMessage(tensor: TensorMessage, openData: OpenBeside): StoredTensor {
  return storedTensor(tensor, openData, (dtype) =>
    rangeOfBytes(tensor.rawData?.length ? tensor.rawData : listBytes(tensor, dtype)),
  );
}

/** All bytes of a tensor. */
export function bytesOfTensor(tensor: StoredTensor): Uint8Array {
  return readRange(rangeOfTensor(tensor), 0, tensor.byteLength);
}

function storedTensor(
  tensor: TensorMessage,
  openData: OpenBeside,
  embedded: (dtype: FileDType) => ByteRange,
): StoredTensor {
  const type = tensor.dataType ?? 0;
  const dtype = elementDType(tensor) ?? refuse(`its element type ${DataType[type] ?? type} is not read`);
  const dims = (tensor.dims ?? []).map(toInteger);
  const byteLength = dims.every((dim) => dim >= 0) ? fileByteCount(dims, dtype) : undefined;
  if (byteLength === undefined) refuse(`its sizes are [${dims.join(", ")}]`);
  if (tensor.segment !== null && tensor.segment !== undefined) refuse("it is one segment of a tensor");
  const data = isExternal(tensor) ? externalData(tensor, openData, byteLength) : embedded(dtype);
  if (data.size !== byteLength)
    refuse(`its data has ${data.size} bytes, ${dtype} of [${dims.join(", ")}] has ${byteLength}`);
  return { name: tensor.name ?? "", dtype, dims, byteLength, readInto: data.readInto };
}

/**
 * A tensor's external data, which must be `expected` bytes of a file beside the model. Refuses (`refuse`) anything else.
 */
export function externalData(tensor: TensorMessage, openData: OpenBeside, expected: number): ByteRange {
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
  const location = entries.get("location") ?? "";
  const file =
    opened(location, openData) ??
    refuse(`its external data "${location}" must be a file in the model's folder`);
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? file.size - offset);
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== expected || offset + length > file.size) {
    refuse(
      `its external data (${length} bytes from ${offset} of ${location}, which has ${file.size}) must be ${expected} bytes`,
    );
  }
  return rangeOf(file, offset, length);
}

function opened(location: string, openData: OpenBeside): ByteRange | undefined {
  try {
    return openData(location);
  } catch (error) {
    if (!(error instanceof NoSuchFile)) throw error;
    return refuse(`its external data "${location}" can't be read: ${error.message}`);
  }
}
