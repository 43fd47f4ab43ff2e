import { GENERATORS, type Language } from "../../codegen/registry.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import { isOnnx } from "../../onnx/file/names.js";
import { isSpecialized } from "../../passes/export-pipeline.js";
import type { ProgramOptions } from "./program.js";

/**
 * Refuses the flags that would change nothing in a program: those of an ONNX file or of weights that it does not have.
 *
 * Errors: `InputError` with each of them.
 */
export function refuseUnusedInProgram(model: string, options: ProgramOptions): void {
  const { language, weights, variantWeights, batch } = options;
  const found: Language | undefined = language === undefined ? undefined : GENERATORS[language];
  const hasModel = found?.artifacts.includes("model") === true;
  const hasWeights = hasModel || found?.artifacts.includes("weights") === true;
  const isFile = isOnnx(model);
  const fresh = hasWeights && weights === undefined && variantWeights === undefined;
  const hasNames = found?.namesWeights === true;
  refuseUnusedFlags(
    {
      "a program without a model": !hasModel,
      "no target with threads": hasModel && !isSpecialized(options),
      "a module": language === "pytorch" && batch !== "dynamic",
      "a program without weights": !hasWeights,
      "no weights": fresh && !hasNames,
      "no weights, but names": fresh && hasNames,
      // PyTorch draws what it starts from itself.
      "a fresh module": fresh && !hasModel && !isFile,
      "a program holds a file": found?.loadRunner !== undefined && isFile,
    },
    options,
    { model, program: language === undefined ? "--templates" : `--lang ${language}` },
  );
}
