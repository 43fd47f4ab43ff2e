import { Deadline } from "../../base/deadline.js";
import { CheckError, type Diagnostic, InputError } from "../../base/diagnostic.js";
import { operatorTimes, placementOf } from "../../runtime/placement.js";
import {
  type FloatTensor,
  type PreparedInputs,
  type Runtime,
  type RuntimeOptions,
  type Session,
  type SessionOptions,
  startRuntime,
} from "../../runtime/session.js";
import { median, pairedRatio, quantile } from "../../runtime/statistics.js";
import { type ChosenDevice, chooseDevice, deviceReport } from "../../trials/devices.js";
import { type InputShape, randomInputs } from "../../trials/numbers.js";
import { commonBatches, type TimedModel, timedInputs, timedModel } from "./model.js";
import type { BenchedModel, BenchOptions, BenchReport, ProfiledModel } from "./report.js";

export type { BenchOptions, BenchReport } from "./report.js";

/** The times of each model, by batch, process and round; and how long loading took. */
interface Timings {
  readonly batches: readonly number[];
  /** [batch][model][process][round] */
  readonly runs: readonly (readonly (readonly (readonly number[])[])[])[];
  /** [model][process] */
  readonly creation: readonly (readonly number[])[];
  /** On the sizes that were taken for open ones. */
  readonly notes: readonly Diagnostic[];
}

/**
 * Times models against each other. In each of several fresh processes all models are loaded and then run in
 * turn, round by round, every second round in the opposite order: what slows the machine slows all of them. How
 * far the ratios can be trusted is read off the differences between the processes.
 *
 * Errors: `InputError` for a wrong spec, file or option; `DeviceError` where the device is not there;
 * `CheckError` for nodes that run on the CPU without `allowCpuNodes`, and at the timeout.
 */
