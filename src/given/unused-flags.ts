import { InputError } from "../base/diagnostic.js";
import type { DiagnosticCode } from "../base/diagnostic-codes/registry.js";
import type { ExportOptions } from "../networks/export.js";
import type { WeightsOptions } from "../networks/load-weights.js";
import type { NetworkOptions } from "../networks/spec-network.js";
import { OPSETS } from "../onnx/file/opset.js";

type CompileFlags = Pick<NetworkOptions, "passes" | "resolution"> &
  WeightsOptions &
  Omit<ExportOptions, "seed">;

/**
 * Refuses the flags of a compiling, where an ONNX file is taken as it is. `why`: the rest of the sentence.
 *
 * Errors: `InputError` with each of them.
 */
export function refuseCompileFlags(options: CompileFlags, code: DiagnosticCode, why: string): void {
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

/** The flags that are about weights, by their names; undefined where they are not given. */
export function weightsFlags(options: WeightsOptions): Readonly<Record<string, unknown>> {
  const { names, allowMissing, allowOtherSettings, weightsKey } = options;
  return {
    names,
    "weights-key": weightsKey,
    "allow-missing": allowMissing,
    "allow-other-settings": allowOtherSettings === true ? true : undefined,
  };
}

export function refuseWithoutWeights(flags: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(flags).filter((flag) => flags[flag] !== undefined);
  if (given.length === 0) return;
  throw new InputError(
    given.map((flag) => ({
      code: "weights/unused-flag",
      message: `--${flag} changes nothing: it is about trained weights, and there are no --weights`,
    })),
  );
}
export function refuseResolution(file: string, { resolution }: Pick<NetworkOptions, "resolution">): void {
  if (resolution === undefined) return;
  throw InputError.of("onnx/resolution", `--resolution is about specs; the sizes of ${file} are fixed`, {
    file,
    hint: "a spec's network can be built at another size",
  });
}
