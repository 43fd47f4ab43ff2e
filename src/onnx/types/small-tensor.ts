import { nothingBeside } from "../../base/bytes.js";
import { elementCount, type TensorType, tensorType, unlessRefused } from "../../ir/types.js";
import { elementReader } from "../../weights/formats/file-dtypes.js";
import { dtypeOfNumber } from "../file/element-types.js";
import { type TensorMessage, toInteger } from "../file/proto.js";
import { elementDType, isExternal, tensorOfMessage } from "../file/tensors.js";

/** Arguments of operators (sizes, axes, bounds) have fewer elements. */
const MOST_NUMBERS = 4096;

/** The type of a tensor of a body or of an attribute, and its numbers where it is small and has some. */
export function smallTensorNumbers(tensor: TensorMessage): {
  readonly type: TensorType;
  readonly numbers: readonly number[] | undefined;
} {
  const dims = (tensor.dims ?? []).map(toInteger);
  const type = tensorType(dims, dtypeOfNumber(tensor.dataType));
  return { type, numbers: numbersOf(tensor, dims) };
}

function numbersOf(tensor: TensorMessage, dims: readonly number[]): readonly number[] | undefined {
  const dtype = elementDType(tensor);
  const at = dtype && elementReader(dtype);
  if (at === undefined || isExternal(tensor) || !(elementCount(dims) <= MOST_NUMBERS)) return undefined;
  return unlessRefused(() => {
    const stored = tensorOfMessage(tensor, nothingBeside);
    const bytes = new Uint8Array(stored.byteLength);
    stored.readInto(bytes, 0);
    const view = new DataView(bytes.buffer);
    return Array.from({ length: elementCount(dims) }, (_, i) => at(view, i));
  });
}
