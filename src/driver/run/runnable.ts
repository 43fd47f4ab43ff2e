import type { Diagnostic } from "../../base/diagnostic.js";
import { readMetadata } from "../../files/models/read.js";
import { specNetwork } from "../../given/spec-file.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import { weightsWarnings, withOpenWeights } from "../../given/weights.js";
import type { Preprocessing } from "../../language/preprocessing.js";
import type { SpecChanges } from "../../language/settings.js";
import type { SizeOptions } from "../../networks/input-sizes.js";
import type { WeightsOptions, WeightsReport } from "../../networks/load-weights.js";
import { imageMetadata } from "../../networks/metadata.js";
import { isOnnx } from "../../onnx/file/names.js";
import { exportBytes } from "../../trials/exported.js";

/** What makes a network of a spec; an ONNX file is one already. */
export interface BuildOptions extends WeightsOptions, SizeOptions {
  readonly passes?: string | undefined;
  readonly changes?: SpecChanges | undefined;
  readonly seed?: number | undefined;
}

/** A model that can be run, and what it says of images and classes. */
export interface Runnable {
  /** An ONNX model's bytes, or the path of its file. */
  readonly model: Uint8Array | string;
  /** Undefined where it says nothing of it. */
  readonly preprocessing?: Preprocessing | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly weights?: WeightsReport | undefined;
  /** Warnings: selections of passes that matched nothing, and problems of the weights. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * The model of a spec, compiled in memory, or of an ONNX file.
 *
 * Errors: `InputError` for a wrong spec, weights that don't fit, a file that is no model, and options that a file has
 * no use for.
 */
export async function runnable(path: string, options: BuildOptions): Promise<Runnable> {
  return isOnnx(path) ? ofFile(path, options) : ofSpec(path, options);
}

function ofSpec(path: string, options: BuildOptions): Promise<Runnable> {
  return withOpenWeights(options, async (given) => {
    const { passes, resolution, inputShapes, changes } = options;
    const network = specNetwork(path, { passes, resolution, inputShapes, changes, given });
    const { preprocessing, labels } = network.spec.resolved;
    return {
      model: exportBytes(network, { seed: options.seed }),
      preprocessing,
      labels,
      weights: network.weights,
      warnings: [...network.warnings, ...weightsWarnings([given])],
    };
  });
}

function ofFile(path: string, options: BuildOptions): Runnable {
  refuseUnusedFlags({ "a file is run": true }, options, { model: path });
  return { model: path, ...imageMetadata(path, readMetadata(path)), warnings: [] };
}
