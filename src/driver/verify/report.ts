import type { Diagnostic } from "../../base/diagnostic.js";
import type { ExportOptions } from "../../networks/export.js";
import type { WeightsOptions, WeightsReport } from "../../networks/load-weights.js";
import type { NetworkOptions } from "../../networks/spec-network.js";
import type { Check, Judgement, Statistics, Tolerance, Verdict } from "../../runtime/compare.js";
import type { DeviceName } from "../../runtime/devices.js";
import type { CpuNode } from "../../runtime/placement.js";
import type { Runtime, RuntimeOptions } from "../../runtime/session.js";
import type { DeviceReport } from "../../trials/devices.js";
import type { GateEffects } from "../../trials/gate-effects.js";
import type { InputValues } from "../../trials/input-values.js";

export interface VerifyOptions
  extends Pick<NetworkOptions, "passes" | "resolution" | "inputShapes" | "changes">,
    WeightsOptions,
    Omit<ExportOptions, "batch">,
    Pick<RuntimeOptions, "allowTf32" | "program">,
    InputValues {
  readonly device?: DeviceName | "auto" | undefined;
  /**
   * The model on the device is compared with the reference interpreter, and also with: `reference` (nothing else),
   * `cpu` (the model on the CPU), or the path of an ONNX file that must give the same outputs.
   */
  readonly against?: string | undefined;
  /** The batch sizes to run, at least one. Default: 1 and 2. A file with a fixed batch is run with that. */
  readonly batches?: readonly number[] | undefined;
  /** The seeds of the random inputs, at least one. Default: `seed`. */
  readonly seeds?: readonly number[] | undefined;
  /** Also compares the output of each block, and reports the first block that differs. */
  readonly perBlock?: boolean | undefined;
  /** Accepts nodes that run on the CPU although another device was requested. */
  readonly allowCpuNodes?: boolean | undefined;
  /** With `atol` or `rtol`, |a - b| ≤ atol + rtol · |a| at each element is what must hold; the other one is 0. */
  readonly atol?: number | undefined;
  readonly rtol?: number | undefined;
  /**
   * ONNX Runtime that runs already, for many verifications in a row; it stays open, and `timeout` does not end it. Default: one is started.
   *
   * @internal
   */
  readonly runtime?: Runtime | undefined;
  /** Seconds after which the run is stopped with a `CheckError`. */
  readonly timeout?: number | undefined;
  /** `part`: how much is done, from 0 to 1. */
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** An output of b compared with that of a. */
export interface Comparison extends Statistics, Judgement {
  readonly a: string;
  readonly b: string;
  readonly weights: string;
  readonly seed: number;
  readonly batch: number;
  readonly output: string;
  /** Whether the verdict is `right`. */
  readonly ok: boolean;
}

/** What leaves a block in b, compared with the same in a. */
export interface BlockComparison extends Omit<Comparison, "output"> {
  /** The block's scope. */
  readonly block: string;
}

/** Where the nodes of a model have run. */
export interface ModelPlacement {
  readonly model: string;
  readonly nodes: number;
  readonly onCpu: readonly (CpuNode & { readonly block: string })[];
}

/** The output of `ecagen verify --json`. */
export interface VerifyReport {
  /** Whether the verdict is `right`. */
  readonly ok: boolean;
  readonly verdict: Verdict;
  /** Why it is undecided; empty otherwise. */
  readonly undecided: readonly string[];
  readonly model: string;
  readonly device: DeviceReport;
  readonly tolerance: Tolerance;
  readonly comparisons: readonly Comparison[];
  /** With `perBlock`. */
  readonly blocks?: readonly BlockComparison[];
  /** With `perBlock`: the first block that is out of tolerance; null if there is none. */
  readonly firstDivergence?: string | null;
  /** For a device other than the CPU, of each model that ran there. */
  readonly placements: readonly ModelPlacement[];
  readonly gates: GateEffects;
  readonly checks: readonly Check[];
  /** Summary of how the given weights were used. */
  readonly weights?: WeightsReport;
  /** Warnings: selections of passes that matched nothing, and problems of the weights. */
  readonly warnings: readonly Diagnostic[];
}
