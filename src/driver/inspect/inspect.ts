import { countNetwork, type FoldedNorms, foldedNorms, type NetworkCounts } from "../../analysis/counts.js";
import { type BlockFacts, factsOf } from "../../analysis/structure/stages.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { jsonText } from "../../base/json-text.js";
import { writeAtomically } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { withFileNetwork } from "../../given/onnx-file.js";
import type { Value } from "../../ir/graph.js";
import type { Dim } from "../../ir/types.js";
import type { NetworkInput } from "../../language/input.js";
import { type FileNetwork, type OpaqueOperator, opaqueOperators } from "../../networks/file-network.js";
import type { SizeOptions } from "../../networks/input-sizes.js";
import { inputSize } from "../../networks/interface.js";
import { recoveredNetwork } from "../../networks/recovered/recovered-network.js";
import type { WrittenSpec } from "../../networks/recovered/written-spec.js";
import { importedOpset } from "../../onnx/file/opset.js";
import type { RaisedGate, RejectedGate } from "../../passes/raise/raise-attention.js";

/** The output of `ecagen inspect --json`. */
export interface InspectReport extends Omit<NetworkCounts, "blocks"> {
  readonly file: string;
  /** The file with the spec, if one was requested. */
  readonly spec?: string;
  /** The name of the graph in the file. */
  readonly graph: string;
  /** The opset of the standard ONNX operators; null if the file imports none. */
  readonly opset: number | null;
  readonly irVersion: number;
  readonly producer: { readonly name: string; readonly version: string };
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly InspectedTensor[];
  readonly outputs: readonly InspectedTensor[];
  /** Input size of the MACs: channels, and height and width or length; null without an image or signal. */
  readonly input: NetworkInput | null;
  readonly nodes: number;
  readonly beforeFolding: FoldedNorms | null;
  readonly blocks: readonly InspectedBlock[];
  /** The gates that were found, each with the nodes that it is. */
  readonly raised: readonly RaisedGate[];
  /** Near misses: ops that look like a gate but match no known kind, with the reason. */
  readonly rejected: readonly RejectedGate[];
  /** The unknown operators, which ecagen passes through, most frequent first. */
  readonly opaque: readonly OpaqueOperator[];
  /** The first reason why no spec can describe the network (`--spec` lists all); null if a spec can. */
  readonly noSpec: string | null;
  /** Notes on how the file was read. */
  readonly notes: readonly Diagnostic[];
}

export interface InspectedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly dims: readonly Dim[];
}

export interface InspectedBlock extends BlockFacts {
  readonly path: string;
  /** The type; `sequence` for consecutive layers that match no known type. */
  readonly block: string;
  /** From 0; null for stem and head. */
  readonly stage: number | null;
  readonly index: number | null;
  /** The gates in it, as `eca (k = 5)`. */
  readonly attention: readonly string[];
  readonly parameters: number;
  readonly macs: number;
  readonly output: readonly Dim[];
}

export interface InspectFileOptions extends SizeOptions {
  /** A file for the spec of the same network, if there is one. */
  readonly spec?: string | undefined;
}

/**
 * Describes an ONNX file: its interface, its network in stages and blocks, its counts, and its unknown operators. Weights are
 * not read, and the model is not run.
 *
 * Errors: `InputError` for a file that is not an ONNX model, and if a spec is requested and no spec can describe the network.
 */
export function inspect(file: string, options: InspectFileOptions = {}): Promise<InspectReport> {
  return asOneRun(() => inspectFile(file, options));
}

async function inspectFile(file: string, { spec, ...sizes }: InspectFileOptions): Promise<InspectReport> {
  const { report, written } = withFileNetwork(file, sizes, (network) => {
    const { written, problem } = specOf(network);
    if (problem !== undefined && spec !== undefined) throw problem;
    return { report: { ...inspectNetwork(network), noSpec: reasonOf(problem, file) }, written };
  });
  if (spec === undefined) return report;
  await writeAtomically([spec], async (sink) => {
    await sink?.write(Buffer.from(jsonText(written)));
  });
  return { ...report, spec };
}

/** The spec that says a file's network, or why none does. */
function specOf(network: FileNetwork): { readonly written?: WrittenSpec; readonly problem?: InputError } {
  try {
    return { written: recoveredNetwork(network).written };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problem: error };
  }
}

function reasonOf(problem: InputError | undefined, file: string): string | null {
  const [first] = problem?.diagnostics ?? [];
  return first?.message.replace(`${file} is not a network that a spec can describe: `, "") ?? null;
}

function inspectNetwork({
  file,
  imported,
  attention,
  recovered,
  graph,
}: FileNetwork): Omit<InspectReport, "noSpec"> {
  const { opset, irVersion, producer, metadata, notes, foreign } = imported;
  const { blocks, ...counts } = countNetwork(graph);
  return {
    file,
    graph: graph.name,
    opset: importedOpset(opset),
    irVersion,
    producer,
    metadata,
    inputs: imported.declared.inputs.map(tensorOf),
    outputs: imported.declared.outputs.map(tensorOf),
    input: inputSize(graph),
    nodes: imported.graph.ops.length,
    ...counts,
    beforeFolding: foldedNorms(graph, counts.parameters) ?? null,
    blocks: recovered.map((block, i): InspectedBlock => {
      const { path = "", attention = [], parameters = 0, macs = 0, output = [] } = blocks[i] ?? {};
      const { type, stage = null, index = null } = block.block;
      return { path, block: type, stage, index, ...factsOf(block), attention, parameters, macs, output };
    }),
    raised: attention.raised,
    rejected: attention.rejected,
    opaque: opaqueOperators(foreign),
    notes,
  };
}

function tensorOf({ name, type: { dtype, dims } }: Value): InspectedTensor {
  return { name, dtype, dims };
}
