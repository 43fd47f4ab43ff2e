import { basename, join } from "node:path";
import { inTransaction } from "../../files/atomic-file.js";
import { makeFolder } from "../../files/folder.js";
import { modelInMemory } from "../../files/models/in-memory.js";
import { replacedNotes } from "../../files/models/replaced.js";
import { addModel } from "../../files/models/write.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { fileAmong, isStream, STANDARD_INPUT, toOutput } from "../../files/standard-streams.js";
import { addWeights, type ExportedWeights, exportWeights } from "../../files/tensors/export-weights.js";
import type { ExportOptions } from "../../networks/export.js";
import type { SpecNetwork } from "../../networks/spec-network.js";
import type { EncodedModel } from "../../onnx/encode/export.js";
import { type HalfRounding, startHalfRounding } from "../../weights/values/half.js";

/** Where a compiled model goes. */
export interface DeliverOptions {
  /** The ONNX file; `-` is standard output. Default: of the command line `out/` and the spec file's base name, of the library none. */
  readonly output?: string | undefined;
  /** A safetensors file for the network's parameters and running statistics before folding. */
  readonly exportWeights?: string | undefined;
  /** Writes the weights to a file beside the model, as files above 2 GiB do anyway. */
  readonly externalData?: boolean | undefined;
  /** Whether the report has the file's sha256. Default: true. */
  readonly digest?: boolean | undefined;
  /** `part`: how much is done, from 0 to 1. */
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

type Delivering = DeliverOptions & Pick<ExportOptions, "seed">;

/** What has become of a model beside where it is. */
export interface Delivered {
  /** What rounding to half precision did to its numbers. */
  readonly rounding: HalfRounding;
  readonly exportedWeights: ExportedWeights | undefined;
  /** What a reader should know of a file that was there before. */
  readonly replaced?: readonly string[];
}

/** Writes the model and, where they are asked for, the weights before folding: both files appear, or none. */
export async function toFile(
  specFile: string,
  model: EncodedModel,
  { graph }: SpecNetwork,
  options: Delivering,
) {
  const { seed = 0, exportWeights, externalData = false, digest, onProgress } = options;
  const output = outputOf(specFile, options);
  const replaced = options.output === undefined ? replacedNotes(output, model) : [];
  const rounding = startHalfRounding();
  const progress = (message: string) => ({ onProgress: (part: number) => onProgress?.(message, part) });
  const written = await toOutput(output, (file) =>
    inTransaction(async (transaction) => ({
      exportedWeights:
        exportWeights === undefined
          ? undefined
          : await addWeights(transaction, exportWeights, graph, seed, progress("exporting weights")),
      ...(await addModel(transaction, file, model, {
        ...{ seed, rounding, externalData, digest },
        ...progress("writing weights"),
      })),
    })),
  );
  return { output, ...written, rounding, replaced };
}

/** Makes the model, and writes the weights before folding where they are asked for. */
export async function toMemory(model: EncodedModel, { graph }: SpecNetwork, options: Delivering) {
  const { seed = 0, exportWeights: file, digest } = options;
  const rounding = startHalfRounding();
  const made = modelInMemory(model, { seed, rounding, digest });
  const exportedWeights = file === undefined ? undefined : await exportWeights(file, graph, seed);
  return { ...made, exportedWeights, rounding };
}

/** The ONNX file. By default in `out/`, made if need be, under the spec file's base name. */
function outputOf(specFile: string, { output, exportWeights }: Delivering): string {
  if (output === undefined) makeFolder("out");
  const name = isStream(specFile) ? STANDARD_INPUT : basename(specFile).replace(/\.jsonc?$/, "");
  const file = output ?? join("out", `${name}.onnx`);
  refuseOutputs([fileAmong(file), exportWeights]);
  return file;
}
