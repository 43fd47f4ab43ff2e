import { blockAt, type Graph, type Op } from "../../ir/graph.js";
import type { OpName } from "../../ir/ops/registry.js";
import { concreteDims, elementCount } from "../../ir/types.js";

/** What a hook counts, from the sizes for one image. */
type Hook = (operands: readonly Dims[], result: Dims, attributes: never) => number;

type Dims = readonly number[];

/** thop's `register_hooks`, for the ops that are such modules in PyTorch. */
const HOOKS: { readonly [N in OpName]?: Hook } = {
  // cin * elements * (kernel + 1 with a bias) // groups; the weight is [outputs, cin / groups, ...kernel].
  conv: ([, weight, bias], result) => {
    const [outputs = 1, inputs = 1] = weight ?? [];
    const taps = elementCount(weight ?? []) / outputs;
    return elementCount(result) * (taps + (bias === undefined ? 0 : inputs));
  },
  batch_norm: (_operands, result) => 4 * elementCount(result),
  relu: (_operands, result) => elementCount(result),
  relu6: (_operands, result) => elementCount(result),
  // The additions of a window and one division.
  avg_pool: (_operands, result, { kernel }: { kernel: readonly number[] }) =>
    elementCount(result) * (elementCount(kernel) + 1),
  global_avg_pool: ([x = []], result) => elementCount(x) + elementCount(result),
  gemm: ([x], result) => elementCount(result) * (2 * (x?.[1] ?? 1) - 1),
};

const ACTIVATION_MODULES: readonly OpName[] = ["relu", "relu6"];

/**
 * Blocks that run one nn.ReLU after each of their normalisations and after the sum, in torchvision's resnet.py and in the
 * authors' eca_resnet.py: only the last of these calls counts. Stems, gates and the layers of MobileNetV2 have an
 * activation module each.
 */
const SHARE_AN_ACTIVATION: readonly string[] = ["basic", "bottleneck"];

/**
 * Operations as thop (github.com/Lyken17/pytorch-OpCounter) counted them at its commit a62e93d of July 2019, with which
 * the authors of ECA-Net made their FLOPs. It hooks PyTorch modules; what has no hook counts nothing, and a module that
 * runs several times keeps the count of its last call. Gates count as the layers that they are lowered to, so the fully
 * connected layers of SE as 1×1 convolutions.
 *
 * @param graph  with its gates lowered
 */
export function thopOperations(graph: Graph): number {
  let operations = 0;
  const lastCalls = new Map<string, number>();
  for (const op of graph.ops) {
    const counted = operationsOf(op);
    const shared = sharedActivation(graph, op);
    if (shared !== undefined) lastCalls.set(shared, counted);
    else if (!isMeanOfTensor(graph, op)) operations += counted;
  }
  for (const counted of lastCalls.values()) operations += counted;
  return operations;
}

function operationsOf(op: Op): number {
  const hook = HOOKS[op.kind];
  const [result] = op.results;
  if (hook === undefined || result === undefined) return 0;
  const operands = op.operands.map(({ type }) => concreteDims(type.dims));
  return hook(operands, concreteDims(result.type.dims), op.attributes as never);
}

/** The scope of the block whose one activation module an op is a call of. What passes made is a module of its own. */
function sharedActivation(graph: Graph, op: Op): string | undefined {
  if (!ACTIVATION_MODULES.includes(op.kind) || op.loc.pass !== undefined) return undefined;
  const block = blockAt(graph, op.loc.scope);
  return block !== undefined && SHARE_AN_ACTIVATION.includes(block.type) ? block.scope : undefined;
}

/**
 * Whether a head's mean over the map is the tensor method `mean`, which thop doesn't see: in the MobileNetV2 of torchvision
 * and of the authors, whose head has a convolution. The ResNets' head has a pooling module and no convolution.
 */
function isMeanOfTensor(graph: Graph, op: Op): boolean {
  const block = blockAt(graph, op.loc.scope);
  if (op.kind !== "global_avg_pool" || block?.type !== "head") return false;
  return graph.ops.some((each) => each.kind === "conv" && blockAt(graph, each.loc.scope) === block);
}
