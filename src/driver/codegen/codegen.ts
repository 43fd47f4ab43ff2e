import { dirname, join } from "node:path";
import { countNetwork } from "../../analysis/counts.js";
import { defined } from "../../base/defined.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { LanguageName } from "../../codegen/registry.js";
import type { GeneratedFile, InterfaceGenerator } from "../../codegen/subject.js";
import { type FileTransaction, inTransaction } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { makeFolder } from "../../files/folder.js";
import { weightsWarnings } from "../../given/weights.js";
import { refuseMissedExpectations } from "../../networks/expectations.js";
import type { WeightsReport } from "../../networks/load-weights.js";
import { isOnnx } from "../../onnx/file/names.js";
import { withInserts } from "../../passes/insert/flags.js";
import { saturationWarnings } from "../../trials/half-precision.js";
import { startHalfRounding } from "../../weights/values/half.js";
import { checkOwnership, MANIFEST } from "./generated-folder.js";
import { type CodegenOptions, generatorOf, hasVariants, runnerOf, withProgram } from "./program.js";
import { addArtifacts, addProgram, type WrittenProgramFile } from "./program-files.js";
import { addCopies, runnerFiles } from "./runner.js";
import { refuseUnusedInProgram } from "./unused-flags.js";
import type { VariantNetwork } from "./variants.js";

export type { CodegenOptions } from "./program.js";

/** A network of a program that has several. */
export interface ProgramVariant {
  readonly id: string;
  /** The passes, in text form, that make it of the spec's network. */
  readonly passes: string;
  readonly parameters: number;
  readonly macs: number;
  readonly weights?: WeightsReport;
}

/** The output of `ecagen codegen --json`. */
export interface CodegenReport {
  readonly output: string;
  /** The requested language or folder of templates. */
  readonly language?: LanguageName | undefined;
  readonly templates?: string | undefined;
  readonly files: readonly WrittenProgramFile[];
  /** Summary of how the given weights were used. */
  readonly weights?: WeightsReport;
  /** The networks of a program that has several, the spec's own first. */
  readonly variants?: readonly ProgramVariant[];
  /** Warnings about the written model. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Generates a program that runs or trains the network of a spec or an ONNX file, into a folder:
 *
 *     SPEC ── IR, rewritten ── files of text
 *                           └─ ONNX files, weights: where the language wants them, of each variant that it has
 *
 * Programs that only run an ONNX file contain it unchanged; others use the network of the equivalent spec.
 *
 * Errors: `InputError` for a wrong spec, template or option and for a folder with files that ecagen did not generate, `CheckError` for a
 * missed expectation; none of these leaves a file.
 */
export function codegen(model: string, options: CodegenOptions): Promise<CodegenReport> {
  return asOneRun(() => generateProgram(model, options));
}

async function generateProgram(model: string, given: CodegenOptions): Promise<CodegenReport> {
  // 1: the generator of a language or of the user's templates, and whether every flag has a use.
  const loadGenerator = generatorOf(given);
  refuseUnusedInProgram(model, given);

  // 2: programs that only run an ONNX file take any, as it is.
  const loadRunner = isOnnx(model) ? runnerOf(given) : undefined;
  if (loadRunner !== undefined) return await generateRunner(model, given, await loadRunner());
  const options = withInserts(given);

  return await withProgram(model, options, async ({ warnings, ...program }) => {
    // 3: the networks, and the published numbers of the spec's own.
    const { subject, variants } = program;
    const [{ network }] = variants;
    if (options.resolution === undefined) refuseMissedExpectations(network);

    // 4: the files as text; 5: all of them in the folder, the models and weights made as they are written.
    const files = (await loadGenerator())(subject);
    const rounding = startHalfRounding();
    const written = await writeProgram(files, options, (transaction) =>
      addArtifacts(transaction, files, { ...program, options, rounding }),
    );
    const { output, language, templates } = options;
    return defined({
      output,
      ...(language === undefined ? { templates } : { language }),
      files: written,
      weights: network.weights,
      variants: hasVariants(options) ? variants.map(reportVariant) : undefined,
      warnings: [
        ...[...network.warnings, ...warnings],
        ...weightsWarnings(variants.map(({ given }) => given)),
        ...saturationWarnings(rounding),
      ],
    });
  });
}

async function generateRunner(
  model: string,
  options: CodegenOptions,
  generate: InterfaceGenerator,
): Promise<CodegenReport> {
  const { files, warnings } = runnerFiles(model, options, generate);
  const written = await writeProgram(files, options, (transaction) =>
    addCopies(transaction, model, files, options),
  );
  return { output: options.output, language: options.language, files: written, warnings };
}

/** Writes a program into a folder that is ecagen's, or new. */
function writeProgram(
  files: readonly GeneratedFile[],
  options: CodegenOptions,
  addArtifacts: (transaction: FileTransaction) => Promise<readonly WrittenProgramFile[]>,
): Promise<readonly WrittenProgramFile[]> {
  prepareFolder(files, options);
  return inTransaction((transaction) =>
    addProgram(transaction, files, options, () => addArtifacts(transaction)),
  );
}

/** Makes the folders of a program. Errors: `InputError` for files of somebody else's where they would be. */
function prepareFolder(files: readonly GeneratedFile[], { output, force }: CodegenOptions): void {
  const paths = files.map(({ path }) => path);
  refuseManifest(paths);
  checkOwnership(output, paths, force === true);
  for (const folder of new Set([output, ...paths.map((path) => join(output, dirname(path)))])) {
    makeFolder(folder);
  }
}

/** A program can't have the file by which ecagen knows its folder. */
function refuseManifest(paths: readonly string[]): void {
  if (!paths.some((path) => path.toLowerCase() === MANIFEST)) return;
  throw InputError.of("codegen/manifest", `${MANIFEST} is the file in which ecagen lists what it generated`, {
    file: MANIFEST,
    hint: "give the template another name",
  });
}

function reportVariant({
  plan: { id, passes },
  network: { graph, weights },
}: VariantNetwork): ProgramVariant {
  const { parameters, macs } = countNetwork(graph);
  return { id, passes, parameters, macs, ...defined({ weights }) };
}
