import * as assert from "uvu/assert";
import { elementCount } from "../../src/ir/types.js";
import { type FileDType, fileByteCount } from "../../src/weights/formats/file-dtypes.js";
import type { StoredTensor, TensorSource } from "../../src/weights/formats/tensor-source.js";
import { isStepCount } from "./state-dict.js";

export interface GivenTensor {
  readonly dims: readonly number[];
  readonly dtype?: FileDType;
}

/** A source of tensors of which no number is ever read: names and shapes are enough to find their places. */
export function givenTensors(
  tensors: Readonly<Record<string, GivenTensor>>,
  file = "given.safetensors",
): TensorSource {
  const entries = Object.entries(tensors).map(([name, { dims, dtype = "F32" }]): [string, StoredTensor] => {
    const byteLength = fileByteCount(dims, dtype) ?? elementCount(dims);
    const readInto = (): void => assert.unreachable(`${name} is read`);
    return [name, { name, dtype, dims, byteLength, readInto }];
  });
  return { file, format: "safetensors", tensors: new Map(entries), metadata: new Map(), close() {} };
}

/** A state_dict's names and shapes as such a source. */
export function givenStateDict(shapes: Readonly<Record<string, readonly number[]>>): TensorSource {
  return givenTensors(
    Object.fromEntries(
      Object.entries(shapes).map(([name, dims]) => [
        name,
        { dims, dtype: isStepCount(name) ? "I64" : "F32" },
      ]),
    ),
    "timm.safetensors",
  );
}
