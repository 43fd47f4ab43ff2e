import { statSync } from "node:fs";
import { besideFile } from "../../files/inside-folder.js";
import { RandomAccessFile } from "../../files/random-access-file.js";
import type { NumberDType } from "../../ir/types.js";
import { refuse } from "../../ir/types.js";
import type { FileDType } from "../../weights/formats/file-dtypes.js";
import { byteCount } from "../../weights/values/elements.js";
import { listBytes } from "./list-data.js";
import { ELEMENT_TYPE, type TensorMessage, TensorProto, toInteger } from "./proto.js";

/** A tensor that a file holds, with sizes and element type checked. */
export interface FileTensor {
  readonly name: string;
  readonly dtype: NumberDType;
  readonly dims: readonly number[];
  /** Its numbers as little-endian bytes; reads the external file where they lie in one. */
  bytes(): Uint8Array;
}

/**
 * Reads a TensorProto of the model `file`. Refuses (`refuse`) element types that the IR lacks and data that
 * does not fit the sizes.
 */
export function readTensor(tensor: TensorMessage, file: string): FileTensor {
  const dtype = elementTypeOf(tensor.dataType ?? 0);
  const dims = (tensor.dims ?? []).map(toInteger);
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
    refuse(`its sizes are [${dims.join(", ")}]`);
  const expected = byteCount(dims, dtype);
  const bytes = (): Uint8Array => {
    const external = tensor.dataLocation === TensorProto.DataLocation.EXTERNAL;
    return external ? externalBytes(tensor, file, expected) : embeddedBytes(tensor, dtype);
  };
  return {
    name: tensor.name ?? "",
    dtype,
    dims,
    bytes() {
      const found = bytes();
      return found.length === expected
        ? found
        : refuse(`its data has ${found.length} bytes, ${dtype} of [${dims.join(", ")}] has ${expected}`);
    },
  };
}

/** The IR's element type for a number of TensorProto.DataType. */
export function elementTypeOf(dataType: number): NumberDType {
  const found = (Object.keys(ELEMENT_TYPE) as NumberDType[]).find(
    (dtype) => ELEMENT_TYPE[dtype] === dataType,
  );
  const name = TensorProto.DataType[dataType] ?? String(dataType);
  return (
    found ?? refuse(`the element type ${name} is not supported, ${Object.keys(ELEMENT_TYPE).join(", ")} are`)
  );
}

/** Data in the model itself: as bytes, or as a list of numbers of the type's field. */
function embeddedBytes(tensor: TensorMessage, dtype: NumberDType): Uint8Array {
  if (tensor.rawData !== null && tensor.rawData !== undefined && tensor.rawData.length > 0)
    return tensor.rawData;
  return listBytes(tensor, LIST_DTYPE[dtype]);
}

const LIST_DTYPE = { float32: "F32", float16: "F16", int64: "I64", int32: "I32" } as const satisfies Record<
  NumberDType,
  FileDType
>;

/** Where the bytes of a tensor lie in a file beside the model. */
export interface ExternalPlace {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * The place of a tensor's external data, which must be `expected` bytes of a file beside the model
 * `file`. Refuses (`refuse`) anything else.
 */
export function externalPlace(tensor: TensorMessage, file: string, expected: number): ExternalPlace {
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
  const location = entries.get("location") ?? "";
  try {
    const path =
      besideFile(location, file) ??
      refuse(`its external data "${location}" must be a file in the model's folder`);
    const { size } = statSync(path);
    const offset = Number(entries.get("offset") ?? 0);
    const length = Number(entries.get("length") ?? size - offset);
    if (!Number.isSafeInteger(offset) || offset < 0 || length !== expected || offset + length > size) {
      refuse(
        `its external data (${length} bytes from ${offset} of ${location}, which has ${size}) must be ${expected} bytes`,
      );
    }
    return { path, offset, length };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return refuse(`its external data "${location}" can't be read: ${(error as Error).message}`);
  }
}

function externalBytes(tensor: TensorMessage, file: string, expected: number): Uint8Array {
  const { path, offset, length } = externalPlace(tensor, file, expected);
  const data = RandomAccessFile.open(path);
  try {
    return data.read(offset, length);
  } finally {
    data.close();
  }
}
