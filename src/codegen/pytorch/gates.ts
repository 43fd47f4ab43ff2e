import { augmentedParts } from "../../ir/attention/aa/module.js";
import { gatherExciteParts } from "../../ir/attention/ge/module.js";
import { type AttentionType, attentionModules, type SelectionType } from "../../ir/attention/modules.js";
import type { Op } from "../../ir/graph.js";
import { nameOperands } from "../../ir/operands.js";
import type { AttributesOf } from "../../ir/ops/registry.js";
import type { Literal } from "./python.js";

/** Sizes of an op's operands: x, then the parameters. */
type Sizes = readonly (readonly number[])[];

type GateType = AttentionType | SelectionType;

/** How a kind of attention is written in Python. */
interface GateEmitter<T extends GateType> {
  readonly className: string;
  /** The files of `templates/pytorch/model/attention` that have its class, and those that it needs. */
  readonly templates: readonly string[];
  /** The arguments of its constructor besides `start`; what is as the constructor has it may be left out. */
  readonly arguments: (
    attributes: AttributesOf<`attention.${T}`>,
    sizes: Sizes,
  ) => { readonly [word: string]: Literal };
}

const gate = <T extends GateType>(
  className: string,
  templates: string | readonly string[],
  args: GateEmitter<T>["arguments"],
): GateEmitter<T> => ({
  className,
  templates: typeof templates === "string" ? [templates] : templates,
  arguments: args,
});

const channelsOf = ([x]: Sizes): number => x?.[1] ?? 0;
const outputs = (sizes: Sizes, operand: number): number => sizes[operand]?.[0] ?? 0;
const unless = <V extends Literal>(usual: V, value: V): V | undefined =>
  value === usual ? undefined : value;

