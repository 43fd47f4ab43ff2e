import { basename, join } from "node:path";
import { countNetwork } from "../../analysis/counts.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { GeneratedFile, InterfaceGenerator, InterfaceSubject } from "../../codegen/subject.js";
import type { FileTransaction } from "../../files/atomic-file.js";
import { realPath } from "../../files/files-read.js";
import { packageVersion } from "../../files/package.js";
import { RandomAccessFile } from "../../files/random-access-file.js";
import { withFileNetwork } from "../../given/onnx-file.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import type { Graph, Value } from "../../ir/graph.js";
import { tensorType } from "../../ir/types.js";
import { defaultPreprocessing } from "../../language/preprocessing.js";
import { BATCH } from "../../networks/blocks/network.js";
import type { FileNetwork } from "../../networks/file-network.js";
import { imageSize } from "../../networks/interface.js";
import { imageMetadata } from "../../networks/metadata.js";
import type { CodegenOptions } from "./program.js";
import type { WrittenProgramFile } from "./program-files.js";

/**
 * The files of a program that runs an ONNX file as it is, and what a user should know of that file.
 *
 * Errors: `InputError` for a file that is no model, has its weights elsewhere, or other inputs and outputs than the program
 * can have, and for options that are about compiling.
 */
export function runnerFiles(
  file: string,
  options: CodegenOptions,
  generate: InterfaceGenerator,
): { readonly files: readonly GeneratedFile[]; readonly warnings: readonly Diagnostic[] } {
  refuseUnusedFlags({ "a program runs a file": true }, options, { model: file });
  const { resolution, inputShapes } = options;
  return withFileNetwork(file, { resolution, inputShapes }, (network) => {
    refuseExternalData(network);
    return { files: generate(interfaceOfFile(network)), warnings: network.warnings };
  });
}

/** Adds the ONNX file where the program has its model. */
export async function addCopies(
  transaction: FileTransaction,
  file: string,
  files: readonly GeneratedFile[],
  { output }: CodegenOptions,
): Promise<readonly WrittenProgramFile[]> {
  const made: WrittenProgramFile[] = [];
  for (const each of files) {
    if ("artifact" in each)
      made.push({ path: each.path, bytes: await addCopy(transaction, file, join(output, each.path)) });
  }
  return made;
}

const PIECE = 1 << 20;

async function addCopy(transaction: FileTransaction, from: string, to: string): Promise<number> {
  const source = RandomAccessFile.open(from);
  try {
    // The program may be generated again from the model that it has.
    if (realPath(from) === realPath(to)) return source.size;
    const sink = await transaction.open(to);
    for (let at = 0; at < source.size; at += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, source.size - at));
      source.readInto(piece, at);
      await sink.write(piece);
    }
    return source.size;
  } finally {
    source.close();
  }
}

function interfaceOfFile({ file, imported, graph }: FileNetwork): InterfaceSubject {
  const { preprocessing, labels } = imageMetadata(file, new Map(Object.entries(imported.metadata)));
  const { batch, graph: open } = withOpenBatch(graph);
  return {
    spec: {
      name: basename(file).replace(/\.onnx$/, ""),
      preprocessing: preprocessing ?? defaultPreprocessing(imageSize(graph)?.channels ?? 3),
      labels,
    },
    graph: open,
    counts: countNetwork(graph),
    batch,
    version: packageVersion(),
  };
}

/** The batch that all inputs and outputs of a file are made for, and the graph without it. */
function withOpenBatch(graph: Graph): { readonly batch: number | undefined; readonly graph: Graph } {
  const [batch, another] = new Set([...graph.inputs, ...graph.outputs].map(({ type }) => type.dims[0]));
  if (typeof batch !== "number" || another !== undefined) return { batch: undefined, graph };
  const open = <V extends Value>(value: V): V => {
    const { dims, dtype } = value.type;
    return { ...value, type: tensorType([BATCH, ...dims.slice(1)], dtype) };
  };
  return { batch, graph: { ...graph, inputs: graph.inputs.map(open), outputs: graph.outputs.map(open) } };
}

function refuseExternalData({ file, imported }: FileNetwork): void {
  if (!imported.source.hasExternalData) return;
  throw InputError.of("codegen/external-data", `${file} has its weights in other files`, {
    file,
    hint: "a program embeds one file; the ONNX file itself can contain up to 2 GiB of weights",
  });
}
