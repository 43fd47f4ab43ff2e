import { basename } from "node:path";
import {
  type BlockCounts,
  countNetwork,
  countOps,
  gateOf,
  type UncountedOperator,
} from "../../analysis/counts.js";
import { defined } from "../../base/defined.js";
import type { NamedModel } from "../../given/models.js";
import { hasKernel, type KernelAttributes } from "../../ir/attention/eca-kernel.js";
import { type AttentionKind, moduleOf } from "../../ir/attention/modules.js";
import { blockAt, type Graph } from "../../ir/graph.js";
import type { Dim } from "../../ir/types.js";
import type { NetworkInput } from "../../language/input.js";
import { inputSize } from "../../networks/interface.js";
import type { PassEvent } from "../../passes/engine/manager.js";
import { printPipeline } from "../../passes/engine/pipeline.js";
import { type StageCosts, stageCosts } from "./shares.js";

/** What a report says of one network. */
export interface ReportedNetwork {
  readonly file: string;
  readonly name: string;
  /** Input size of the MACs: channels, and height and width or length; null for a file without an image or signal. */
  readonly input: NetworkInput | null;
  readonly outputs: readonly ReportedOutput[];
  /** The opset of the standard ONNX operators; null for a spec, and for a file that imports none. */
  readonly opset: number | null;
  /** The program that wrote the file; null for a spec, or if the file has no producer. */
  readonly producer: string | null;
  readonly ops: number;
  readonly parameters: number;
  readonly attentionParameters: number;
  readonly buffers: number;
  readonly macs: number;
  readonly attentionMacs: number;
  /** The operators whose multiply-accumulates are missing in `macs`. */
  readonly uncounted?: readonly UncountedOperator[];
  /** By stage and by purpose; the sum is the totals. */
  readonly stages: readonly StageCosts[];
  readonly blocks: readonly BlockCounts[];
  readonly gates: readonly ReportedGate[];
  readonly passes: readonly ReportedPass[];
}

export interface ReportedOutput {
  readonly name: string;
  readonly dims: readonly Dim[];
}

export interface ReportedGate {
  readonly at: string;
  /** The scope of the block that it is in; null outside of all. */
  readonly block: string | null;
  readonly kind: AttentionKind;
  /** `eca (k = 5)` */
  readonly text: string;
  /** C, the channels of the gated tensor; null if they are dynamic. */
  readonly channels: number | null;
  /** Of a gate with a kernel along the channels. */
  readonly k?: number;
  /** How k was derived; `fixed` if it was given explicitly. */
  readonly rule?: string;
  readonly parameters: number;
}

/** A pass that was run, and what the network was before and after it. */
export interface ReportedPass {
  /** As in a pipeline: `swap-attention{to=eca}`. */
  readonly pass: string;
  readonly changed: boolean;
  readonly before: PassedCounts;
  readonly after: PassedCounts;
}

export interface PassedCounts {
  readonly ops: number;
  readonly parameters: number;
  readonly attentionParameters: number;
  readonly macs: number;
}

/** What a report says of a network that is open. */
export function reportedNetwork([file, model]: NamedModel): ReportedNetwork {
  const { graph } = model;
  const { parameters, attentionParameters, buffers, macs, attentionMacs, uncounted, blocks } =
    countNetwork(graph);
  const producer = model.kind === "spec" ? undefined : model.imported.producer;
  return {
    file,
    // Exporters call every graph the same.
    name: model.kind === "spec" ? graph.name : basename(file),
    input: inputSize(graph),
    outputs: graph.outputs.map(({ name, type: { dims } }) => ({ name, dims })),
    opset: model.kind === "spec" || model.imported.opset === 0 ? null : model.imported.opset,
    producer:
      producer === undefined || producer.name === "" ? null : `${producer.name} ${producer.version}`.trim(),
    ops: graph.ops.length,
    ...{ parameters, attentionParameters, buffers, macs, attentionMacs },
    ...defined({ uncounted }),
    stages: stageCosts(graph),
    blocks,
    gates: gatesOf(graph),
    passes: model.steps.map(passOfEvent),
  };
}

function gatesOf(graph: Graph): readonly ReportedGate[] {
  return graph.ops.flatMap((op): ReportedGate[] => {
    const gate = gateOf(op);
    if (gate === undefined) return [];
    const channels = op.operands[0]?.type.dims[1];
    const { kernel, rule } = op.attributes as Partial<KernelAttributes>;
    const derived = hasKernel(moduleOf(gate.type)) ? defined({ k: kernel, rule }) : {};
    return [
      {
        at: op.loc.scope,
        block: blockAt(graph, op.loc.scope)?.scope ?? null,
        kind: gate.type,
        text: gate.text,
        channels: typeof channels === "number" ? channels : null,
        ...derived,
        parameters: countOps([op]).parameters,
      },
    ];
  });
}

function passOfEvent({ name, options, changed, before, graph }: PassEvent): ReportedPass {
  return {
    pass: printPipeline([{ pass: name, options }]),
    changed,
    before: passedCounts(before),
    after: passedCounts(graph),
  };
}

function passedCounts(graph: Graph): PassedCounts {
  const { parameters, attentionParameters, macs } = countNetwork(graph);
  return { ops: graph.ops.length, parameters, attentionParameters, macs };
}
