import { InferenceSession, type Tensor as OrtTensor } from "onnxruntime-node";
import type { Graph } from "../../src/ir/graph.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { codecs } from "../../src/onnx/codecs/registry.js";
import {
  type GraphMessage,
  type ModelMessage,
  ModelProto,
  type NodeMessage,
} from "../../src/onnx/file/proto.js";
import { feedsOf, numbersOf, randomInputs } from "./agreement.js";
import type { allCases } from "./cases.js";
import { modelOfOpset } from "./opset-model.js";

type Case = ReturnType<typeof allCases> extends Iterable<infer E> ? E : never;

/** As many images that an index of a case's gather is one of a batch's. */
const BATCH = 5;

/** The model of an op's case with something left out of its node. */
export interface Variant {
  readonly op: Case["op"];
  /** What is left out: "nothing", "attribute axis", "all attributes", "input 2". */
  readonly without: string;
  readonly label: string;
  readonly bytes: Uint8Array;
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

/** A case's node as its codec writes it, without each attribute, without all of them, and without each input at its end. */
export function variantsOf({ op, graph, label }: Case, opset: number): readonly Variant[] {
  const written = modelOfOpset(graph, opset);
  const inputs = randomInputs(graph, BATCH);
  const variant = (without: string, change: (node: NodeMessage) => void): Variant => {
    const model = ModelProto.decode(written);
    const node = model.graph?.node?.findLast(({ opType }) => opType === codecs[op].operator);
    if (node === undefined) throw new Error(`${label} has no ${codecs[op].operator}`);
    change(node);
    // What is left out may change the sizes of the output.
    for (const output of model.graph?.output ?? []) {
      output.type = { tensorType: { elemType: output.type?.tensorType?.elemType ?? 1 } };
    }
    return { op, without, label, graph, bytes: ModelProto.encode(model).finish(), inputs };
  };
  const node = ModelProto.decode(written).graph?.node?.findLast(
    ({ opType }) => opType === codecs[op].operator,
  );
  const names = (node?.attribute ?? []).map(({ name }) => name ?? "");
  const count = node?.input?.length ?? 0;
  return [
    variant("nothing", () => undefined),
    ...names.map((name) =>
      variant(`attribute ${name}`, (each) => {
        each.attribute = each.attribute?.filter((attribute) => attribute.name !== name) ?? [];
      }),
    ),
    ...(names.length > 1
      ? [
          variant("all attributes", (each) => {
            each.attribute = [];
          }),
        ]
      : []),
    ...Array.from({ length: Math.max(0, count - 1) }, (_, i) =>
      variant(`input ${i + 1}`, (each) => {
        if (i + 2 === count) each.input = each.input?.slice(0, -1) ?? [];
        else each.input?.splice(i + 1, 1, "");
      }),
    ),
  ];
}

/**
 * What ONNX Runtime makes of each variant: its output, or why it refuses it. All of them are one model, so that there is
 * one session; where that is refused, the halves are tried, down to the one that is the reason.
 */
export async function runVariants(variants: readonly Variant[]): Promise<readonly (Tensor | string)[]> {
  if (variants.length === 0) return [];
  try {
    return await runTogether(variants);
  } catch (error) {
    if (variants.length === 1) return [error instanceof Error ? error.message : String(error)];
    const half = variants.length >> 1;
    return [...(await runVariants(variants.slice(0, half))), ...(await runVariants(variants.slice(half)))];
  }
}

async function runTogether(variants: readonly Variant[]): Promise<readonly Tensor[]> {
  const parts = variants.map(({ bytes }, i) => prefixed(ModelProto.decode(bytes), `v${i}/`));
  const all = <K extends "node" | "input" | "output" | "initializer">(key: K) =>
    parts.flatMap((part) => part[key] ?? []);
  const model: ModelMessage = {
    irVersion: 8,
    opsetImport: ModelProto.decode(variants[0]?.bytes ?? new Uint8Array()).opsetImport ?? [],
    graph: {
      name: "variants",
      ...{ node: all("node"), input: all("input"), output: all("output"), initializer: all("initializer") },
    },
  };
  const session = await InferenceSession.create(ModelProto.encode(model).finish(), {
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  });
  try {
    const feeds = variants.flatMap(({ graph, inputs }, i) =>
      Object.entries(feedsOf(graph, inputs)).map(([name, tensor]) => [`v${i}/${name}`, tensor] as const),
    );
    const outputs = await session.run(Object.fromEntries(feeds));
    return parts.map(({ output }) => {
      const tensor = outputs[output?.[0]?.name ?? ""] as OrtTensor;
      return { dims: tensor.dims, data: numbersOf(tensor) };
    });
  } finally {
    await session.release();
  }
}

/** The graph of a model with other names for everything in it. */
function prefixed({ graph }: ModelMessage, prefix: string): GraphMessage {
  const named = <T extends { name?: string | null }>(each: T): T => ({ ...each, name: prefix + each.name });
  const names = (values: readonly string[] | null | undefined): string[] =>
    (values ?? []).map((name) => (name === "" ? "" : prefix + name));
  return {
    node: (graph?.node ?? []).map((each) => ({
      ...named(each),
      ...{ input: names(each.input), output: names(each.output) },
    })),
    input: (graph?.input ?? []).map(named),
    output: (graph?.output ?? []).map(named),
    initializer: (graph?.initializer ?? []).map(named),
  };
}
