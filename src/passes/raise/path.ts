import type { Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { readActivation } from "./activation.js";
import { readChannelKernel } from "./channel-kernel.js";
import { isScale, readClamp } from "./clamp.js";
import { type ReadContext, readContext } from "./context.js";
import type { Dataflow } from "./dataflow.js";
import { joinedSteps } from "./joined-steps.js";
import { behindLayout, extent } from "./layout.js";
import { readLinear } from "./linear.js";
import { mismatch } from "./mismatch.js";
import { readNorm, readPerChannel } from "./per-channel.js";
import { type ReadSqueeze, readSqueeze } from "./squeeze.js";
import { readStandardized } from "./standardized.js";
import type { ReadStep, Step, StepReader } from "./step.js";

/** The way from a map to the gate that is made of it. */
export interface GatePath {
  /** What it begins with: a pooling, the sum of two ways, or neither where the steps are over the whole map. */
  readonly start: ReadSqueeze | ReadContext | PathSum | undefined;
  /** From the map to the gate. */
  readonly steps: readonly Step[];
  /** The same with batch normalisations as steps, which are part of the layers beside them in `steps`. */
  readonly withNorms: readonly Step[];
  /** All ops of the way. */
  readonly ops: readonly Op[];
}

/** Two ways that are added up. */
export interface PathSum {
  readonly of: "sum";
  readonly op: Op;
  readonly paths: readonly [GatePath, GatePath];
}

/** Longer than the way of any known module; what is longer is no gate. */
const MOST_STEPS = 32;

const STEP_READERS: readonly StepReader[] = [
  (value, op, flow) => {
    const read = readActivation(value, flow);
    return read && { step: { kind: "activation", op, name: read.name }, from: read.from, ops: read.ops };
  },
  readLinear,
  readChannelKernel,
  readNorm,
  readStandardized,
  readSoftmax,
  readPerChannel,
  readFactor,
];

/**
 * Reads the way to a gate backwards, down to a pooling or to the gated map itself. Layouts between the steps make no
 * difference. Refuses what no step is.
 */
export function readPath(gating: Op, gate: Value, gated: Value, flow: Dataflow): GatePath {
  return new PathReader(gated, flow).read(gating, gate, true);
}

class PathReader {
  readonly #gated: Value;
  readonly #flow: Dataflow;

  constructor(gated: Value, flow: Dataflow) {
    this.#gated = gated;
    this.#flow = flow;
  }

  /** @param mayFork whether it may be the sum of two ways, which no way of a sum is */
  read(gating: Op, gate: Value, mayFork: boolean): GatePath {
    const steps: Step[] = [];
    const ops: Op[] = [];
    let value = gate;
    let reader = gating;
    for (let count = 0; count <= MOST_STEPS; count++) {
      const start = value === this.#gated ? undefined : this.#start(value, mayFork);
      if (start !== undefined || value === this.#gated) {
        return {
          start: start?.start,
          steps: joinedSteps(steps.toReversed()),
          withNorms: joinedSteps(steps.toReversed(), false),
          ops: [...ops, ...(start?.ops ?? [])],
        };
      }
      const behind = behindLayout(value, this.#flow);
      if (behind.ops.length > 0) {
        ops.push(...behind.ops);
        value = behind.value;
        continue;
      }
      const read = readStep(value, reader, this.#flow);
      steps.push(read.step);
      ops.push(...read.ops);
      value = read.from;
      reader = read.step.op;
    }
    return mismatch(reader, "it is far from any pooling");
  }

  #start(value: Value, mayFork: boolean) {
    const squeeze = readSqueeze(value, this.#gated, this.#flow);
    if (squeeze !== undefined) return { start: squeeze, ops: squeeze.ops };
    const context = readContext(value, this.#flow);
    if (context !== undefined) return { start: context, ops: context.ops };
    const op = this.#flow.producer(value);
    const [a, b] = op?.operands ?? [];
    const isSum = isOp(op, "add") && a !== undefined && b !== undefined;
    if (!isSum || a.kind === "parameter" || b.kind === "parameter") return undefined;
    if (!mayFork) mismatch(op, "it is a sum within a sum");
    const paths = [this.read(op, a, false), this.read(op, b, false)] as const;
    return { start: { of: "sum", op, paths } as const, ops: [op, ...paths.flatMap(({ ops }) => ops)] };
  }
}

function readStep(value: Value, reader: Op, flow: Dataflow): ReadStep {
  const op = flow.producer(value);
  if (op === undefined) return mismatch(reader, `it reads ${value.name}, which is made of no map`);
  for (const stepReader of STEP_READERS) {
    const read = stepReader(value, op, flow);
    if (read !== undefined) return read;
  }
  if (isPart(op)) mismatch(op, "it takes a part of what a layer makes: a module would lose the other parts");
  if (isOp(op, "opaque")) mismatch(op, `the operator ${op.attributes.operator} is not known`);
  return mismatch(
    op,
    isOp(op, "reduce_sum") ? "its sum is not divided by how many it is of" : "no known gate has such an op",
  );
}

/** Whether an op cuts a row of channels: gates with a scale and a bias are made by one layer, of which each has a half. */
function isPart(op: Op): boolean {
  const isCut = isOp(op, "slice") || (isOp(op, "opaque") && op.attributes.operator === "Split");
  return isCut && extent(op.operands[0]?.type.dims ?? []).length <= 2;
}

/** A softmax along the channels of a row. */
function readSoftmax(_value: Value, op: Op): ReadStep | undefined {
  const [from] = op.operands;
  if (!isOp(op, "softmax") || from === undefined) return undefined;
  const { dims } = from.type;
  const { axis } = op.attributes;
  const isAlongRow = axis > 0 && dims.every((size, i) => i === 0 || (i === axis) === (size !== 1));
  return isAlongRow ? { step: { kind: "softmax", op }, from, ops: [op] } : undefined;
}

/** A product with one number. */
function readFactor(value: Value, op: Op, flow: Dataflow): ReadStep | undefined {
  const { clamp, from, ops } = readClamp(value, flow);
  if (ops.length === 0 || !isScale(clamp)) return undefined;
  return { step: { kind: "factor", op, factor: clamp.slope }, from, ops };
}
