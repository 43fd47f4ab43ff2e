import { blockScopes } from "../../analysis/block-outputs.js";
import { InputError } from "../../base/diagnostic.js";
import { decodeModel } from "../../files/models/open.js";
import { givenBytes } from "../../files/models/read.js";
import { packageVersion } from "../../files/package.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import { usesType } from "../../ir/graph.js";
import type { ImportedModel } from "../../onnx/decode/import.js";
import { argumentsAmong, replaceInitializers } from "../../onnx/decode/initializers.js";
import { modelBytes } from "../../onnx/encode/bytes.js";
import { encodeModel } from "../../onnx/encode/export.js";
import { isOnnx } from "../../onnx/file/names.js";
import { OPSETS } from "../../onnx/file/opset.js";
import type { Check } from "../../runtime/compare.js";
import { stressed } from "../../trials/stressed.js";
import type { GivenModel } from "./given-model.js";
import type { VerifyOptions } from "./report.js";
import type { Findings, Subject, VerifyTarget } from "./round.js";

const NOTHING_FOUND: Findings = { gates: { image: [], effects: [] }, checks: [] };

/**
 * An ONNX file: with its own weights and, where its operators are ops of the IR, with stress weights. The
 * reference is then the interpreter over the decoded graph. A file of other operators can only be held against
 * the CPU or another file.
 *
 * Errors: `InputError` for such a file without another device or file, and for options that a file has no use for.
 */
export function fileTarget(
  given: GivenModel,
  other: GivenModel | undefined,
  options: VerifyOptions,
  note: (check: Check) => void,
): VerifyTarget {
  refuseUnusedFlags({ "a file is verified": true }, options);
  const decoded = decodedOrSecond(given, options);
  if (decoded === undefined) {
    note({
      name: "reference",
      ok: true,
      detail: `${given.path} has operators that the reference interpreter does not know; it is compared with ${options.against} alone`,
    });
    const subjects = subjectsOf(given, other);
    return {
      precision: "float32",
      rounds: 1,
      found: () => NOTHING_FOUND,
      round: () => ({ weights: "own weights", reference: undefined, blocks: [], subjects }),
    };
  }
  const { graph } = decoded;
  const blocks = blockScopes(graph);
  return {
    precision: usesType(graph, "float16") ? "float16" : "float32",
    rounds: 2,
    found: () => NOTHING_FOUND,
    round(index) {
      if (index === 0) {
        return { weights: "own weights", reference: graph, blocks, subjects: subjectsOf(given, other) };
      }
      const reference = stressed(graph, options.seed ?? 0);
      // Only its tensors are used, so that the opset of the file doesn't matter.
      const encoded = encodeModel(reference, { opset: OPSETS.last, producerVersion: packageVersion() });
      const own = modelBytes(encoded, { seed: options.seed ?? 0 });
      const left = argumentsAmong(givenBytes(given.bytes, given.path), graph);
      const subjects = [given, other].flatMap((model): Subject[] => {
        if (model === undefined) return [];
        const bytes = replaceInitializers(givenBytes(model.bytes, model.path), own, left);
        const ok = bytes !== undefined;
        const detail = ok ? `${model.path} takes them` : `${model.path} has other weights, by name or shape`;
        note({ name: "stress weights", ok, detail });
        return ok ? [{ label: model.path, model: bytes }] : [];
      });
      return { weights: "stress weights", reference, blocks, subjects };
    },
  };
}

function subjectsOf(given: GivenModel, other: GivenModel | undefined): readonly Subject[] {
  return [given, other].flatMap((each) =>
    each === undefined ? [] : [{ label: each.path, model: each.path }],
  );
}

/** The graph of a file; undefined for foreign operators where there is something else to compare with. */
function decodedOrSecond({ bytes, path }: GivenModel, options: VerifyOptions): ImportedModel | undefined {
  const { against = "reference", device = "cpu", perBlock = false } = options;
  try {
    return decodeModel(bytes, path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const hasSecond = isOnnx(against) || (against === "cpu" && device !== "cpu");
    const isForeign = error.diagnostics.every(
      ({ code }) => code === "onnx/unknown-operator" || code === "onnx/unsupported",
    );
    if (hasSecond && isForeign && !perBlock) return undefined;
    if (!isForeign) throw error;
    const hint =
      "without the reference interpreter it can be compared with another file, --against FILE.onnx, or on another device with --against cpu";
    throw new InputError([
      ...error.diagnostics,
      {
        code: "verify/no-reference",
        message: `the reference interpreter can't evaluate ${path}`,
        file: path,
        hint,
      },
    ]);
  }
}
