import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { countNetwork } from "../analysis/counts.js";
import { writeAtomically } from "../base/atomic-file.js";
import { CheckError, type Diagnostic, InputError } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import { packageVersion } from "../base/package.js";
import { GENERATORS, LANGUAGES, type LanguageName } from "../codegen/registry.js";
import type { Artifact, CodegenSubject, GeneratedFile, Generator, StateNames } from "../codegen/subject.js";
import { writeModel } from "../onnx/write.js";
import { type HalfRounding, startHalfRounding } from "../weights/half.js";
import { type ExportOptions, encode, lower } from "./compile.js";
import { checkExpectations, expectationDiagnostics } from "./expectations.js";
import { exportWeights } from "./export-weights.js";
import { checkOwnership, MANIFEST, manifestText, removeStale } from "./generated-folder.js";
import { saturationWarnings } from "./half-precision.js";
import { type WeightsOptions, type WeightsReport, withOpenWeights } from "./load-weights.js";
import { type NetworkOptions, type SpecNetwork, specNetwork } from "./network.js";
import { type FrameworkNames, frameworkNames } from "./state-names.js";

export interface CodegenOptions
  extends Pick<NetworkOptions, "passes" | "resolution">,
    WeightsOptions,
    ExportOptions {
  /** What the program is written in; or else `templates`. */
  readonly language?: LanguageName | undefined;
  /** A folder of the user's own templates, in place of a language. */
  readonly templates?: string | undefined;
  /** The folder that gets the program; made if need be. */
  readonly output: string;
  /** Overwrites files that ecagen did not generate or that were changed since. */
  readonly force?: boolean | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** A file that was written; its path is relative to the program's folder. */
export interface WrittenProgramFile {
  readonly path: string;
  readonly bytes: number;
}

/** What `ecagen codegen --json` prints. */
export interface CodegenReport {
  readonly output: string;
  /** The language or the folder of templates that was asked for. */
  readonly language?: LanguageName | undefined;
  readonly templates?: string | undefined;
  readonly files: readonly WrittenProgramFile[];
  /** What became of the weights that were given. */
  readonly weights?: WeightsReport;
  /** What a user should know of a model that was written all the same. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Generates a program that runs or trains the network of a spec, into a folder:
 *
 *     SPEC ── IR, rewritten ── files of text
 *                           └─ model.onnx, weights: where the language wants them
 *
 * Errors: `InputError` for a wrong spec, template or option and for a folder with files of somebody else, `CheckError` for a
 * missed expectation; none of these leaves a file.
 */
export function codegen(specFile: string, options: CodegenOptions): Promise<CodegenReport> {
  return withOpenWeights(options, async (given) => {
    const { output, language, templates } = options;
    const loadGenerator = generatorOf(options);
    const network = specNetwork(specFile, { ...options, given });
    if (options.resolution === undefined) refuseMissedExpectations(network);
    const stateNames = stateNamesFor(network, options);
    const generate = await loadGenerator();
    const files = generate(codegenSubject(network, { ...options, stateNames }));
    const paths = files.map(({ path }) => path);
    refuseManifest(paths);
    checkOwnership(output, paths, options.force === true);
    for (const folder of new Set([output, ...paths.map((path) => join(output, dirname(path)))])) {
      makeFolder(folder);
    }
    const rounding = startHalfRounding();
    const made = [...(await writeArtifacts(files, { network, options, rounding, stateNames }))];
    removeStale(output, paths);
    made.push(...(await writeTexts(files, options)));
    return {
      output,
      ...(language === undefined ? { templates } : { language }),
      files: made,
      ...(network.weights === undefined ? {} : { weights: network.weights }),
      warnings: saturationWarnings(rounding),
    };
  });
}

interface SubjectOptions extends Pick<CodegenOptions, "batch" | "resolution"> {
  readonly stateNames?: StateNames | undefined;
}

/** How the generator is loaded that the options ask for: that of a language, or that of the user's templates. */
function generatorOf({ language, templates, output }: CodegenOptions): () => Promise<Generator> {
  if ((language === undefined) === (templates === undefined)) {
    const both = language !== undefined;
    throw InputError.of(
      "codegen/what",
      both ? "--lang and --templates can't both be given" : "what to generate is not said",
      { hint: `give either --lang ${LANGUAGES.join("|")} or --templates DIR` },
    );
  }
  if (language !== undefined) return GENERATORS[language].load;
  const folder = templates ?? "";
  const way = relative(folder, output);
  if (!isAbsolute(way) && way.split(sep)[0] !== "..") {
    throw InputError.of("codegen/own-templates", `the output is in the folder of the templates`, {
      file: output,
      hint: "what is written there would be taken for templates the next time",
    });
  }
  return async () => (await import("../codegen/user-templates/generate.js")).userTemplates(folder);
}

/** A program can't have the file by which ecagen knows its folder. */
function refuseManifest(paths: readonly string[]): void {
  if (!paths.some((path) => path.toLowerCase() === MANIFEST)) return;
  throw InputError.of("codegen/manifest", `${MANIFEST} is the file in which ecagen lists what it generated`, {
    file: MANIFEST,
    hint: "give the template another name",
  });
}

/** What generators are told of a network. */
export function codegenSubject(
  network: SpecNetwork,
  { batch, resolution, stateNames }: SubjectOptions,
): CodegenSubject {
  const { resolved } = network.spec;
  const size = resolution === undefined ? {} : { height: resolution, width: resolution };
  return {
    spec: { ...resolved, input: { ...resolved.input, ...size } },
    graph: network.graph,
    counts: countNetwork(network.graph),
    batch,
    stateNames,
    version: packageVersion(),
  };
}

/** The names that `--names` asks for; undefined for the network's own, and for programs without names of weights. */
function stateNamesFor(
  { graph }: SpecNetwork,
  { language, names }: CodegenOptions,
): FrameworkNames | undefined {
  const hasNames = language !== undefined && "namesWeights" in GENERATORS[language];
  return names === undefined || names === "ecagen" || !hasNames ? undefined : frameworkNames(graph, names);
}

/** Writes the files of text and bytes and the manifest, all or none. */
async function writeTexts(
  files: readonly GeneratedFile[],
  { output, language }: CodegenOptions,
): Promise<readonly WrittenProgramFile[]> {
  const program = files.flatMap((file) => {
    if ("artifact" in file) return [];
    return [{ path: file.path, bytes: "text" in file ? Buffer.from(file.text) : Buffer.from(file.bytes) }];
  });
  const manifest = manifestText({
    version: packageVersion(),
    language: language ?? "templates",
    files: program,
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

async function writeArtifacts(
  files: readonly GeneratedFile[],
  making: Making,
): Promise<readonly WrittenProgramFile[]> {
  const made: WrittenProgramFile[] = [];
  for (const file of files) {
    if ("artifact" in file) made.push(...(await ARTIFACTS[file.artifact](file.path, making)));
  }
  return made;
}

/** What artifacts are made of. */
interface Making {
  readonly network: SpecNetwork;
  readonly options: CodegenOptions;
  readonly rounding: HalfRounding;
  readonly stateNames: FrameworkNames | undefined;
}

type MakeArtifact = (path: string, making: Making) => Promise<readonly WrittenProgramFile[]>;

const ARTIFACTS: Readonly<Record<Artifact, MakeArtifact>> = {
  async model(path, { network, options, rounding }) {
    const { graph } = lower(network, options);
    const written = await writeModel(join(options.output, path), encode(network, graph, options), {
      seed: options.seed ?? 0,
      digest: false,
      rounding,
      onProgress: (part) => options.onProgress?.("writing the model", part),
    });
    const { bytes, externalData } = written;
    return externalData === undefined
      ? [{ path, bytes }]
      : [
          { path, bytes },
          { path: `${path}.data`, bytes: externalData.bytes },
        ];
  },
  async weights(path, { network, options, stateNames }) {
    const { bytes } = await exportWeights(join(options.output, path), network.graph, options.seed ?? 0, {
      names: stateNames?.tensors,
      onProgress: (part) => options.onProgress?.("writing weights", part),
    });
    return [{ path, bytes }];
  },
};

function refuseMissedExpectations(network: SpecNetwork): void {
  const checks = checkExpectations(network.spec, countNetwork(network.declared));
  const failed = expectationDiagnostics(network.spec, checks);
  if (failed.length > 0) throw new CheckError(failed);
}
