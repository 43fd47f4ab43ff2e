import { basename } from "node:path";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { readMetadata } from "../../files/models/read.js";
import { specNetwork } from "../../given/spec-file.js";
import { pictureSizes } from "../../ir/picture.js";
import type { SizeOptions } from "../../networks/input-sizes.js";
import type { NetworkOptions } from "../../networks/spec-network.js";
import { isOnnx } from "../../onnx/file/names.js";
import type { NumberTensor, Session } from "../../runtime/session.js";
import { exportBytes } from "../../trials/exported.js";
import type { InputValues } from "../../trials/input-values.js";
import { feedsOf, type InputShape, randomInputs } from "../../trials/numbers.js";
import { fixedBatch, workableInputs } from "../../trials/outputs.js";
import { type SizedInputs, sizedInputs } from "../../trials/sized-inputs.js";

/** A model that is timed: its file, or the bytes of a spec's export. */
export interface TimedModel {
  /** What the user called it. */
  readonly file: string;
  /** `b0-eca.onnx`, for messages. */
  readonly name: string;
  readonly model: Uint8Array | string;
  /** What the passes of a spec did not find that they were asked for. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * `options`: height and width of a spec's input instead of its own.
 *
 * Errors: `InputError` for a file that can't be read and for a wrong spec.
 */
export function timedModel(file: string, options: SizeOptions & Pick<NetworkOptions, "changes">): TimedModel {
  const name = basename(file);
  if (isOnnx(file)) {
    // What is no model is refused in better words than ONNX Runtime has.
    readMetadata(file);
    return { file, name, model: file, warnings: [] };
  }
  const network = specNetwork(file, options);
  const model = exportBytes(network);
  return { file, name, model, warnings: network.warnings };
}

/**
 * The inputs of each model, with a size for all but the batch, and notes on the sizes that a file leaves open. Errors:
 * `InputError` for files of another height and width than `resolution`, and for shapes that don't fit.
 */
export function timedInputs(
  models: readonly TimedModel[],
  sessions: readonly Session[],
  { resolution, inputShapes }: SizeOptions,
): readonly SizedInputs[] {
  const sized = models.map(({ file }, m) =>
    sizedInputs(sessions[m]?.inputs ?? [], file, isOnnx(file) ? { resolution, inputShapes } : {}),
  );
  const wrong = sized.flatMap(({ inputs }, m): readonly Diagnostic[] => {
    const [input] = inputs;
    const maps = inputs.map(({ dims }) => pictureSizes(dims)).filter((sizes) => sizes !== undefined);
    const isThat = maps.some(({ height, width }) => height === resolution && width === resolution);
    if (resolution === undefined || isThat) return [];
    const made = `${models[m]?.file} is made for ${input?.dims.slice(1).join("x")}`;
    const message = `${made}, so it can't run at ${resolution}x${resolution}`;
    return [{ code: "bench/resolution", message, hint: "a spec's network can be built at any size" }];
  });
  if (wrong.length > 0) throw new InputError(wrong);
  return sized;
}

/**
 * The batches to time: those that were asked for, else what the files are made for, else 1. Errors: `InputError`
 * for files that can't run with the same batches.
 */
export function commonBatches(
  models: readonly TimedModel[],
  sized: readonly SizedInputs[],
  asked: readonly number[] | undefined,
): readonly number[] {
  const fixed = sized.map((each) => fixedBatch(each));
  const batches = asked ?? [fixed.find((batch) => batch !== undefined) ?? 1];
  const wrong = models.flatMap(({ file }, i): readonly Diagnostic[] => {
    const batch = fixed[i];
    if (batch === undefined || batches.every((each) => each === batch)) return [];
    const message = `${file} is made for a batch of ${batch}, so it can't run with ${batches.join(", ")}`;
    return [{ code: "bench/batch", message, hint: "compile it with --batch dynamic" }];
  });
  if (wrong.length > 0) throw new InputError(wrong);
  return batches;
}

/** The random numbers that a model is timed with. */
export async function inputsOf(
  session: Session,
  inputs: readonly InputShape[],
  batch: number,
  values: InputValues,
): Promise<ReadonlyMap<string, NumberTensor>> {
  return feedsOf(randomInputs(await workableInputs(session, inputs, batch, values), batch, 0));
}
