import { dirname, join } from "node:path";
import { countNetwork } from "../analysis/counts.js";
import { writeAtomically } from "../base/atomic-file.js";
import { CheckError, Defect, type Diagnostic, InputError } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import { packageVersion } from "../base/package.js";
import { GENERATORS, LANGUAGES, type LanguageName } from "../codegen/registry.js";
import type { Artifact, CodegenSubject, GeneratedFile, Variant } from "../codegen/subject.js";
import { writeModel } from "../onnx/write.js";
import { type HalfRounding, startHalfRounding } from "../weights/half.js";
import { type ExportOptions, encode, lower } from "./compile.js";
import { checkExpectations, expectationDiagnostics } from "./expectations.js";
import { exportWeights } from "./export-weights.js";
import { checkOwnership, MANIFEST, manifestText, removeStale } from "./generated-folder.js";
import { saturationWarnings } from "./half-precision.js";
import type { WeightsReport } from "./load-weights.js";
import type { SpecNetwork } from "./network.js";
import {
  describeVariant,
  planVariants,
  solePlan,
  type VariantNetwork,
  type VariantsOptions,
  withVariants,
} from "./variants.js";

export interface CodegenOptions extends VariantsOptions, ExportOptions {
  readonly language: LanguageName;
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

/** A network of a program that has several. */
export interface ProgramVariant {
  readonly id: string;
  /** The passes, in text form, that make it of the spec's network. */
  readonly passes: string;
  readonly parameters: number;
  readonly macs: number;
  readonly weights?: WeightsReport;
}

/** What `ecagen codegen --json` prints. */
export interface CodegenReport {
  readonly output: string;
  readonly language: LanguageName;
  readonly files: readonly WrittenProgramFile[];
  /** What became of the weights that were given. */
  readonly weights?: WeightsReport;
  /** The networks of a program that has several, the spec's own first. */
  readonly variants?: readonly ProgramVariant[];
  /** What a user should know of a model that was written all the same. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Generates a program that runs or trains the network of a spec, into a folder:
 *
 *     SPEC ── IR, rewritten ── files of text
 *                           └─ ONNX files, weights: where the language wants them, of each variant that it has
 *
 * Errors: `InputError` for a wrong spec or option and for a folder with files of somebody else, `CheckError` for a missed
 * expectation; none of these leaves a file.
 */
export function codegen(specFile: string, options: CodegenOptions): Promise<CodegenReport> {
  return withProgram(specFile, options, async ({ subject, variants, warnings }) => {
    const { output, language } = options;
    const [{ network }] = variants;
    if (options.resolution === undefined) refuseMissedExpectations(network);
    const generate = await GENERATORS[language].load();
    const files = generate(subject);
    const paths = files.map(({ path }) => path);
    checkOwnership(output, paths, options.force === true);
    for (const folder of new Set([output, ...paths.map((path) => join(output, dirname(path)))])) {
      makeFolder(folder);
    }
    const rounding = startHalfRounding();
    const made = [...(await writeArtifacts(files, variants, options, rounding))];
    removeStale(output, paths);
    made.push(...(await writeTexts(files, options)));
    return {
      output,
      language,
      files: made,
      ...(network.weights === undefined ? {} : { weights: network.weights }),
      ...(GENERATORS[language].hasVariants ? { variants: variants.map(reportVariant) } : {}),
      warnings: [...warnings, ...saturationWarnings(rounding)],
    };
  });
}

/** The networks of a program, and what its generator is told of them. */
export interface Program {
  readonly subject: CodegenSubject;
  /** The spec's own first; that alone where the language has no variants. */
  readonly variants: readonly [VariantNetwork, ...VariantNetwork[]];
  readonly warnings: readonly Diagnostic[];
}

/** Builds the networks of a program, whose weights are open for as long as `use` takes. */
export async function withProgram<T>(
  specFile: string,
  options: Omit<CodegenOptions, "output">,
  use: (program: Program) => Promise<T>,
): Promise<T> {
  const { language } = options;
  const { hasVariants } = GENERATORS[language];
  if (!hasVariants && options.variantWeights !== undefined) throw noVariants(language);
  const { plans, warnings } = hasVariants
    ? planVariants(specFile, options)
    : { plans: [solePlan(options)], warnings: [] };
  return await withVariants(specFile, plans, options, async (variants) => {
    const described = hasVariants ? variants.map((each) => describeVariant(each, options)) : [];
    const subject = codegenSubject(variants[0].network, options, described);
    return await use({ subject, variants, warnings });
  });
}

function noVariants(language: LanguageName): InputError {
  const compared = LANGUAGES.filter((each) => GENERATORS[each].hasVariants);
  return InputError.of("codegen/variant-weights", `programs of --lang ${language} hold one network`, {
    hint: `give its weights by --weights; --variant-weights is for --lang ${compared.join(" or ")}`,
  });
}

function reportVariant({
  plan: { id, passes },
  network: { graph, weights },
}: VariantNetwork): ProgramVariant {
  const { parameters, macs } = countNetwork(graph);
  return { id, passes, parameters, macs, ...(weights === undefined ? {} : { weights }) };
}

/** What generators are told of a network. */
export function codegenSubject(
  network: SpecNetwork,
  { batch, resolution }: Pick<CodegenOptions, "batch" | "resolution">,
  variants: readonly Variant[] = [],
): CodegenSubject {
  const { resolved } = network.spec;
  const size = resolution === undefined ? {} : { height: resolution, width: resolution };
  return {
    spec: { ...resolved, input: { ...resolved.input, ...size } },
    graph: network.graph,
    counts: countNetwork(network.graph),
    variants,
    batch,
    version: packageVersion(),
  };
}

/** Writes the text files and the manifest, all or none. */
async function writeTexts(
  files: readonly GeneratedFile[],
  { output, language }: CodegenOptions,
): Promise<readonly WrittenProgramFile[]> {
  const texts = files.flatMap((file) => ("text" in file ? [file] : []));
  const manifest = { path: MANIFEST, text: manifestText({ version: packageVersion(), language, texts }) };
  const contents = [...texts, manifest].map(({ path, text }) => ({ path, bytes: Buffer.from(text) }));
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
  variants: Program["variants"],
  options: CodegenOptions,
  rounding: HalfRounding,
): Promise<readonly WrittenProgramFile[]> {
  const made: WrittenProgramFile[] = [];
  for (const file of files) {
    if (!("artifact" in file)) continue;
    const { artifact, path, variant } = file;
    const found = variant === undefined ? variants[0] : variants.find(({ plan }) => plan.id === variant);
    if (found === undefined) throw new Defect(`${path} is of the variant ${variant}, which there is not`);
    made.push(...(await ARTIFACTS[artifact](path, found.network, options, rounding)));
  }
  return made;
}

type MakeArtifact = (
  path: string,
  network: SpecNetwork,
  options: CodegenOptions,
  rounding: HalfRounding,
) => Promise<readonly WrittenProgramFile[]>;

const ARTIFACTS: Readonly<Record<Artifact, MakeArtifact>> = {
  async model(path, network, options, rounding) {
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
  async weights(path, network, options) {
    const { bytes } = await exportWeights(
      join(options.output, path),
      network.graph,
      options.seed ?? 0,
      (part) => options.onProgress?.("writing weights", part),
    );
    return [{ path, bytes }];
  },
};

function refuseMissedExpectations(network: SpecNetwork): void {
  const checks = checkExpectations(network.spec, countNetwork(network.declared));
  const failed = expectationDiagnostics(network.spec, checks);
  if (failed.length > 0) throw new CheckError(failed);
}
