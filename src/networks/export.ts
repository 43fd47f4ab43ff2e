import { countNetwork, gateOf } from "../analysis/counts.js";
import { InputError } from "../base/diagnostic.js";
import { withoutLater } from "../ir/attention/later.js";
import type { Target } from "../ir/attention/lowering/strategy.js";
import type { Graph, GraphInput } from "../ir/graph.js";
import { definitionOf } from "../ir/ops/registry.js";
import { retypeInputs } from "../ir/rewrite.js";
import { type TensorType, tensorType } from "../ir/types.js";
import type { NewGateStart } from "../new-gates/starts.js";
import { type EncodedModel, encodeModel } from "../onnx/encode/export.js";
import { OPSETS } from "../onnx/file/opset.js";
import { runPasses } from "../passes/engine/manager.js";
import { printPipeline } from "../passes/engine/pipeline.js";
import type { ModelPrecision } from "../passes/export-options.js";
import { exportPipeline } from "../passes/export-pipeline.js";
import { withEnds } from "../passes/lower/half-ends.js";
import { BATCH } from "./blocks/network.js";
import { METADATA } from "./metadata.js";
import { locateErrors, type NetworkOptions, type SpecNetwork } from "./spec-network.js";

/** Items of a batch, or `dynamic` for as many as a run has. */
export type Batch = number | "dynamic";

/** How a network becomes an ONNX model. */
export interface ExportOptions {
  /** Version of the ONNX operator set, 13 to 21. Default 17, which most runtimes accept. */
  readonly opset?: number | undefined;
  readonly target?: Target | undefined;
  /** Threads that the model will run with, for the target `cpu`. Default: 1. */
  readonly threads?: number | undefined;
  /** Leaves BatchNormalization nodes as they are instead of folding them into the convolutions. */
  readonly keepBatchNorm?: boolean | undefined;
  /** Precision of the model. Default: fp32. */
  readonly precision?: ModelPrecision | undefined;
  /** With fp16: inputs and outputs are float16 too. Default: they are float32. */
  readonly halfIo?: boolean | undefined;
  /** The batch size of the file. Default: dynamic; 1 for models that select boxes. */
  readonly batch?: Batch | undefined;
  /** The seed of the model's initial weights. Default 0. */
  readonly seed?: number | undefined;
}

/** What a model says of how it was made, besides what its network and the options do. */
interface Written {
  /** The version of ecagen. */
  readonly version: string;
  /** How the gates that a swap made start. Default: init. */
  readonly newGates?: NewGateStart | undefined;
}

/** Runs the passes that every export needs on a network at model level. */
export function lower(
  network: Pick<SpecNetwork, "spec" | "graph">,
  options: ExportOptions & Pick<NetworkOptions, "hooks">,
): ReturnType<typeof runPasses> {
  refuseBatch(network, options);
  return locateErrors(network.spec, () =>
    withEnds(runPasses(forBatch(network.graph, options), exportPipeline(options), options.hooks), options),
  );
}

/**
 * The network for the batch that is asked for, where passes make use of it: those for the target `cpu`. Elsewhere it stays open, as the file alone
 * says how large it is; also where an op can't have that size.
 */
export function forBatch(graph: Graph, { batch, target }: Pick<ExportOptions, "batch" | "target">): Graph {
  if (typeof batch !== "number" || target !== "cpu") return graph;
  const sized = (input: GraphInput): TensorType => {
    const dims = input.type.dims.map((size) => (size === BATCH ? batch : size));
    return tensorType(dims, input.type.dtype);
  };
  return retypeInputs(graph, sized) ?? graph;
}

/** Boxes are selected in one image: those of several would need a list of as many tables. */
function refuseBatch({ spec, graph }: Pick<SpecNetwork, "spec" | "graph">, { batch }: ExportOptions): void {
  const [own] = graph.inputs[0]?.type.dims ?? [];
  if (batch === undefined || typeof own !== "number" || own === batch) return;
  const asked = batch === "dynamic" ? "a dynamic batch" : `a batch of ${batch}`;
  const message = `${asked} is asked for, and ${spec.resolved.name} selects boxes in ${own} image`;
  throw InputError.of("onnx/batch", message, {
    hint: 'leave --batch out; with "outputs": "raw" in `detection` a one-stage detector takes any',
  });
}

/** A lowered network as an ONNX model that still lacks its weights. */
export function encode(network: SpecNetwork, lowered: Graph, options: ExportOptions & Written): EncodedModel {
  return locateErrors(network.spec, () =>
    encodeModel(lowered, {
      opset: options.opset ?? OPSETS.default,
      producerVersion: options.version,
      sizes: typeof options.batch === "number" ? { [BATCH]: options.batch } : {},
      metadata: metadataOf(network, options),
    }),
  );
}

/** What the ONNX file says of itself. The counts are those of the network before folding and lowering. */
function metadataOf(
  network: SpecNetwork,
  { seed = 0, newGates = "init", version }: ExportOptions & Written,
): Record<string, string> {
  const counts = countNetwork(network.graph);
  const { preprocessing, labels } = network.spec.resolved;
  const gates = network.graph.ops.flatMap((op) => {
    const gate = gateOf(op);
    return gate === undefined
      ? []
      : [
          {
            at: op.loc.scope,
            type: gate.type,
            ...withoutLater(gate.type, op.attributes, definitionOf(op.kind).attributes.shape),
          },
        ];
  });
  return {
    "ecagen.version": version,
    "ecagen.spec": network.spec.hash,
    "ecagen.passes": printPipeline(network.invocations),
    "ecagen.seed": String(seed),
    ...(network.weights === undefined ? {} : { "ecagen.weights": network.weights.names }),
    ...(newGates === "init" ? {} : { "ecagen.new_gates": newGates }),
    "ecagen.parameters": String(counts.parameters),
    "ecagen.attention_parameters": String(counts.attentionParameters),
    "ecagen.macs": String(counts.macs),
    "ecagen.gates": JSON.stringify(gates),
    ...(preprocessing === undefined ? {} : { [METADATA.preprocessing]: JSON.stringify(preprocessing) }),
    ...(labels === undefined ? {} : { [METADATA.labels]: JSON.stringify(labels) }),
  };
}
