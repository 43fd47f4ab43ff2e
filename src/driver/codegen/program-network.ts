import type { Diagnostic } from "../../base/diagnostic.js";
import { readBytes } from "../../files/read-file.js";
import { importAssumed } from "../../given/onnx-file.js";
import { specNetwork } from "../../given/spec-file.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import { type Parameter, parametersOf, storedDataOf } from "../../ir/graph.js";
import { storedLeaves } from "../../ir/weight.js";
import { networkOfFile } from "../../networks/file-network.js";
import type { WeightsReport } from "../../networks/load-weights.js";
import { recoveredNetwork } from "../../networks/recovered/recovered-network.js";
import type { NetworkOptions, SpecNetwork } from "../../networks/spec-network.js";
import { atInference } from "../../onnx/decode/at-inference.js";
import { refuseForeign } from "../../onnx/decode/import.js";
import { isOnnx } from "../../onnx/file/names.js";

/**
 * The network that a program is generated of: of a spec, or the one that an ONNX file is proved to be, with the file's
 * weights.
 *
 * Errors: `InputError` for a wrong spec, for a file whose network no spec says, and for options that it has no use for.
 */
export function programNetwork(file: string, options: NetworkOptions): SpecNetwork {
  if (!isOnnx(file)) return specNetwork(file, options);
  const { given, resolution, inputShapes } = options;
  refuseUnusedFlags(
    { "a file has its weights": true, "a file is no spec": true },
    { weights: given?.source.file, changes: options.changes },
    { model: file },
  );
  const { bytes, changed } = atInference(readBytes(file), file);
  const imported = importAssumed(bytes, file, { resolution, inputShapes });
  refuseForeign(imported, file);
  const network = recoveredNetwork(networkOfFile(file, imported), options.passes);
  const assumed = imported.notes.filter(({ code }) => code === "onnx/assumed-size");
  const warnings = [...network.warnings, ...assumed, ...trainingNote(file, changed)];
  return { ...network, weights: weightsOf(file, network), warnings };
}

/** Says that a file was exported for training. */
function trainingNote(file: string, changed: ReadonlyMap<string, number>): readonly Diagnostic[] {
  if (changed.size === 0) return [];
  const nodes = [...changed].map(([operator, nodes]) => `${nodes} ${operator}`).join(" and ");
  const message = `${file} is in training mode (${nodes}): the module is in this mode after model.train(), and not after model.eval()`;
  return [{ code: "onnx/training-mode", message, file }];
}

/** What became of the numbers of an ONNX file in the network that passes made of it. */
function weightsOf(file: string, { built, graph }: SpecNetwork): WeightsReport {
  const stored = [...storedDataOf(built).keys()];
  const left = storedDataOf(graph);
  const dropped = stored.filter((label) => !left.has(label));
  // What is left of a folded normalisation is the file's too, though it stores none of it.
  const theirs = new Set(parametersOf(built).map(({ data }) => data));
  const isNew = ({ role, data }: Parameter): boolean =>
    role !== "fixed" && !theirs.has(data) && [...storedLeaves(data)].length === 0;
  return {
    file,
    names: "onnx",
    family: "initializers",
    loaded: stored.length - dropped.length,
    initial: parametersOf(graph)
      .filter(isNew)
      .map(({ name }) => name),
    unused: [],
    dropped,
    rounded: [],
    otherSettings: [],
    notes: [],
  };
}
