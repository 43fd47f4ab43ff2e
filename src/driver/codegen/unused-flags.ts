import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { GENERATORS, type Language } from "../../codegen/registry.js";
import { isOnnx } from "../../given/onnx-file.js";
import { weightsFlags } from "../../given/unused-flags.js";
import { OPSETS } from "../../onnx/file/opset.js";
import type { ProgramOptions } from "./program.js";

/**
 * Refuses the flags that would change nothing in a program: those of an ONNX file or of weights that it does not have.
 *
 * Errors: `InputError` with each of them.
 */
export function refuseUnusedFlags(model: string, options: ProgramOptions): void {
  const { language, weights, variantWeights, names, batch } = options;
  const { names: _, ...ofWeights } = weightsFlags(options);
  const aboutWeights = Object.fromEntries(
    Object.entries(ofWeights).map(([flag, value]) => [flag, value !== undefined]),
  );
  const found: Language | undefined = language === undefined ? undefined : GENERATORS[language];
  const asked = language === undefined ? "--templates" : `--lang ${language}`;
  const hasModel = found?.artifacts.includes("model") === true;
  const hasWeights = hasModel || found?.artifacts.includes("weights") === true;
  const isGiven = weights !== undefined || variantWeights !== undefined;
  const problems: Diagnostic[] = [];
  const refuse = (flags: Readonly<Record<string, boolean>>, why: string, hint?: string): void => {
    for (const [flag, given] of Object.entries(flags)) {
      if (given)
        problems.push({ code: "codegen/unused-flag", message: `--${flag} changes nothing: ${why}`, hint });
    }
  };
  if (!hasModel)
    refuse(modelFlags(options), `programs of ${asked} have no ONNX file`, "ecagen compile makes one");
  if (language === "pytorch") refuse({ batch: batch !== undefined }, "a module takes any batch");
  if (!hasWeights) {
    const flags = { weights: weights !== undefined, names: names !== undefined, seed: hasSeed(options) };
    refuse({ ...flags, ...aboutWeights }, `programs of ${asked} have no weights`);
  } else if (!isGiven) {
    const why = "it is about trained weights, and there are no --weights";
    const hasNames = found?.namesWeights === true;
    refuse({ names: names !== undefined && !hasNames, ...aboutWeights }, why);
    // PyTorch draws what it starts from itself.
    if (!hasModel && !isOnnx(model))
      refuse({ seed: hasSeed(options) }, "the numbers that a module starts from are PyTorch's");
  }
  if (found?.loadRunner !== undefined && isOnnx(model)) {
    const flags = { seed: hasSeed(options), "variant-weights": variantWeights !== undefined };
    refuse(flags, `the program runs ${model} as it is`);
  }
  if (problems.length > 0) throw new InputError(problems);
}

/** The command line gives most of these always, so that what they are by default says nothing. */
function modelFlags({ opset, target, keepBatchNorm, precision }: ProgramOptions) {
  return {
    opset: opset !== undefined && opset !== OPSETS.default,
    target: target !== undefined && target !== "portable",
    "keep-bn": keepBatchNorm === true,
    precision: precision === "fp16",
  };
}

function hasSeed({ seed }: ProgramOptions): boolean {
  return seed !== undefined && seed !== 0;
}
