import type { Op, Value } from "../../ir/graph.js";
import { readActivation } from "./activation.js";
import { readChannelKernel } from "./channel-kernel.js";
import type { Dataflow } from "./dataflow.js";
import { behindLayout } from "./layout.js";
import { readLinear } from "./linear.js";
import { mismatch } from "./mismatch.js";
import { readNorm, readPerChannel } from "./per-channel.js";
import { type ReadSqueeze, readSqueeze } from "./squeeze.js";
import type { ReadStep, Step, StepReader } from "./step.js";

/** The way from a map to the gate that is made of it. */
export interface GatePath {
  /** The pooling that it begins with; none where the steps are over the whole map. */
  readonly squeeze: ReadSqueeze | undefined;
  /** From the map to the gate. */
  readonly steps: readonly Step[];
  /** All ops of the way. */
  readonly ops: readonly Op[];
}

/** Longer than the way of any known module; what is longer is no gate. */
const MOST_STEPS = 16;

const STEP_READERS: readonly StepReader[] = [
  (value, op, flow) => {
    const read = readActivation(value, flow);
    return read && { step: { kind: "activation", op, name: read.name }, from: read.from, ops: read.ops };
  },
  readLinear,
  readChannelKernel,
  readNorm,
  readPerChannel,
];

/**
 * Reads the way to a gate backwards, down to a pooling or to the gated map itself. Layouts between the steps make no
 * difference. Refuses what no step is.
 */
export function readPath(gating: Op, gate: Value, gated: Value, flow: Dataflow): GatePath {
  const steps: Step[] = [];
  const ops: Op[] = [];
  let value = gate;
  let reader = gating;
  for (let count = 0; count <= MOST_STEPS; count++) {
    const squeeze = value === gated ? undefined : readSqueeze(value, gated, flow);
    if (squeeze !== undefined || value === gated) {
      return { squeeze, steps: joinBiases(steps.toReversed()), ops: [...ops, ...(squeeze?.ops ?? [])] };
    }
    const behind = behindLayout(value, flow);
    if (behind.ops.length > 0) {
      ops.push(...behind.ops);
      value = behind.value;
      continue;
    }
    const read = readStep(value, reader, flow);
    steps.push(read.step);
    ops.push(...read.ops);
    value = read.from;
    reader = read.step.op;
  }
  return mismatch(reader, "it is far from any pooling");
}

function readStep(value: Value, reader: Op, flow: Dataflow): ReadStep {
  const op = flow.producer(value);
  if (op === undefined) return mismatch(reader, `it reads ${value.name}, which is made of no map`);
  for (const reader of STEP_READERS) {
    const read = reader(value, op, flow);
    if (read !== undefined) return read;
  }
  return mismatch(op, "no known gate has such an op");
}

/** A bias that is added after a linear step belongs to it. */
function joinBiases(steps: readonly Step[]): readonly Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const before = joined.at(-1);
    if (step.kind === "bias" && before?.kind === "linear" && before.bias === undefined) {
      joined[joined.length - 1] = { ...before, bias: step.weight };
    } else {
      joined.push(step);
    }
  }
  return joined;
}
