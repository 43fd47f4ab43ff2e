import { Deadline } from "../../base/deadline.js";
import { defined } from "../../base/defined.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { inTransaction } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { addNpy } from "../../files/tensors/write.js";
import { FILE_TYPES } from "../../given/element-types.js";
import { preprocessingIn } from "../../given/pictures.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import { pictureFormat } from "../../images/draw.js";
import type { Preprocessing } from "../../language/preprocessing.js";
import { hintingAt } from "../../networks/input-sizes.js";
import type { WeightsReport } from "../../networks/load-weights.js";
import type { DeviceName } from "../../runtime/devices.js";
import type { WireTensor } from "../../runtime/protocol.js";
import { openSession, type Session } from "../../runtime/session.js";
import { bytesOfWire, fromWire } from "../../runtime/tensor.js";
import { chooseDevice, type DeviceReport, deviceReport } from "../../trials/devices.js";
import { isFloat } from "../../trials/numbers.js";
import { statisticsOf, type TensorStatistics } from "../../weights/values/statistics.js";
import { type RankedClass, topClasses } from "./classes.js";
import { detectorOutputs } from "./detections.js";
import { type DetectionReport, type Drawing, foundThings } from "./found.js";
import { type GivenInput, readInputs } from "./inputs.js";
import { noLabels, readLabels } from "./labels.js";
import { namedFiles } from "./named-files.js";
import { type BuildOptions, type Runnable, runnable } from "./runnable.js";
import { sizedPorts } from "./sized-ports.js";

export interface RunOptions extends BuildOptions {
  /** `FILE`, or `NAME=FILE` for one of several inputs: an .npy or .npz file, or images; several images make a batch. */
  readonly inputs: readonly string[];
  /** .npy files for the outputs: `FILE`, or `NAME=FILE` for one of several. */
  readonly outputs?: readonly string[] | undefined;
  readonly device?: DeviceName | "auto" | undefined;
  /** A file with the names of the classes, instead of the model's own. */
  readonly labels?: string | undefined;
  /** A spec whose `preprocessing` is applied to images, instead of the model's own. */
  readonly preprocessing?: string | undefined;
  /** Detections with a lower score are dropped. Default: 0. */
  readonly minScore?: number | undefined;
  /** A picture, .png, .jpg or .webp, with the detections drawn on the given picture. */
  readonly draw?: string | undefined;
  /** Timeout in seconds. Default: none. */
  readonly timeout?: number | undefined;
}

export interface RunInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly files: readonly string[];
}

export interface RunOutput {
  readonly name: string;
  /** Its element type. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where it was written. */
  readonly file?: string;
  /** Statistics of its numbers; null if none is finite. */
  readonly values: TensorStatistics | null;
  /** The most probable classes of each image, for an output [images, classes], if images or labels are given. */
  readonly top?: readonly (readonly RankedClass[])[];
}

