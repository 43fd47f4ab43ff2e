import { inTransaction, writeTextSync } from "../../files/atomic-file.js";
import { modelInMemory } from "../../files/models/in-memory.js";
import { addModel } from "../../files/models/write.js";
import { isStream, toOutput } from "../../files/standard-streams.js";
import type { ModelParts } from "../../onnx/encode/layout.js";
import { type HalfRounding, startHalfRounding } from "../../weights/values/half.js";
import type { RewriteTask } from "./encode.js";

/** The picture of a choice, and the file that it is written to. */
export interface CurvePicture {
  readonly file: string;
  readonly svg: string;
}

/** What puts a rewritten model somewhere, and says where. `rounding`: what rounding to half precision did to its numbers. */
export type Deliver<D> = (
  parts: ModelParts,
  curve: CurvePicture | undefined,
  task: RewriteTask,
) => Promise<D & { readonly rounding: HalfRounding }>;

/** Writes the model and the picture of a choice: both files appear, or none. */
export async function toFile(
  output: string,
  parts: ModelParts,
  curve: CurvePicture | undefined,
  { imported, options }: RewriteTask,
) {
  const { seed = 0, digest, onProgress } = options;
  // Standard output takes one file.
  const { externalData = imported.source.hasExternalData && !isStream(output) } = options;
  const rounding = startHalfRounding();
  const written = await toOutput(output, (file) =>
    inTransaction(async (transaction) => {
      if (curve !== undefined) await (await transaction.open(curve.file)).write(Buffer.from(curve.svg));
      return addModel(transaction, file, parts, {
        ...{ seed, rounding, externalData, digest },
        onProgress: (part) => onProgress?.("writing the model", part),
      });
    }),
  );
  return { output, ...written, rounding };
}

/** Makes the model, and writes the picture. */
export async function toMemory(
  parts: ModelParts,
  curve: CurvePicture | undefined,
  { options: { seed = 0, digest } }: RewriteTask,
) {
  const rounding = startHalfRounding();
  const made = modelInMemory(parts, { seed, rounding, digest });
  if (curve !== undefined) writeTextSync(curve.file, curve.svg);
  return { ...made, rounding };
}
