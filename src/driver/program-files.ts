import { join } from "node:path";
import { writeAtomically } from "../base/atomic-file.js";
import { Defect } from "../base/diagnostic.js";
import { packageVersion } from "../base/package.js";
import type { Artifact, GeneratedFile } from "../codegen/subject.js";
import { writeModel } from "../onnx/write.js";
import type { HalfRounding } from "../weights/half.js";
import { encode, lower } from "./compile.js";
import { exportWeights } from "./export-weights.js";
import { MANIFEST, manifestText } from "./generated-folder.js";
import type { SpecNetwork } from "./network.js";
import type { CodegenOptions, Program } from "./program.js";

/** A file that was written; its path is relative to the program's folder. */
export interface WrittenProgramFile {
  readonly path: string;
  readonly bytes: number;
}

/** Writes the files of text and bytes and the manifest, all or none; the models and weights are there already. */
export async function writeTexts(
  files: readonly GeneratedFile[],
  made: readonly WrittenProgramFile[],
  { output, language }: CodegenOptions,
): Promise<readonly WrittenProgramFile[]> {
  const program = files.flatMap((file) => {
    if ("artifact" in file) return [];
    return [{ path: file.path, bytes: "text" in file ? Buffer.from(file.text) : Buffer.from(file.bytes) }];
  });
  const manifest = manifestText(output, {
    version: packageVersion(),
    language: language ?? "templates",
    texts: program,
    artifacts: made.map(({ path }) => path),
  });
  const contents = [...program, { path: MANIFEST, bytes: Buffer.from(manifest) }];
  await writeAtomically(
    contents.map(({ path }) => join(output, path)),
    async (...sinks) => {
      for (const [i, { bytes }] of contents.entries()) await sinks[i]?.write(bytes);
    },
  );
  return contents.map(({ path, bytes }) => ({ path, bytes: bytes.length }));
}

/** What artifacts are made of. */
interface Making extends Pick<Program, "variants" | "stateNames"> {
  readonly options: CodegenOptions;
  readonly rounding: HalfRounding;
}

/** Writes the models and weights, one after the other. */
export async function writeArtifacts(
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
    made.push(...(await ARTIFACTS[artifact](path, found.network, making)));
  }
  return made;
}

type MakeArtifact = (
  path: string,
  network: SpecNetwork,
  making: Making,
) => Promise<readonly WrittenProgramFile[]>;

const ARTIFACTS: Readonly<Record<Artifact, MakeArtifact>> = {
  async model(path, network, { options, rounding }) {
    const { graph } = lower(network, options);
    const written = await writeModel(join(options.output, path), encode(network, graph, options), {
      seed: options.seed ?? 0,
      digest: false,
      rounding,
      onProgress: (part) => options.onProgress?.(`writing ${path}`, part),
    });
    const { bytes, externalData } = written;
    return externalData === undefined
      ? [{ path, bytes }]
      : [
          { path, bytes },
          { path: `${path}.data`, bytes: externalData.bytes },
        ];
  },
  async weights(path, network, { options, stateNames }) {
    const { bytes } = await exportWeights(join(options.output, path), network.graph, options.seed ?? 0, {
      names: stateNames?.tensors,
      onProgress: (part) => options.onProgress?.("writing weights", part),
    });
    return [{ path, bytes }];
  },
};
