import type { Diagnostic } from "../../base/diagnostic.js";
import type { SpecChanges } from "../../language/settings.js";
import type { DeviceName } from "../../runtime/devices.js";
import type { OperatorTime } from "../../runtime/placement.js";
import type { RuntimeOptions } from "../../runtime/session.js";
import type { DeviceReport } from "../../trials/devices.js";
import type { InputValues } from "../../trials/input-values.js";

export interface BenchOptions extends Pick<RuntimeOptions, "allowTf32" | "program">, InputValues {
  readonly device?: DeviceName | "auto" | undefined;
  /** Threads of the CPU provider. Default: ONNX Runtime's choice. */
  readonly threads?: number | undefined;
  /** The batches that are timed. Default: 1, or what the files are made for. */
  readonly batches?: readonly number[] | undefined;
  /** Height and width of the inputs of specs, and of files that leave them open (224 unless given). */
  readonly resolution?: number | undefined;
  /** What is set in specs. */
  readonly changes?: SpecChanges | undefined;
  /** Sizes of inputs that files leave open, as `x=1x3x320x320`. */
  readonly inputShapes?: readonly string[] | undefined;
  /** Fresh processes. Default 5. */
  readonly processes?: number | undefined;
  /** Timed runs of each model in each process. Default 10. */
  readonly runs?: number | undefined;
  /** Runs before those. Default 3. */
  readonly warmup?: number | undefined;
  /** Measures the time of each operator too, in a run of its own. */
  readonly profile?: boolean | undefined;
  readonly allowCpuNodes?: boolean | undefined;
  /** Seconds after which the run is stopped with a `CheckError`. */
  readonly timeout?: number | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** How fast a model is with one batch. Times are milliseconds of one run. */
export interface BenchedModel {
  readonly file: string;
  readonly batch: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly p90Ms: number;
  /** To the first model with the same batch. */
  readonly ratio: number;
  /** The 95 % confidence interval of the ratio; null for a single process. */
  readonly ratioInterval: readonly [low: number, high: number] | null;
  readonly imagesPerSecond: number;
  /** Median time to load the model. */
  readonly createMs: number;
}

/** Where a model's time goes. */
export interface ProfiledModel {
  readonly file: string;
  readonly batch: number;
  readonly operators: readonly OperatorTime[];
}

/** The output of `ecagen bench --json`. */
export interface BenchReport {
  readonly device: DeviceReport;
  readonly processes: number;
  readonly runs: number;
  readonly warmup: number;
  /** Null: ONNX Runtime's choice. */
  readonly threads: number | null;
  readonly models: readonly BenchedModel[];
  readonly profiles?: readonly ProfiledModel[];
  /** Warnings: selections of passes that matched nothing, and the sizes that were assumed for dynamic ones. */
  readonly warnings: readonly Diagnostic[];
}