export async function bench(files: readonly string[], options: BenchOptions = {}): Promise<BenchReport> {
  const { processes = 5, runs = 10, warmup = 3, threads, allowTf32, program } = options;
  if (files.length === 0) throw InputError.of("bench/models", "there is no model to time");
  const models = files.map((file) => timedModel(file, options.resolution));
  const runtimeOptions = { deadline: new Deadline(options.timeout), allowTf32, program };
  const device = await chooseDevice(options.device ?? "cpu", runtimeOptions);
  const profiles = await profileModels(models, device, runtimeOptions, options);
  const timings = await timeModels(models, device, runtimeOptions, { ...options, processes, runs, warmup });
  return {
    device: deviceReport(
      device,
      profiles.reduce((sum, { cpuNodes }) => sum + cpuNodes, 0),
    ),
    processes,
    runs,
    warmup,
    threads: threads ?? null,
    models: timings.batches.flatMap((batch, b) =>
      models.map((model, m) => benched(model, batch, b, m, timings)),
    ),
    ...(options.profile === true ? { profiles: profiles.map(({ profile }) => profile) } : {}),
    warnings: [...models.flatMap(({ warnings }) => warnings), ...timings.notes],
  };
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

async function timeModels(
  models: readonly TimedModel[],
  { device }: ChosenDevice,
  runtimeOptions: RuntimeOptions,
  options: BenchOptions & { readonly processes: number; readonly runs: number; readonly warmup: number },
): Promise<Timings> {
  const { threads, processes, runs, warmup, onProgress } = options;
  const creation = models.map((): number[] => []);
  const times: number[][][][] = [];
  let batches: readonly number[] = [];
  let notes: readonly Diagnostic[] = [];
  for (let p = 0; p < processes; p++) {
    const runtime = await startRuntime(runtimeOptions);
    try {
      const sessions = await openInTurn(runtime, models, p, { device, threads, allowCpuNodes: true });
      for (const [m, { createMs }] of sessions.entries()) creation[m]?.push(createMs);
      batches = commonBatches(models, sessions, options.batches);
      const sized = timedInputs(models, sessions, options.resolution);
      notes = sized.flatMap((each) => each.notes);
      for (const [b, batch] of batches.entries()) {
        const prepared = sessions.map((session, m) =>
          session.prepare(inputsOf(sized[m]?.inputs ?? [], batch)),
        );
        const report = (round: number): void => {
          const part = (p + (b + round / (warmup + runs)) / batches.length) / processes;
          onProgress?.(`process ${p + 1} of ${processes}, batch ${batch}, round ${round + 1}`, part);
        };
        const rounds = await interleavedRounds(sessions, prepared, warmup, runs, report);
        times[b] ??= models.map(() => []);
        for (const [m, list] of rounds.entries()) times[b]?.[m]?.push(list);
      }
    } finally {
      runtime.close();
    }
  }
  return { batches, runs: times, creation, notes };
}

/** Loads the models, another one first each time: the first also pays for what ONNX Runtime sets up once. */
async function openInTurn(
  runtime: Runtime,
  models: readonly TimedModel[],
  first: number,
  options: SessionOptions,
): Promise<readonly Session[]> {
  const sessions = new Map<number, Session>();
  for (const i of models.keys()) {
    const m = (first + i) % models.length;
    const { model, name } = models[m] as TimedModel;
    sessions.set(m, await runtime.open(model, options, name));
  }
  return models.map((_, m) => sessions.get(m) as Session);
}

/** [session][round], without the warm-up. */
async function interleavedRounds(
  sessions: readonly Session[],
  inputs: readonly PreparedInputs[],
  warmup: number,
  runs: number,
  onRound: (round: number) => void,
): Promise<readonly number[][]> {
  const times = sessions.map((): number[] => []);
  const forwards = [...sessions.entries()];
  const backwards = forwards.toReversed();
  for (let round = 0; round < warmup + runs; round++) {
    onRound(round);
    for (const [m, session] of round % 2 === 0 ? forwards : backwards) {
      const ms = await session.time(inputs[m] ?? []);
      if (round >= warmup) times[m]?.push(ms);
    }
  }
  return times;
}

/** Where the nodes of each model run, for a device other than the CPU or where a profile is asked for. */
async function profileModels(
  models: readonly TimedModel[],
  { device }: ChosenDevice,
  runtimeOptions: RuntimeOptions,
  {
    threads,
    batches,
    resolution,
    runs = 10,
    profile = false,
    allowCpuNodes = false,
    onProgress,
  }: BenchOptions,
): Promise<readonly { readonly profile: ProfiledModel; readonly cpuNodes: number }[]> {
  if (device === "cpu" && !profile) return [];
  const found: { profile: ProfiledModel; cpuNodes: number }[] = [];
  const runtime = await startRuntime(runtimeOptions);
  try {
    for (const timed of models) {
      const { file, name, model } = timed;
      onProgress?.(`profile of ${name}`, 0);
      const session = await runtime.open(
        model,
        { device, threads, allowCpuNodes: true, profile: true },
        name,
      );
      const [batch = 1] = commonBatches([timed], [session], batches);
      const count = profile ? runs : 1;
      const [sized] = timedInputs([timed], [session], resolution);
      const inputs = session.prepare(inputsOf(sized?.inputs ?? [], batch));
      for (let i = 0; i < count; i++) await session.time(inputs);
      const nodes = await session.profile();
      const { onCpu } = placementOf(nodes);
      if (device !== "cpu" && onCpu.length > 0 && !allowCpuNodes) throw notOnDevice(file, device, onCpu);
      const operators = operatorTimes(nodes, count);
      found.push({ profile: { file, batch, operators }, cpuNodes: device === "cpu" ? 0 : onCpu.length });
      await session.close();
    }
  } finally {
    runtime.close();
  }
  return found;
}

function notOnDevice(
  file: string,
  device: string,
  nodes: readonly { node: string; op: string }[],
): CheckError {
  return new CheckError(
    nodes.map(({ node, op }) => ({
      code: "bench/placement",
      message: `${file}: ${node} (${op}) has no kernel for ${device} and would run on the CPU`,
      hint: "accept it with --allow-cpu-nodes",
    })),
  );
}

function inputsOf(inputs: readonly InputShape[], batch: number): ReadonlyMap<string, FloatTensor> {
  return new Map(
    [...randomInputs(inputs, batch, 0)].map(([name, { dims, data }]) => [
      name,
      { dims, data: Float32Array.from(data) },
    ]),
  );
}
