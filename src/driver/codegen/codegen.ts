import { dirname, join } from "node:path";
import { countNetwork } from "../../analysis/counts.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { LanguageName } from "../../codegen/registry.js";
import type { GeneratedFile } from "../../codegen/subject.js";
import { inTransaction } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { makeFolder } from "../../files/folder.js";
import { isOnnx } from "../../given/onnx-file.js";
import { weightsWarnings } from "../../given/weights.js";
import { refuseMissedExpectations } from "../../networks/expectations.js";
import type { WeightsReport } from "../../networks/load-weights.js";
import { saturationWarnings } from "../../trials/half-precision.js";
import { startHalfRounding } from "../../weights/values/half.js";
import { addCopies, runnerFiles } from "./codegen-file.js";
import { checkOwnership, MANIFEST } from "./generated-folder.js";
import { type CodegenOptions, generatorOf, hasVariants, runnerOf, withProgram } from "./program.js";
import { addArtifacts, addProgram, type WrittenProgramFile } from "./program-files.js";
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

/** What `ecagen codegen --json` prints. */
export interface CodegenReport {
  readonly output: string;
  /** The language or the folder of templates that was asked for. */
  readonly language?: LanguageName | undefined;
  readonly templates?: string | undefined;
  readonly files: readonly WrittenProgramFile[];
  /** What became of the weights that were given. */
  readonly weights?: WeightsReport;
  /** The networks of a program that has several, the spec's own first. */
  readonly variants?: readonly ProgramVariant[];
  /** What a user should know of a model that was written all the same. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Generates a program that runs or trains the network of a spec or an ONNX file, into a folder:
 *
 *     SPEC ── IR, rewritten ── files of text
 *                           └─ ONNX files, weights: where the language wants them, of each variant that it has
 *
 * An ONNX file is as it is in programs that only run it; others have the network of the spec that it is proved to be.
 *
 * Errors: `InputError` for a wrong spec, template or option and for a folder with files of somebody else, `CheckError` for a
 * missed expectation; none of these leaves a file.
 */
export function codegen(specFile: string, options: CodegenOptions): Promise<CodegenReport> {
  return asOneRun(() => generateProgram(specFile, options));
}

async function generateProgram(specFile: string, options: CodegenOptions): Promise<CodegenReport> {
  const { output, language, templates } = options;
  const loadGenerator = generatorOf(options);
  refuseUnusedInProgram(specFile, options);
  const loadRunner = isOnnx(specFile) ? runnerOf(options) : undefined;
  if (loadRunner !== undefined) {
    const { files, warnings } = runnerFiles(specFile, options, await loadRunner());
    prepareFolder(files, options);
    const written = await inTransaction((transaction) =>
      addProgram(transaction, files, options, () => addCopies(transaction, specFile, files, options)),
    );
    return { output, language, files: written, warnings };
  }
  return await withProgram(specFile, options, async (program) => {
    const { subject, variants } = program;
    const [{ network }] = variants;
    const warnings = [...network.warnings, ...program.warnings];
    if (options.resolution === undefined) refuseMissedExpectations(network);
    const generate = await loadGenerator();
    const files = generate(subject);
    prepareFolder(files, options);
    const rounding = startHalfRounding();
    const written = await inTransaction((transaction) =>
      addProgram(transaction, files, options, () =>
        addArtifacts(transaction, files, { ...program, options, rounding }),
      ),
    );
    return {
      output,
      ...(language === undefined ? { templates } : { language }),
      files: written,
      ...(network.weights === undefined ? {} : { weights: network.weights }),
      ...(hasVariants(options) ? { variants: variants.map(reportVariant) } : {}),
      warnings: [
        ...warnings,
        ...weightsWarnings(variants.map(({ given }) => given)),
        ...saturationWarnings(rounding),
      ],
    };
  });
}

/** Makes the folders of a program. Errors: `InputError` for files of somebody else's in their places. */
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
  return { id, passes, parameters, macs, ...(weights === undefined ? {} : { weights }) };
}
