import { blockOutputs } from "../../analysis/block-outputs.js";
import { InputError } from "../../base/diagnostic.js";
import { type Graph, type Parameter, producersOf } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp, replaceParameters } from "../../ir/rewrite.js";
import { constantWeight, reshapeWeight, type WeightExpr } from "../../ir/weight.js";
import { libraryOf } from "../../language/library.js";
import { type LoadedSpec, loadSource } from "../../language/load.js";
import { type PassEvent, runPasses } from "../../passes/engine/manager.js";
import { parsePipeline, passesOfFlag } from "../../passes/engine/pipeline.js";
import { type Exchange, exchangeAfter } from "../../passes/swap/exchange.js";
import { buildNetwork } from "../blocks/network.js";
import { CanonicalGraph, ValueNumbering } from "../canonical-graph.js";
import type { FileNetwork } from "../file-network.js";
import { imageMetadata } from "../metadata.js";
import type { SpecNetwork } from "../spec-network.js";
import { matchedWeights } from "./match.js";
import { nameOfBlock, notKnown, type WrittenSpec, writtenSpec } from "./written-spec.js";

/** A file's network as that of a spec, with the file's numbers. */
export interface RecoveredNetwork extends SpecNetwork {
  /** The spec as it would be written. */
  readonly written: WrittenSpec;
}

/**
 * The spec of a file's network, and the network that it builds, with the file's weights in it. That both networks are the
 * same is proved op by op. Where BatchNorms were folded, those of the network have the scale 1, the mean 0 and the variance
 * 1 - ε, so that they only add the bias that was left of them.
 *
 * Errors: `InputError` for a network that no spec says, with the blocks and the reasons.
 */
export function recoveredNetwork(network: FileNetwork, passes?: string): RecoveredNetwork {
  const { file, attention, imported } = network;
  const { preprocessing, labels } = imageMetadata(file, new Map(Object.entries(imported.metadata)));
  const written = { ...writtenSpec(network), preprocessing, labels };
  const spec = loaded(written, file);
  const built = buildNetwork(spec.resolved);
  const numbering = new ValueNumbering();
  // A spec says nothing of the precision that a file is written in.
  const theirs = new CanonicalGraph(attention.graph, numbering, true);
  const forms = ["strip-training", "strip-training,fold-batch-norm"].map((pipeline) => {
    const { graph } = runPasses(built, parsePipeline(pipeline));
    const ours = new CanonicalGraph(graph, numbering);
    return { ours, weights: matchedWeights(ours, theirs) };
  });
  const found = forms.find(({ weights }) => weights !== undefined);
  if (found?.weights === undefined) {
    throw notKnown(file, [
      firstDifference(
        network,
        theirs,
        forms.map(({ ours }) => ours),
      ),
    ]);
  }
  const bound = withWeights(built, found.ours.graph, found.weights);
  const invocations = passesOfFlag("--passes", passes);
  let exchanged: Exchange | undefined;
  const steps: PassEvent[] = [];
  const { graph, reports, warnings } = runPasses(bound, invocations, {
    after: (event) => {
      exchanged = exchangeAfter(exchanged, event);
      steps.push(event);
    },
  });
  return {
    written,
    spec,
    built: bound,
    exchanged,
    declared: bound,
    graph,
    meant: graph,
    keeping: [],
    invocations,
    reports,
    steps,
    warnings,
  };
}

/** Reads the spec that was written. What it refuses is a network that specs don't have. */
function loaded(written: WrittenSpec, file: string): LoadedSpec {
  try {
    return loadSource({ file, text: JSON.stringify(written) }, libraryOf({}));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw notKnown(
      file,
      error.diagnostics.map(({ message }) => message),
    );
  }
}

/** The network before folding with the numbers that it has after it, or without it. */
function withWeights(built: Graph, matched: Graph, weights: ReadonlyMap<string, WeightExpr>): Graph {
  const biases = new Map(
    matched.ops.flatMap((op) => {
      if (!isOp(op, "conv")) return [];
      const { weight, bias } = operandsOf(op);
      return bias?.kind === "parameter" ? [[weight.name, weights.get(bias.name)] as const] : [];
    }),
  );
  const producers = producersOf(built);
  const replaced = new Map<Parameter, WeightExpr>();
  for (const op of built.ops) {
    for (const operand of op.operands) {
      const data = operand.kind === "parameter" ? weights.get(operand.name) : undefined;
      if (operand.kind === "parameter" && data !== undefined) replaced.set(operand, data);
    }
    if (!isOp(op, "batch_norm")) continue;
    const { x, scale, shift: offset, mean, variance } = operandsOf(op);
    const conv = producers.get(x);
    const shift = isOp(conv, "conv") ? biases.get(operandsOf(conv).weight.name) : undefined;
    if (shift === undefined) continue;
    const one = (value: number): WeightExpr => constantWeight(shift.dims, value);
    const numbers = [
      [scale, one(1)],
      [offset, shift],
      [mean, one(0)],
      [variance, one(1 - op.attributes.epsilon)],
    ] as const;
    for (const [operand, data] of numbers) if (operand.kind === "parameter") replaced.set(operand, data);
  }
  return replaceParameters(built, (parameter) => {
    const given = replaced.get(parameter);
    // A linear layer instead of a convolution of one pixel has a matrix.
    const data = given && reshapeWeight(given, parameter.data.dims);
    return data === undefined ? parameter : Object.freeze({ ...parameter, data });
  });
}

/** The first block that computes something else than every block of the network that a spec makes. */
function firstDifference(
  { recovered }: Pick<FileNetwork, "recovered">,
  theirs: CanonicalGraph,
  forms: readonly CanonicalGraph[],
): string {
  const known = new Set(
    forms.flatMap((ours) => {
      const { graph } = ours;
      const scopes = graph.blocks.map(({ scope }) => scope);
      return [...blockOutputs(graph, scopes).values()].map((value) => ours.number(value));
    }),
  );
  const different = recovered.find(({ to }) => !known.has(theirs.number(to)));
  if (different === undefined) return "its blocks are known, and hang together otherwise";
  const { type } = different.block;
  return `${nameOfBlock(different)}: its layers are nearly those of a block "${type}", and not all of them`;
}
