import { dirname, join } from "node:path";
import { countNetwork } from "../analysis/counts.js";
import { CheckError, type Diagnostic, InputError } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import { packageVersion } from "../base/package.js";
import { GENERATORS, LANGUAGES, type LanguageName } from "../codegen/registry.js";
import type { CodegenSubject, StateNames, Variant } from "../codegen/subject.js";
import { startHalfRounding } from "../weights/half.js";
import type { ExportOptions } from "./compile.js";
import { checkExpectations, expectationDiagnostics } from "./expectations.js";
import { checkOwnership, removeStale } from "./generated-folder.js";
import { saturationWarnings } from "./half-precision.js";
import type { WeightsReport } from "./load-weights.js";
import type { SpecNetwork } from "./network.js";
import { type WrittenProgramFile, writeArtifacts, writeTexts } from "./program-files.js";
import { type FrameworkNames, frameworkNames } from "./state-names.js";
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
  return withProgram(specFile, options, async (program) => {
    const { subject, variants, warnings } = program;
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
    const made = [...(await writeArtifacts(files, { ...program, options, rounding }))];
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
  /** The names of the spec's own weights in files of weights; undefined for those of the network. */
  readonly stateNames: FrameworkNames | undefined;
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
    const [{ network }] = variants;
    const stateNames = stateNamesFor(network, options);
    const subject = codegenSubject(network, { ...options, stateNames, variants: described });
    return await use({ subject, variants, stateNames, warnings });
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

interface SubjectOptions extends Pick<CodegenOptions, "batch" | "resolution"> {
  readonly stateNames?: StateNames | undefined;
  readonly variants?: readonly Variant[] | undefined;
}

/** What generators are told of a network. */
export function codegenSubject(
  network: SpecNetwork,
  { batch, resolution, stateNames, variants = [] }: SubjectOptions,
): CodegenSubject {
  const { resolved } = network.spec;
  const size = resolution === undefined ? {} : { height: resolution, width: resolution };
  return {
    spec: { ...resolved, input: { ...resolved.input, ...size } },
    graph: network.graph,
    counts: countNetwork(network.graph),
    variants,
    batch,
    stateNames,
    version: packageVersion(),
  };
}

/** The names that `--names` asks for; undefined for the network's own, and for programs without names of weights. */
function stateNamesFor(
  { graph }: SpecNetwork,
  { language, names }: Pick<CodegenOptions, "language" | "names">,
): FrameworkNames | undefined {
  const { namesWeights } = GENERATORS[language];
  return names === undefined || names === "ecagen" || !namesWeights
    ? undefined
    : frameworkNames(graph, names);
}

function refuseMissedExpectations(network: SpecNetwork): void {
  const checks = checkExpectations(network.spec, countNetwork(network.declared));
  const failed = expectationDiagnostics(network.spec, checks);
  if (failed.length > 0) throw new CheckError(failed);
}