/** Every kind of attention as Python; one without a line is a compile error. */
export const gateEmitters: { readonly [T in GateType]: GateEmitter<T> } = {
  se: gate("SqueezeExcitation", "se", ({ squeeze, hidden, gate, epsilon }, sizes) => {
    const { norm, expandBias } = nameOperands(attentionModules.se.op.operands, sizes);
    return {
      channels: channelsOf(sizes),
      squeezed: outputs(sizes, 1),
      squeeze: unless("average", squeeze),
      act: unless("relu", hidden),
      gate: unless("sigmoid", gate),
      bias: unless(true, expandBias !== undefined),
      epsilon: norm && epsilon,
    };
  }),
  eca: gate(
    "EfficientChannelAttention",
    ["row_gate", "eca"],
    ({ kernel, padding, squeeze, ownKernels, gate }, sizes) => ({
      kernel,
      padding: unless("zeros", padding),
      bias: unless(false, sizes.length > (ownKernels ? 3 : 2)),
      squeeze: unless("average", squeeze),
      own_kernels: unless(false, ownKernels),
      gate: unless("sigmoid", gate),
    }),
  ),
  ecam: gate("HiddenChannelAttention", ["row_gate", "ecam"], ({ kernel, hidden, squeeze, gate }, sizes) => ({
    kernel,
    maps: outputs(sizes, 1),
    act: unless("relu", hidden),
    first: unless(1, sizes[1]?.[2] ?? 1),
    bias: unless(true, sizes.length > 3),
    squeeze: unless("average", squeeze),
    gate: unless("sigmoid", gate),
  })),
  ese: gate("LinearGate", "linear_gate", ({ gate }, sizes) => ({
    channels: channelsOf(sizes),
    gate: unless("sigmoid", gate),
    bias: unless(false, sizes.length > 2),
  })),
  "se-var1": gate("MeanGate", "se_var1", () => ({})),
  "se-var2": gate("ScaledMeanGate", "se_var2", (_attributes, sizes) => ({ channels: channelsOf(sizes) })),
  "se-var3": gate("LinearGate", "linear_gate", (_attributes, sizes) => ({ channels: channelsOf(sizes) })),
  "se-gc": gate("LinearGate", "linear_gate", ({ group }, sizes) => ({
    channels: channelsOf(sizes),
    name: "conv",
    groups: group,
  })),
  "eca-ns": gate("UnsharedChannelAttention", "eca_ns", ({ kernel }, sizes) => ({
    channels: channelsOf(sizes),
    kernel,
  })),
  cbam: gate(
    "ConvolutionalBlockAttention",
    ["spatial_gate", "cbam"],
    ({ pooling, hidden, gate, epsilon }, sizes) => ({
      channels: channelsOf(sizes),
      squeezed: outputs(sizes, 1),
      kernel: sizes[3]?.[2],
      pooling: unless("separate", pooling),
      act: unless("relu", hidden),
      gate: unless("sigmoid", gate),
      bias: unless(false, sizes.length > 8),
      epsilon: unless(1e-5, epsilon),
    }),
  ),
  bam: gate("BottleneckAttention", "bam", ({ dilation, hidden, epsilon }, sizes) => ({
    channels: channelsOf(sizes),
    squeezed: outputs(sizes, 1),
    dilation: unless(4, dilation),
    act: unless("relu", hidden),
    epsilon: unless(1e-5, epsilon),
  })),
  gc: gate("GlobalContext", "gc", ({ fusion, hidden, gate, epsilon }, sizes) => ({
    channels: channelsOf(sizes),
    squeezed: outputs(sizes, 1),
    fusion: unless("add", fusion),
    pooling: unless("attention", sizes.length > 7 ? "attention" : "average"),
    act: unless("relu", hidden),
    gate: unless("sigmoid", gate),
    epsilon: unless(1e-6, epsilon),
  })),
  ge: gate("GatherExcite", "ge", (attributes, sizes) => {
    const { extent, mlp, parameters, hidden, gate, epsilon } = attributes;
    const { convs } = gatherExciteParts(sizes.slice(1), attributes);
    return {
      channels: channelsOf(sizes),
      squeezed: mlp ? outputs(sizes, 1) : undefined,
      extent: unless(0, extent),
      gather: parameters ? [convs[0]?.weight.slice(2), convs.length] : undefined,
      act: unless("relu", hidden),
      gate: unless("sigmoid", gate),
      epsilon: unless(1e-5, epsilon),
    };
  }),
  nl: gate("NonLocal", "nl", ({ pairwise, scale, epsilon }, sizes) => ({
    channels: channelsOf(sizes),
    squeezed: outputs(sizes, 1),
    pairwise: unless("embedded-gaussian", pairwise),
    scale: unless(1, scale),
    epsilon: unless(1e-5, epsilon),
  })),
  a2: gate("DoubleAttention", "a2", (_attributes, sizes) => ({
    channels: channelsOf(sizes),
    squeezed: outputs(sizes, 1),
  })),
  coord: gate("CoordinateAttention", "coord", ({ hidden, gate, epsilon }, sizes) => ({
    channels: channelsOf(sizes),
    squeezed: outputs(sizes, 1),
    act: unless("hard_swish", hidden),
    gate: unless("sigmoid", gate),
    epsilon: unless(1e-5, epsilon),
  })),
  scse: gate("ConcurrentSqueezeExcitation", "scse", (_attributes, sizes) => ({
    channels: channelsOf(sizes),
    squeezed: outputs(sizes, 1),
    bias: unless(true, sizes.length > 4),
  })),
  sam: gate("SpatialAttention", ["spatial_gate", "sam"], ({ pooling, gate, epsilon }, sizes) => ({
    kernel: sizes[1]?.[2],
    pooling: unless("separate", pooling),
    gate: unless("sigmoid", gate),
    norm: unless(true, sizes.length > 2),
    epsilon: unless(1e-5, epsilon),
  })),
  gsop: gate("SecondOrderPooling", "gsop", ({ stride, epsilon }, sizes) => ({
    channels: channelsOf(sizes),
    squeezed: outputs(sizes, 1),
    stride: unless(1, stride),
    epsilon: unless(1e-5, epsilon),
  })),
  aa: gate("AugmentedConvolution", "aa", ({ heads, relative }, sizes) => {
    const [channels, values] = [channelsOf(sizes), outputs(sizes, 3)];
    const { parameters } = nameOperands(attentionModules.aa.op.operands, sizes);
    const { weight } = augmentedParts(parameters, relative, values < channels);
    return {
      channels,
      keys: (outputs(sizes, 1) - values) / 2,
      values,
      heads,
      map: relative ? sizes[0]?.slice(2) : undefined,
      kernel: weight?.[2],
    };
  }),
  sk: gate("SelectiveKernels", "sk", ({ paths, hidden, epsilon }, sizes) => ({
    channels: sizes[1]?.[1],
    squeezed: outputs(sizes, 1),
    paths: unless(2, paths),
    act: unless("relu", hidden),
    epsilon: unless(1e-5, epsilon),
  })),
};

/** The words of a gate for `gate_of`: its type and the arguments of its class. */
export function gateArguments(type: GateType, op: Op): { readonly [word: string]: Literal } {
  const sizes = op.operands.map(({ type }) => type.dims.map((size) => (typeof size === "number" ? size : 0)));
  const emitter = gateEmitters[type] as { readonly arguments: (attributes: unknown, sizes: Sizes) => object };
  return { type, ...emitter.arguments(op.attributes, sizes) };
}
