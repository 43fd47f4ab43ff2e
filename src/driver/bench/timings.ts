import type { Diagnostic } from "../../base/diagnostic.js";
import { hintingAt } from "../../networks/input-sizes.js";
import {
  type PreparedInputs,
  type Runtime,
  type RuntimeOptions,
  type Session,
  type SessionOptions,
  startRuntime,
} from "../../runtime/session.js";
import type { ChosenDevice } from "../../trials/devices.js";
import { commonBatches, inputsOf, type TimedModel, timedInputs } from "./model.js";
import type { BenchOptions } from "./report.js";

/** The times of each model, by batch, process and round; and how long loading took. */
export interface Timings {
  readonly batches: readonly number[];
  /** [batch][model][process][round] */
  readonly runs: readonly (readonly (readonly (readonly number[])[])[])[];
  /** [model][process] */
  readonly creation: readonly (readonly number[])[];
  /** On the sizes that were taken for open ones. */
  readonly notes: readonly Diagnostic[];
}

/** Times the models in fresh processes, interleaved. */
export async function timeModels(
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
      const sessions = await openInTurn(runtime, models, p, {
        ...{ device, threads },
        ...{ allowCpuNodes: true, asDeployed: true },
      });
      for (const [m, { createMs }] of sessions.entries()) creation[m]?.push(createMs);
      const sized = timedInputs(models, sessions, options);
      batches = commonBatches(models, sized, options.batches);
      notes = sized.flatMap((each) => each.notes);
      for (const [b, batch] of batches.entries()) {
        const prepared: PreparedInputs[] = [];
        for (const [m, session] of sessions.entries())
          prepared.push(session.prepare(await inputsOf(session, sized[m]?.inputs ?? [], batch, options)));
        const report = (round: number): void => {
          const part = (p + (b + round / (warmup + runs)) / batches.length) / processes;
          onProgress?.(`process ${p + 1} of ${processes}, batch ${batch}, round ${round + 1}`, part);
        };
        const rounds = await hintingAt({ notes }, () =>
          interleavedRounds(sessions, prepared, warmup, runs, report),
        );
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
