import { packageVersion } from "../../files/package.js";
import type { CalibrationSource } from "../../given/calibration.js";
import type { Graph } from "../../ir/graph.js";
import type { AssumedModel } from "../../networks/file-network.js";
import type { ModelParts } from "../../onnx/encode/layout.js";
import type { Sizes } from "../../onnx/file/value-info.js";
import { encodeRewritten, type RewrittenOptions } from "../../onnx/rewritten/model.js";
import { type RanPasses, runPasses } from "../../passes/engine/manager.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import { printPipeline } from "../../passes/engine/pipeline.js";
import { rewritePipeline } from "../../passes/export-pipeline.js";
import { withEnds } from "../../passes/lower/half-ends.js";
import { simplify } from "../../passes/simplify/simplify.js";
import { specializeGates } from "../../passes/specialize/specialize-gates.js";
import type { ChosenGates } from "../../trials/choose-gates.js";
import type { RewriteOptions } from "./report.js";

/** A file with the sizes that it was read with instead of symbols, which the rewritten file gets. */
export type SizedModel = AssumedModel & { readonly sizes: Sizes };

/** What is rewritten, and how. */
export interface RewriteTask {
  readonly file: string;
  readonly imported: SizedModel;
  /** The same with numbers for a height and width that `imported` leaves open: what is run, counted and searched for gates. */
  readonly assumed?: SizedModel | undefined;
  /** The swaps, then the passes. */
  readonly invocations: readonly PassInvocation[];
  readonly options: RewriteOptions;
  /** What `--swap KIND=auto` chose. */
  readonly choice?: ChosenGates | undefined;
  /** The inputs of `--calibrate`. */
  readonly calibration: CalibrationSource | undefined;
}

/**
 * The passes from a network at model level back to operators of the file's opset. Where sizes of maps were assumed, gates stay in their plain form:
 * others have the size in the file.
 */
export function lower(
  graph: Graph,
  { opset, taken }: Pick<SizedModel, "opset" | "taken">,
  { target, threads, precision, halfIo }: Pick<RewriteOptions, "target" | "threads" | "precision" | "halfIo">,
): RanPasses {
  const whole = rewritePipeline({ opset, target, threads, precision });
  const pipeline = taken === undefined ? whole : whole.filter(({ pass }) => pass !== specializeGates.name);
  return withEnds(runPasses(graph, pipeline), { precision, halfIo });
}

/** A lowered network as the parts of the rewritten file, which says how it was made where passes were asked for. */
export function encode(
  lowered: Graph,
  { imported, invocations, options: { seed = 0 } }: Pick<RewriteTask, "imported" | "invocations" | "options">,
): ModelParts {
  const metadata =
    invocations.length === 0
      ? {}
      : {
          "ecagen.version": packageVersion(),
          "ecagen.rewrite": printPipeline(invocations),
          "ecagen.seed": String(seed),
        };
  const simplified = isSimplified(invocations);
  return encodeRewritten(lowered, imported, {
    ...sizesOf(imported),
    metadata,
    simplified,
  });
}

/** The sizes that the rewritten file gets for symbols; where others were taken for open ones, new values have no declared types. */
export function sizesOf({ sizes, taken }: SizedModel): Pick<RewrittenOptions, "sizes" | "undeclared"> {
  return { sizes, undeclared: taken !== undefined };
}

/** Whether the rewritten file is to have neither nodes for tensors nor unused tensors. */
export function isSimplified(invocations: readonly PassInvocation[]): boolean {
  return invocations.some(({ pass }) => pass === simplify.name);
}
