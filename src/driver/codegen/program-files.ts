import { basename, dirname, join, posix } from "node:path";
import { Defect } from "../../base/diagnostic.js";
import type { Artifact, GeneratedFile } from "../../codegen/subject.js";
import type { FileTransaction } from "../../files/atomic-file.js";
import { addModel } from "../../files/models/write.js";
import { packageVersion } from "../../files/package.js";
import { addWeights } from "../../files/tensors/export-weights.js";
import { encode, lower } from "../../networks/export.js";
import type { SpecNetwork } from "../../networks/spec-network.js";
import type { HalfRounding } from "../../weights/values/half.js";
import {
  hashOfFile,
  interimManifestText,
  knownFiles,
  MANIFEST,
  manifestText,
  removeFiles,
  staleFiles,
} from "./generated-folder.js";
import type { CodegenOptions, NamedOldNetwork, Program } from "./program.js";

/** A file that was written; its path is relative to the program's folder. */
export interface WrittenProgramFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Writes a program into its folder:
 *
 *     files complete under temporary names ── interim manifest ── files renamed       ── stale ones gone ── manifest
 *
 * Wherever a run is killed, the folder is as before, or as after, or has the interim manifest, by which the next run knows
 * the files of both for ecagen's own and replaces them.
 *
 * @param addArtifacts adds the models and weights, one after the other
 */
export async function addProgram(
  transaction: FileTransaction,
  files: readonly GeneratedFile[],
  { output, language }: CodegenOptions,
  addArtifacts: () => Promise<readonly WrittenProgramFile[]>,
): Promise<readonly WrittenProgramFile[]> {
  const manifest = join(output, MANIFEST);
  const interim = await transaction.open(manifest);
  transaction.settle();
  const made = await addArtifacts();
  const texts: WrittenProgramFile[] = [];
  for (const file of files) {
    if ("artifact" in file) continue;
    const bytes = "text" in file ? Buffer.from(file.text) : file.bytes;
    const sink = await transaction.open(join(output, file.path));
    await sink.write(bytes);
    texts.push({ path: file.path, bytes: bytes.length });
  }
  await transaction.complete([interim]);

  const program = [...made, ...texts];
  const hashes = new Map(
    program.map(({ path }) => [path, hashOfFile(transaction.contentOf(join(output, path)))] as const),
  );
  const before = knownFiles(output) ?? new Map<string, readonly string[]>();
  const author = { version: packageVersion(), language: language ?? "templates" };
  await interim.write(Buffer.from(interimManifestText(author, before, hashes)));
  const stale = staleFiles(
    output,
    before,
    program.map(({ path }) => path),
  );
  transaction.afterwards(() => removeFiles(output, stale));
  transaction.settle();
  const final = Buffer.from(manifestText(author, hashes));
  await (await transaction.open(manifest)).write(final);
  return [...program, { path: MANIFEST, bytes: final.length }];
}

/** What artifacts are made of. */
interface Making extends Pick<Program, "variants" | "stateNames" | "old"> {
  readonly options: CodegenOptions;
  readonly rounding: HalfRounding;
}

/** Adds the models and weights of a spec's program, one after the other. */
export async function addArtifacts(
  transaction: FileTransaction,
  files: readonly GeneratedFile[],
  making: Making,
): Promise<readonly WrittenProgramFile[]> {
  const { variants } = making;
  const made: WrittenProgramFile[] = [];
  for (const file of files) {
    if (!("artifact" in file)) continue;
    const { artifact, path, variant } = file;
    const found = variant === undefined ? variants[0] : variants.find(({ plan }) => plan.id === variant);
    if (found === undefined) throw new Defect(`${path} is of the variant ${variant}, which there is not`);
    made.push(...(await ARTIFACTS[artifact](transaction, path, found.network, making)));
  }
  return made;
}

type AddArtifact = (
  transaction: FileTransaction,
  path: string,
  network: SpecNetwork,
  making: Making,
) => Promise<readonly WrittenProgramFile[]>;

const ARTIFACTS: Readonly<Record<Artifact, AddArtifact>> = {
  async model(transaction, path, network, { options, rounding }) {
    const { graph } = lower(network, options);
    const file = join(options.output, path);
    const model = encode(network, graph, { ...options, version: packageVersion() });
    const { bytes, externalData } = await addModel(transaction, file, model, {
      seed: options.seed ?? 0,
      digest: false,
      rounding,
      onProgress: (part) => options.onProgress?.(`writing ${path}`, part),
    });
    if (externalData === undefined) return [{ path, bytes }];
    const dataPath = posix.join(dirname(path), basename(externalData.file));
    return [
      { path, bytes },
      { path: dataPath, bytes: externalData.bytes },
    ];
  },
  weights: (transaction, path, { graph }, { options, stateNames }) =>
    addTensors(transaction, path, { graph, stateNames }, options),
  "old-weights"(transaction, path, _, { options, old }) {
    if (old === undefined) throw new Defect(`${path} is of the network before a change, and there is none`);
    return addTensors(transaction, path, old, options);
  },
};

async function addTensors(
  transaction: FileTransaction,
  path: string,
  { graph, stateNames }: Pick<NamedOldNetwork, "graph" | "stateNames">,
  { output, seed = 0, onProgress }: CodegenOptions,
): Promise<readonly WrittenProgramFile[]> {
  const { bytes } = await addWeights(transaction, join(output, path), graph, seed, {
    names: stateNames?.tensors,
    onProgress: (part) => onProgress?.(`writing ${path}`, part),
  });
  return [{ path, bytes }];
}
