import type { Diagnostic } from "../../base/diagnostic.js";
import { asOneRun } from "../../files/files-read.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { loadSpec } from "../../files/spec-files.js";
import { writeSafetensors } from "../../files/tensors/write.js";
import { openWeights } from "../../given/weights.js";
import type { SpecChanges } from "../../language/settings.js";
import { buildNetwork } from "../../networks/blocks/network.js";
import { checkOwnNames } from "../../networks/check-own-names.js";
import { ownNames } from "../../networks/own-names.js";
import { locateErrors, rewritingSteps } from "../../networks/spec-network.js";
import type { OutgoingTensor, TensorSource } from "../../weights/formats/tensor-source.js";
import { copyTensor } from "../../weights/formats/tensor-source.js";
import { stepCountBeside } from "../../weights/names/match.js";
import { recognizeNames } from "../../weights/names/recognize.js";
import { type NameKind, nameMapOf } from "../../weights/names/registry.js";
import { settleMatch } from "../../weights/names/settle.js";
import { targetNames } from "../../weights/names/target.js";
import { nonFiniteWarnings } from "../../weights/values/non-finite.js";

export interface ConvertOptions {
  /** The safetensors file that is written. */
  readonly output: string;
  /** The spec of the network: names alone don't say which layer is which. */
  readonly spec: string;
  /** What is set in it. */
  readonly changes?: SpecChanges | undefined;
  /** Names of the output. */
  readonly to: NameKind;
  /** Names of the input. Default: detected. */
  readonly from?: NameKind | undefined;
  /** As in `compile`; these parameters are not written. */
  readonly allowMissing?: readonly string[] | undefined;
  /** As in `compile`. */
  readonly weightsKey?: string | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** The output of `ecagen weights convert --json`. */
export interface ConvertReport {
  readonly output: string;
  readonly bytes: number;
  readonly tensors: number;
  readonly from: { readonly names: string; readonly family: string };
  readonly to: { readonly names: string; readonly family: string };
  /** Parameters that the input lacks. */
  readonly missing: readonly string[];
  /** Tensors of the input without a parameter in the network. */
  readonly unused: readonly string[];
  /** Notes on how the input was read. */
  readonly notes: readonly string[];
  /** Weights that are NaN or infinite. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Converts the weights of a network to the names and shapes of another framework; the numbers stay the same.
 * BatchNorm's step counts are kept if there are any.
 *
 * Errors: as those of `compile` for the input; `InputError` for layers that the framework has no name for.
 */
export function convertWeights(input: string, options: ConvertOptions): Promise<ConvertReport> {
  return asOneRun(() => convert(input, options));
}

async function convert(input: string, options: ConvertOptions): Promise<ConvertReport> {
  const spec = loadSpec(options.spec, options.changes);
  const graphs = locateErrors(spec, () => {
    const built = buildNetwork(spec.resolved);
    checkOwnNames(spec.resolved, built);
    return rewritingSteps(built, spec.resolved.passes);
  });
  const own = ownNames(spec.resolved);
  const source = openWeights(input, options.weightsKey);
  try {
    refuseOutputs([options.output]);
    const { graph, match } = recognizeNames(graphs, source, { kind: options.from, own });
    const { initial, unused } = settleMatch(match, options.allowMissing ?? [], source);
    const target = targetNames(graph, nameMapOf(options.to, own), [...match.found.keys()]);
    const tensors = [...match.found].flatMap(([parameter, tensor]): OutgoingTensor[] => {
      const named = target.names.get(parameter);
      if (named === undefined) return [];
      const count = stepCount(source, tensor.name, named.name);
      return [
        { ...copyTensor(tensor, named.name), dims: named.dims },
        ...(count === undefined ? [] : [count]),
      ];
    });
    const { bytes } = await writeSafetensors(options.output, tensors, {
      metadata: source.metadata,
      onProgress: (part) => options.onProgress?.("writing weights", part),
    });
    return {
      output: options.output,
      bytes,
      tensors: tensors.length,
      from: { names: match.map.kind, family: match.naming.title },
      to: { names: options.to, family: target.naming.title },
      missing: initial.map(({ name }) => name),
      unused: unused.map(({ name }) => name),
      notes: source.notes ?? [],
      warnings: nonFiniteWarnings([source]),
    };
  } finally {
    source.close();
  }
}

/** The step count beside a running mean, under the name that it gets beside the mean's new one. */
function stepCount(source: TensorSource, from: string, to: string): OutgoingTensor | undefined {
  const [old, name] = [stepCountBeside(from), stepCountBeside(to)];
  const tensor = old === undefined ? undefined : source.tensors.get(old);
  return tensor && copyTensor(tensor, name);
}
