import type { Diagnostic } from "../../base/diagnostic.js";
import { specNetwork } from "../../given/spec-file.js";
import { type Batch, forBatch } from "../../networks/export.js";
import { locateErrors, type NetworkOptions } from "../../networks/spec-network.js";
import { OPSETS } from "../../onnx/file/opset.js";
import { runPasses } from "../../passes/engine/manager.js";
import { exportPipeline } from "../../passes/export-pipeline.js";
import { type Candidate, planSites, type StrategyName, strategies } from "../../passes/specialize/plan.js";

/** The form in which one gate is written for the CPU, and why. */
export interface LoweringExplanation {
  readonly at: string;
  /** C · H · W of the gated map. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly chosen: StrategyName;
  /** Whether the gate is squeezed before the convolution that makes its map. */
  readonly squeezesFirst: boolean;
  /** Every form: its time by the cost model in µs for one image, or why this gate can't have it. */
  readonly candidates: readonly Candidate[];
}

/** The output of `ecagen explain lowering --json`. */
export interface LoweringReport {
  readonly name: string;
  readonly target: "cpu";
  readonly threads: number;
  /** The equations that the forms rest on. */
  readonly strategies: Readonly<Record<StrategyName, string>>;
  readonly gates: readonly LoweringExplanation[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

export interface ExplainLoweringOptions extends NetworkOptions {
  /** Threads that the model will run with. Default: 1. */
  readonly threads?: number | undefined;
  readonly batch?: Batch | undefined;
}

/** Explains for every gate of a spec's network in which form `--target cpu` writes it. */
export function explainLowering(file: string, options: ExplainLoweringOptions = {}): LoweringReport {
  const { threads = 1, batch } = options;
  const network = specNetwork(file, options);
  const target = "cpu";
  const pipeline = exportPipeline({ target }).filter(({ pass }) => pass !== "specialize-gates");
  const { graph } = locateErrors(network.spec, () =>
    runPasses(forBatch(network.graph, { batch, target }), pipeline),
  );
  const gates = planSites(graph, { threads, opset: OPSETS.default, strategy: "auto" }).map(
    ({ site, ...planned }) => {
      const [, channels, height, width] = site.x.type.dims.map(Number);
      return {
        ...{ at: site.product.loc.scope, channels: channels ?? 0, height: height ?? 0, width: width ?? 0 },
        ...planned,
      };
    },
  );
  const docs = Object.values(strategies).map(({ name, doc }) => [name, doc]);
  return {
    ...{ name: network.graph.name, target, threads },
    strategies: Object.fromEntries(docs) as LoweringReport["strategies"],
    ...{ gates, warnings: network.warnings },
  };
}
