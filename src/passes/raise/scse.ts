import type { Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { readActivation } from "./activation.js";
import type { Dataflow } from "./dataflow.js";
import { behindLayout } from "./layout.js";
import { readLinear } from "./linear.js";
import { stepsOf } from "./match.js";
import { unlessMismatch } from "./mismatch.js";
import { readPath } from "./path.js";
import { sidesOf } from "./product-sides.js";
import { type FoundModule, written } from "./raised.js";
import { asConvolution, biasOf, type LinearStep } from "./step.js";

/**
 *     x ┬ mean ─ linear ─ relu ─ linear ─ sigmoid ─ mul x ┐
 *       └ conv 1×1 to one map ─ sigmoid ─ mul x ────────── add
 *
 * Each half alone is a gate as well, so what is no sum of these two is no near miss.
 */
export function findScse(op: Op, flow: Dataflow): FoundModule | undefined {
  const [a, b] = op.operands.map((operand) => flow.producer(operand));
  if (!isOp(a, "mul") || !isOp(b, "mul")) return undefined;
  return unlessMismatch(() => scseOf(op, a, b, flow) ?? scseOf(op, b, a, flow));
}

function scseOf(op: Op, byChannel: Op, byPosition: Op, flow: Dataflow): FoundModule | undefined {
  const channel = readChannels(byChannel, flow);
  const position = channel && readPositions(byPosition, channel.x, flow);
  if (channel === undefined || position === undefined) return undefined;
  const layers: readonly LinearStep[] = [channel.reduce, channel.expand, position.layer];
  if (layers.some(({ groups }) => groups !== 1)) return undefined;
  const biases = layers.some(({ bias }) => bias !== undefined) ? layers.map(biasOf) : [];
  return {
    module: {
      kind: "scse",
      attributes: {},
      parameters: [...layers.map(asConvolution), ...biases],
      options: written("scse", { channels: channel.reduce.outputs, bias: biases.length > 0 }),
    },
    x: channel.x,
    last: op,
    ops: [op, byChannel, byPosition, ...channel.ops, ...position.ops],
  };
}

function readChannels(product: Op, flow: Dataflow) {
  const sides = sidesOf(product, "channels", flow);
  if (sides === undefined) return undefined;
  const { x, gate, ops } = sides;
  const path = readPath(product, gate, x, flow);
  const steps = stepsOf(path, "linear", "activation", "linear", "activation");
  if (steps === undefined || path.start?.of !== "mean" || path.start.root !== x) return undefined;
  const [reduce, hidden, expand, { name }] = steps;
  if (hidden.name !== "relu" || name !== "sigmoid") return undefined;
  return { x, reduce, expand, ops: [...ops, ...path.ops] };
}

function readPositions(product: Op, x: Value, flow: Dataflow) {
  const sides = sidesOf(product, "positions", flow);
  const behind = sides && behindLayout(sides.gate, flow);
  const activation = behind && readActivation(behind.value, flow);
  if (sides?.x !== x || behind === undefined || activation?.name !== "sigmoid") return undefined;
  const scores = behindLayout(activation.from, flow);
  const conv = flow.producer(scores.value);
  const read = conv && readLinear(scores.value, conv, flow);
  if (read?.step.kind !== "linear" || read.from !== x || read.step.outputs !== 1) return undefined;
  const ops = [...sides.ops, ...behind.ops, ...activation.ops, ...scores.ops, ...read.ops];
  return { layer: read.step, ops };
}
