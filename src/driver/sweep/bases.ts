import { dirname, resolve } from "node:path";
import { type Diagnostic, forEachOrAllErrors, InputError } from "../../base/diagnostic.js";
import { fileHash } from "../../files/hash-file.js";
import { mergedSpec } from "../../files/spec-files.js";
import { withFileNetwork } from "../../given/onnx-file.js";
import { attentionTypeOf } from "../../ir/attention/modules.js";
import { blockAt, type Graph } from "../../ir/graph.js";
import type { SpecLibrary } from "../../language/library.js";
import { loadSource } from "../../language/load.js";
import type { BaseFacts } from "../../language/sweep/points.js";
import type { Sweep } from "../../language/sweep/sweep.js";
import { networkOfSpec } from "../../networks/spec-network.js";
import { isOnnx } from "../../onnx/file/names.js";

/**
 * A base as it is passed to the process that makes its variants, in this process or in another: a spec as the text that it was when the sweep
 * began, with what it extends; an ONNX file by its path and what its bytes hash to.
 */
export type SweepBase = {
  /** As the sweep file names it. */
  readonly reference: string;
  readonly file: string;
} & ({ readonly kind: "spec"; readonly text: string } | { readonly kind: "onnx"; readonly sha256: string });

/** A base, and what of it the variants depend on. */
export interface OpenedBase {
  readonly base: SweepBase;
  readonly facts: BaseFacts;
}

/** A spec that was merged extends nothing. */
export const NO_LIBRARY: SpecLibrary = {
  read: (reference) => {
    throw InputError.of("spec/not-found", `there is no spec ${reference}`);
  },
  identity: (file) => file,
};

/** Opens the bases of a sweep. Errors: one `InputError` with what is wrong with any, at the place of the sweep file that names it. */
export function openBases({ bases, document }: Sweep): readonly OpenedBase[] {
  const folder = dirname(document.files[0] ?? "");
  return forEachOrAllErrors(bases, ({ reference, path }) => {
    const asker = { path, range: document.locate(path) };
    try {
      return isOnnx(reference)
        ? openFile(reference, resolve(folder, reference))
        : openSpec(reference, folder, asker);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(error.diagnostics.map((each) => asked(each, reference, asker)));
    }
  });
}

/** A problem of a base; one without a place in a file has that of who asks. */
function asked(
  problem: Diagnostic,
  reference: string,
  asker: Pick<Diagnostic, "path" | "range">,
): Diagnostic {
  if (problem.range !== undefined) return problem;
  const { code: _, message, hint } = problem;
  return { code: "sweep/base", message: `the base ${reference}: ${message}`, hint, ...asker };
}

function openSpec(reference: string, folder: string, asker: Pick<Diagnostic, "path" | "range">): OpenedBase {
  const { file, text } = mergedSpec(reference, folder, asker);
  const loaded = loadSource({ file, text }, NO_LIBRARY);
  const { graph } = networkOfSpec(loaded, [], {});
  const stages = loaded.document.valueAt(["stages"]) as readonly Readonly<Record<string, unknown>>[];
  return {
    base: { kind: "spec", reference, file, text },
    facts: {
      ...{ kind: "spec", hash: loaded.hash, gates: gatesOf(graph) },
      expandedStages: stages.flatMap((stage, i) => (Object.hasOwn(stage, "expansion") ? [i] : [])),
    },
  };
}

function openFile(reference: string, file: string): OpenedBase {
  const sha256 = fileHash(file);
  const gates = withFileNetwork(file, {}, ({ graph }) => gatesOf(graph));
  return {
    base: { kind: "onnx", reference, file, sha256 },
    facts: { kind: "onnx", hash: sha256, gates, expandedStages: [] },
  };
}

function gatesOf(graph: Graph): BaseFacts["gates"] {
  return graph.ops.flatMap(({ kind, loc }) => {
    const type = attentionTypeOf(kind);
    return type === undefined ? [] : [{ at: loc.scope, type, stage: blockAt(graph, loc.scope)?.stage }];
  });
}
