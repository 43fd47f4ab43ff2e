import { CheckError, InputError } from "../../base/diagnostic.js";
import { isProcessor } from "../../runtime/devices.js";
import { operatorTimes, placementOf } from "../../runtime/placement.js";
import { type RuntimeOptions, startRuntime } from "../../runtime/session.js";
import type { ChosenDevice } from "../../trials/devices.js";
import { commonBatches, inputsOf, type TimedModel, timedInputs } from "./model.js";
import type { BenchOptions, ProfiledModel } from "./report.js";

/** Where the nodes of each model run, for a device other than the CPU or where a profile is asked for. */
export async function profileModels(
  models: readonly TimedModel[],
  { device }: ChosenDevice,
  runtimeOptions: RuntimeOptions,
  options: BenchOptions & { readonly runs: number },
): Promise<readonly { readonly profile: ProfiledModel; readonly cpuNodes: number }[]> {
  const { threads, batches, runs, profile = false, allowCpuNodes = false, onProgress } = options;
  if (isProcessor(device) && !profile) return [];
  if (device === "wasm") throw noProfile();
  const found: { profile: ProfiledModel; cpuNodes: number }[] = [];
  const runtime = await startRuntime(runtimeOptions);
  try {
    for (const timed of models) {
      const { file, name, model } = timed;
      onProgress?.(`profile of ${name}`, 0);
      const opening = { device, threads, allowCpuNodes: true, profile: true, asDeployed: true };
      const session = await runtime.open(model, opening, name);
      const sizes = timedInputs([timed], [session], options);
      const [batch = 1] = commonBatches([timed], sizes, batches);
      const count = profile ? runs : 1;
      const [sized] = sizes;
      const inputs = session.prepare(await inputsOf(session, sized?.inputs ?? [], batch, options));
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

function noProfile(): InputError {
  return InputError.of("bench/profile", "onnxruntime-web writes no profile in Node.js", {
    hint: "--profile is for onnxruntime-node: --device cpu, or without --profile",
  });
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
