import type { Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { expectSqueezeOf } from "./channel-gate.js";
import type { Dataflow } from "./dataflow.js";
import { stepsOf } from "./match.js";
import { mismatch, unlessMismatch } from "./mismatch.js";
import { type GatePath, readPath } from "./path.js";
import { sidesOf } from "./product-sides.js";
import { type FoundModule, written } from "./raised.js";
import { type ReadSpatialGate, readSpatialGate } from "./spatial-gate.js";
import { type ActivationStep, excitationOf, type LinearStep, normOf } from "./step.js";
import { sameParameter } from "./weights.js";

/**
 * A spatial gate, whose map is a map with a channel gate of mean and maximum: CBAM. Without that channel gate it is its
 * spatial attention alone.
 */
export function findCbam(op: Op, flow: Dataflow): FoundModule | undefined {
  const spatial = readSpatialGate(op, flow);
  if (spatial === undefined) return undefined;
  const product = flow.producer(spatial.x);
  const channel = isOp(product, "mul") ? unlessMismatch(() => readChannelGate(product, flow)) : undefined;
  return channel === undefined ? sam(op, spatial) : cbam(op, spatial, channel);
}

/** CBAM's channel gate: MLP(mean) + MLP(maximum), or the MLP of half their sum. */
interface ChannelGate {
  readonly x: Value;
  readonly pooling: ReadSpatialGate["pooling"];
  readonly reduce: LinearStep;
  readonly hidden: ActivationStep;
  readonly expand: LinearStep;
  readonly gate: ActivationStep;
  readonly ops: readonly Op[];
}

function readChannelGate(op: Op, flow: Dataflow): ChannelGate | undefined {
  const sides = sidesOf(op, "channels", flow);
  if (sides === undefined) return undefined;
  const path = readPath(op, sides.gate, sides.x, flow);
  const mlp = separateMlp(path) ?? averagedMlp(path);
  if (mlp === undefined) return undefined;
  expectSqueezeOf(sides.x, path, op);
  return { ...mlp, x: sides.x, ops: [op, ...sides.ops, ...path.ops] };
}

type Mlp = Omit<ChannelGate, "x" | "ops">;

function separateMlp(path: GatePath): Mlp | undefined {
  const steps = stepsOf(path, "activation");
  const { start } = path;
  if (steps === undefined || start?.of !== "sum" || !isMeanAndMaximum(start.paths)) return undefined;
  const [first, second] = start.paths.map((each) => stepsOf(each, "linear", "activation", "linear"));
  if (first === undefined || second === undefined) return undefined;
  const [reduce, hidden, expand] = first;
  const shared = [reduce, expand].every((layer, i) => sameLayer(layer, second[i === 0 ? 0 : 2]));
  if (!shared || hidden.name !== second[1].name)
    mismatch(start.op, "mean and maximum go through different layers");
  return { pooling: "separate", reduce, hidden, expand, gate: steps[0] };
}

function averagedMlp(path: GatePath): Mlp | undefined {
  const { start } = path;
  if (start?.of !== "sum" || !isMeanAndMaximum(start.paths)) return undefined;
  const [factor, rest] = leadingFactor(path);
  const steps = stepsOf(rest, "linear", "activation", "linear", "activation");
  const inner = start.paths.map(leadingFactor);
  if (steps === undefined || inner.some(([, { steps: left }]) => left.length > 0)) return undefined;
  if (inner.some(([each]) => Math.abs(each * factor - 0.5) > 1e-6)) {
    mismatch(start.op, "it is not half the sum of mean and maximum");
  }
  const [reduce, hidden, expand, gate] = steps;
  return { pooling: "averaged", reduce, hidden, expand, gate };
}

/** The number that a path multiplies by before all else, and the path without it. */
function leadingFactor(path: GatePath): readonly [factor: number, rest: Pick<GatePath, "steps">] {
  const [first, ...rest] = path.steps;
  return first?.kind === "factor" ? [first.factor, { steps: rest }] : [1, path];
}

function isMeanAndMaximum(paths: readonly GatePath[]): boolean {
  const squeezes = paths.map(({ start }) => start?.of);
  return squeezes.includes("mean") && squeezes.includes("max");
}

/** Whether two layers are one: exporters store what is used twice once for each use, too. */
function sameLayer(a: LinearStep, b: LinearStep): boolean {
  return a.groups === b.groups && sameParameter(a.weight, b.weight) && sameParameter(a.bias, b.bias);
}

function cbam(op: Op, spatial: ReadSpatialGate, channel: ChannelGate): FoundModule {
  const { pooling, reduce, hidden, expand, gate } = channel;
  if (spatial.pooling !== pooling)
    mismatch(op, "one of its gates takes mean and maximum apart, the other together");
  if (spatial.gate !== gate.name) mismatch(op, `its gates are ${gate.name} and ${spatial.gate}`);
  const { weights, biases } = excitationOf(reduce, expand);
  const norm = normOf(1, spatial.norm, spatial.bias);
  return {
    module: {
      kind: "cbam",
      attributes: { pooling, hidden: hidden.name, gate: gate.name, epsilon: norm.epsilon },
      parameters: [...weights, spatial.weight, ...norm.parameters, ...biases],
      options: written("cbam", {
        channels: reduce.outputs,
        kernel: spatial.kernel,
        pooling,
        activation: hidden.name,
        gate: gate.name,
        bias: biases.length > 0,
        epsilon: norm.epsilon,
      }),
    },
    x: channel.x,
    last: op,
    ops: [...channel.ops, ...spatial.ops],
  };
}

function sam(op: Op, { x, gate, pooling, weight, kernel, norm, bias, ops }: ReadSpatialGate): FoundModule {
  const raised = norm === undefined && bias === undefined ? undefined : normOf(1, norm, bias);
  const epsilon = raised === undefined ? {} : { epsilon: raised.epsilon };
  return {
    module: {
      kind: "sam",
      attributes: { pooling, gate, ...epsilon },
      parameters: [weight, ...(raised?.parameters ?? [])],
      options: written("sam", { kernel, pooling, gate, norm: raised !== undefined, ...epsilon }),
    },
    x,
    last: op,
    ops,
  };
}