/** The output of `ecagen run --json`. */
export interface RunReport extends Partial<DetectionReport> {
  readonly model: string;
  readonly device: DeviceReport;
  readonly inputs: readonly RunInput[];
  readonly outputs: readonly RunOutput[];
  /** The preprocessing of images. `from`: the model, the spec that was given for it, or the default for a model without preprocessing. */
  readonly preprocessing?: Preprocessing & { readonly from: "model" | "spec" | "default" };
  readonly weights?: WeightsReport;
  /** Warnings: selections of passes that matched nothing, and problems of the weights. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Runs a model once, an ONNX file or a spec that is compiled in memory:
 *
 *     files ─ arrays as they are ───────┬─ ONNX Runtime ─ outputs ─┬─ .npy files
 *           └ images ─ preprocessing ───┘                          ├─ the most probable classes
 *                                                                  └─ boxes, in a table and drawn on the image
 *
 * Errors: `InputError` for a wrong model, file, shape or dtype; `DeviceError` if the device is not available or
 * can't run the whole model; `CheckError` at the timeout. Either all output files are written or none.
 */
export function run(model: string, options: RunOptions): Promise<RunReport> {
  return asOneRun(() => runOnce(model, options));
}

async function runOnce(model: string, options: RunOptions): Promise<RunReport> {
  // 1: the model, of a file or of a spec, and what it says of images and classes.
  const subject = await runnable(model, options);
  const labels = options.labels === undefined ? subject.labels : readLabels(options.labels);
  const preprocessing =
    options.preprocessing === undefined ? subject.preprocessing : preprocessingIn(options.preprocessing);
  if (options.draw !== undefined) pictureFormat(options.draw);

  // 2: the device, and the model on it.
  const deadline = new Deadline(options.timeout);
  const device = await chooseDevice(options.device ?? "cpu", { deadline });
  const session = await openSession(subject.model, { device: device.device, deadline, asDeployed: true });
  try {
    const ran = await runIn(session, model, { ...subject, labels, preprocessing }, options);
    // A session is refused unless every node runs on the device.
    return { model, device: deviceReport(device, 0), ...ran };
  } finally {
    await session.close();
  }
}

async function runIn(
  session: Session,
  model: string,
  subject: Runnable,
  options: RunOptions,
): Promise<Omit<RunReport, "model" | "device">> {
  // 3: the inputs, and where the outputs go.
  const targets = targetsOf(options.outputs ?? [], session.outputNames);
  const sized = sizedPorts(session.inputs, model, options);
  const inputs = await readInputs(options.inputs, sized, subject.preprocessing);
  refuseOutputs([...targets.values(), options.draw]);
  const prepared = inputs.find(({ preprocessing }) => preprocessing !== undefined)?.preprocessing;
  refuseUnusedFlags({ "no picture": prepared === undefined }, options);

  // 4: the run; 5: its outputs in words and files.
  const taken = { notes: inputs.flatMap(({ notes }) => notes) };
  const results = await hintingAt(taken, () =>
    session.runElements(inputs.map(({ name, tensor }) => [name, tensor])),
  );
  const { labels } = subject;
  const detector = detectorOutputs(results);
  const ranked = detector === undefined && (prepared !== undefined || labels !== undefined);
  const outputs = [...results].map(([name, tensor]) =>
    describe(name, tensor, targets.get(name), ranked, labels),
  );
  const { minScore, draw } = options;
  const found = await foundThings(detector, inputs, { labels, labelsFile: options.labels, minScore, draw });
  refuseUnusedFlags({ "no detector": found === undefined }, options);
  if (labels !== undefined && found === undefined) checkLabels(labels, options.labels, outputs);
  await writeOutputs(targets, results, found?.drawing);
  return {
    inputs: inputs.map(describeInput),
    outputs,
    ...found?.report,
    ...preprocessingOf(prepared, subject, options),
    ...defined({ weights: subject.weights }),
    warnings: [...subject.warnings, ...taken.notes],
  };
}

/** The file that each output goes to. */
function targetsOf(texts: readonly string[], names: readonly string[]): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const { name, files } of namedFiles(texts, "output", names)) {
    const [file, ...others] = files;
    if (file === undefined) continue;
    if (others.length > 0) {
      throw InputError.of("run/outputs", `each output goes to one file`, {
        file: others[0] ?? file,
      });
    }
    targets.set(name, file);
  }
  return targets;
}

function describeInput({ name, tensor, files }: GivenInput): RunInput {
  return { name, shape: tensor.dims, files };
}

function describe(
  name: string,
  tensor: WireTensor,
  file: string | undefined,
  ranked: boolean,
  labels: readonly string[] | undefined,
): RunOutput {
  const { dims, data } = fromWire(tensor);
  const numbers = {
    length: data.length,
    copyTo: (target: Float64Array, start: number) => target.set(data.subarray(start, start + target.length)),
  };
  const [, classes] = dims;
  const isClassifier =
    isFloat(tensor.dtype) &&
    dims.length === 2 &&
    classes !== undefined &&
    classes > 1 &&
    classes === (labels?.length ?? classes);
  return {
    name,
    dtype: tensor.dtype,
    shape: dims,
    ...defined({ file }),
    values: statisticsOf(numbers) ?? null,
    ...(ranked && isClassifier ? { top: topClasses(data, classes, labels) } : {}),
  };
}

/**
 * Labels that are not one for each class of an output would name the wrong ones.
 *
 * @param file that they were read from, if they are not the model's own
 */
function checkLabels(
  labels: readonly string[],
  file: string | undefined,
  outputs: readonly RunOutput[],
): void {
  if (outputs.some(({ top }) => top !== undefined)) return;
  const found = outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
  const why = `there are ${labels.length} labels, and the model's output is ${found}`;
  const hint = "labels are for an output [images, classes], one for each class";
  throw file === undefined ? InputError.of("run/labels", why, { hint }) : noLabels(file, why, hint);
}

function writeOutputs(
  targets: ReadonlyMap<string, string>,
  results: ReadonlyMap<string, WireTensor>,
  drawing: Drawing | undefined,
): Promise<void> {
  return inTransaction(async (transaction) => {
    for (const [name, file] of targets) {
      const tensor = results.get(name);
      if (tensor === undefined) continue;
      const { dtype, dims } = tensor;
      await addNpy(transaction, file, { dtype: FILE_TYPES[dtype], dims, bytes: bytesOfWire(tensor) });
    }
    if (drawing !== undefined) await (await transaction.open(drawing.file)).write(drawing.bytes);
  });
}

function preprocessingOf(
  prepared: Preprocessing | undefined,
  subject: Runnable,
  options: RunOptions,
): Pick<RunReport, "preprocessing"> {
  if (prepared === undefined) return {};
  const said = options.preprocessing === undefined ? "model" : "spec";
  return { preprocessing: { ...prepared, from: subject.preprocessing === undefined ? "default" : said } };
}
