import { InputError } from "../base/diagnostic.js";
import type { ExportOptions } from "../driver/compile/compile.js";
import { OPSETS } from "../onnx/file/opset.js";
import { type WeightsOptions, weightsFlags } from "./load-weights.js";
import type { NetworkOptions } from "./network.js";

type CompileFlags = Pick<NetworkOptions, "passes" | "resolution"> &
  WeightsOptions &
  Omit<ExportOptions, "seed">;

/**
 * Refuses the flags of a compiling, where an ONNX file is taken as it is. `why`: the rest of the sentence.
 *
 * Errors: `InputError` with each of them.
 */
export function refuseCompileFlags(options: CompileFlags, code: string, why: string): void {
  const { passes, resolution, keepBatchNorm, precision, weights, opset, target, batch } = options;
  const flags = {
    passes,
    resolution,
    weights,
    batch,
    ...weightsFlags(options),
    // The command line gives these always, so that what they are by default says nothing.
    opset: opset === OPSETS.default ? undefined : opset,
    target: target === "portable" ? undefined : target,
    "keep-bn": keepBatchNorm === true ? true : undefined,
    precision: precision === "fp16" ? true : undefined,
  };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new InputError(
    given.map(([flag]) => ({ code, message: `--${flag} is about compiling a spec; ${why}` })),
  );
}
