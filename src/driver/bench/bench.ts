import { Deadline } from "../../base/deadline.js";
import { defined } from "../../base/defined.js";
import { InputError } from "../../base/diagnostic.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import { isOnnx } from "../../onnx/file/names.js";
import { packageOf } from "../../runtime/devices.js";
import { median, pairedRatio, quantile } from "../../runtime/statistics.js";
import { chooseDevice, deviceReport } from "../../trials/devices.js";
import { type TimedModel, timedModel } from "./model.js";
import { profileModels } from "./profile.js";
import type { BenchedModel, BenchOptions, BenchReport } from "./report.js";
import { type Timings, timeModels } from "./timings.js";

export type { BenchOptions, BenchReport } from "./report.js";

/**
 * Compares the speed of models. Each of several fresh processes loads all models and runs them alternately, round
 * by round, every second round in reverse order, so that load on the machine affects all of them. The intervals of
 * the ratios are computed from the differences between the processes.
 *
 * Errors: `InputError` for a wrong spec, file or option; `DeviceError` if the device is not available;
 * `CheckError` for nodes that run on the CPU without `allowCpuNodes`, and at the timeout.
 */
export async function bench(files: readonly string[], options: BenchOptions = {}): Promise<BenchReport> {
  const { processes = 5, runs = 10, warmup = 3, threads, allowTf32, program } = options;
  if (files.length === 0) throw InputError.of("bench/models", "there is no model to time");

  // 1: the models, and a device that really runs one.
  const { resolution, inputShapes, changes } = options;
  refuseUnusedFlags({ "a file is no spec": files.every(isOnnx) }, { changes }, { model: files[0] ?? "" });
  // Sizes of inputs are those of files, where there is one.
  const ofSpec = files.some(isOnnx) ? { resolution, changes } : { resolution, inputShapes, changes };
  const models = files.map((file) => timedModel(file, ofSpec));
  const common = { deadline: new Deadline(options.timeout), allowTf32, program };
  const device = await chooseDevice(options.device ?? "cpu", common);
  const runtimeOptions = { ...common, runtime: packageOf(device.device) };

  // 2: where the nodes of each run.
  const profiles = await profileModels(models, device, runtimeOptions, { ...options, runs });

  // 3: their times, process by process.
  const timings = await timeModels(models, device, runtimeOptions, { ...options, processes, runs, warmup });
  const cpuNodes = profiles.reduce((sum, profile) => sum + profile.cpuNodes, 0);
  return defined({
    device: deviceReport(device, cpuNodes),
    ...{ processes, runs, warmup },
    threads: threads ?? null,
    models: timings.batches.flatMap((batch, b) =>
      models.map((model, m) => benched(model, batch, b, m, timings)),
    ),
    profiles: options.profile === true ? profiles.map(({ profile }) => profile) : undefined,
    warnings: [...models.flatMap(({ warnings }) => warnings), ...timings.notes],
  });
}

function benched({ file }: TimedModel, batch: number, b: number, m: number, timings: Timings): BenchedModel {
  const processes = timings.runs[b]?.[m] ?? [];
  const all = processes.flat();
  const { ratio, interval } = pairedRatio(processes, timings.runs[b]?.[0] ?? []);
  return {
    file,
    batch,
    medianMs: median(all),
    minMs: quantile(all, 0),
    p90Ms: quantile(all, 0.9),
    ratio,
    ratioInterval: interval,
    imagesPerSecond: (1000 * batch) / median(all),
    createMs: median(timings.creation[m] ?? []),
  };
}
