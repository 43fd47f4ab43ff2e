import { createHash } from "node:crypto";
import { InputError } from "../../base/diagnostic.js";
import { modelBytes, type NumbersOptions } from "../../onnx/encode/bytes.js";
import type { EncodedModel } from "../../onnx/encode/export.js";
import type { ModelParts } from "../../onnx/encode/layout.js";
import type { WriteOptions } from "./write.js";

/** A model that no file has. */
export interface ModelInMemory {
  /** The ONNX model, weights included. */
  readonly model: Uint8Array;
  /** How many bytes it has. */
  readonly bytes: number;
  /** The model's sha256, if requested. */
  readonly sha256?: string;
}

/** Makes the bytes that a file of the model would have. Errors: `InputError` above 2 GiB. */
export function modelInMemory(
  encoded: EncodedModel | ModelParts,
  { digest, ...numbers }: NumbersOptions & Pick<WriteOptions, "digest">,
): ModelInMemory {
  const model = modelBytes(encoded, numbers);
  const made = { model, bytes: model.length };
  return digest === false ? made : { ...made, sha256: createHash("sha256").update(model).digest("hex") };
}

/** Errors: `InputError` for external data of a model that is not written. */
export function refuseExternalData({ externalData }: Pick<WriteOptions, "externalData">): void {
  if (externalData !== true) return;
  throw InputError.of(
    "library/external-data",
    "external data is a file beside a model, and no output is named",
    {
      hint: 'name one: { output: "OUT.onnx", externalData: true }',
    },
  );
}
