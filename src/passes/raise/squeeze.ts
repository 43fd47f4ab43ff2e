import type { Op, OpOf, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { productOf } from "../../ir/sizes.js";
import { sameDims } from "../../ir/types.js";
import type { Dataflow } from "./dataflow.js";
import { isLayout } from "./layout.js";
import { mismatch } from "./mismatch.js";

/** What stands for a channel of a map: its mean or its maximum over all positions. */
export type Squeeze = "mean" | "max";

/** A pooling over all positions of a map. */
export interface ReadSqueeze {
  readonly of: Squeeze;
  /** The map [N, C, H, W], or the signal [N, C, L]. */
  readonly root: Value;
  readonly op: Op;
  readonly ops: readonly Op[];
}

const POOLINGS: { readonly [kind: string]: Squeeze } = {
  global_avg_pool: "mean",
  avg_pool: "mean",
  reduce_mean: "mean",
  global_max_pool: "max",
  max_pool: "max",
  reduce_max: "max",
};

/** Whether an op may be a pooling over all positions. */
export function isPooling(kind: Op["kind"]): boolean {
  return Object.hasOwn(POOLINGS, kind);
}

/** What an axis of a value is to the map: its batch, channels or positions, or one that has been averaged away. */
type Axis = "batch" | "channels" | "positions" | "pooled";

/**
 * The pooling that computes a value: a global pool, a pool whose window is the map, or means over H and W, at once or one
 * after the other, of the map or of [N, C, H·W], wherever the channels stand. It ends at the gated map, and else at the
 * first value that is neither pooled nor turned. Refuses a pooling over a part of the map.
 */
export function readSqueeze(value: Value, gated: Value, flow: Dataflow): ReadSqueeze | undefined {
  const op = flow.producer(value);
  const of = op && POOLINGS[op.kind];
  if (op === undefined || of === undefined) return undefined;
  const trace = new SqueezeTrace(of, gated, flow);
  const axes = trace.axesOf(value);
  if (trace.root === undefined || axes === undefined) return undefined;
  if (axes.includes("positions")) mismatch(op, "it pools over a part of the map only");
  if (axes.filter((axis) => axis !== "pooled").join() !== "batch,channels") return undefined;
  return { of, root: trace.root, op, ops: trace.ops };
}

/** The axes of [N, C, H, W] and [N, C, L]. */
function axesOfMap(rank: number): readonly Axis[] | undefined {
  if (rank !== 3 && rank !== 4) return undefined;
  return ["batch", "channels", ...new Array<Axis>(rank - 2).fill("positions")];
}

class SqueezeTrace {
  root: Value | undefined;
  readonly ops: Op[] = [];
  readonly #of: Squeeze;
  readonly #gated: Value;
  readonly #flow: Dataflow;

  constructor(of: Squeeze, gated: Value, flow: Dataflow) {
    this.#of = of;
    this.#gated = gated;
    this.#flow = flow;
  }

  /** What the axes of a value are to the map that it is computed from; undefined where that can't be said. */
  axesOf(value: Value): readonly Axis[] | undefined {
    const turned = this.#beforeTurning(value);
    if (turned !== undefined) return turned;
    const op = value === this.#gated ? undefined : this.#flow.producer(value);
    const [x] = op?.operands ?? [];
    const read = op === undefined || x === undefined ? undefined : this.#throughOp(op, x);
    if (read === undefined) return this.#asRoot(value);
    this.ops.push(op as Op);
    return read;
  }

  /** The axes of what was turned to get the gated map: what is pooled of a map that is channels last. */
  #beforeTurning(value: Value): readonly Axis[] | undefined {
    const turning = this.#flow.producer(this.#gated);
    const axes = axesOfMap(this.#gated.type.dims.length);
    if (!isOp(turning, "transpose") || turning.operands[0] !== value || axes === undefined) return undefined;
    this.root = this.#gated;
    const { permutation } = turning.attributes;
    return axes.map((_, axis) => axes[permutation.indexOf(axis)] as Axis);
  }

  #asRoot(value: Value): readonly Axis[] | undefined {
    const rank = value.type.dims.length;
    if (rank !== 4 && rank !== this.#gated.type.dims.length) return undefined;
    const axes = axesOfMap(rank);
    if (axes !== undefined) this.root = value;
    return axes;
  }

  #throughOp(op: Op, x: Value): readonly Axis[] | undefined {
    if (POOLINGS[op.kind] === this.#of) return this.#pooled(op, x);
    if (isOp(op, "transpose")) {
      const axes = this.axesOf(x);
      return axes && op.attributes.permutation.map((axis) => axes[axis] as Axis);
    }
    if (isOp(op, "reshape") || isOp(op, "reshape_to")) return this.#flattened(op, x);
    const isSame = isLayout(op) && sameDims(op.results[0]?.type.dims ?? [], x.type.dims);
    return isSame ? this.axesOf(x) : undefined;
  }

  #pooled(op: Op, x: Value): readonly Axis[] | undefined {
    const axes = this.axesOf(x);
    if (axes === undefined) return undefined;
    if (isOp(op, "reduce_mean") || isOp(op, "reduce_max")) {
      const { axes: reduced, keepdims } = op.attributes;
      const left = axes.map((axis, i) => {
        if (!reduced.includes(i) || axis === "pooled") return axis;
        return axis === "positions"
          ? "pooled"
          : mismatch(op, `it pools over the ${axis}, not over the places`);
      });
      return keepdims ? left : left.filter((_, i) => !reduced.includes(i));
    }
    if (axes.join() !== axesOfMap(axes.length)?.join()) return undefined;
    if ((isOp(op, "avg_pool") || isOp(op, "max_pool")) && !coversMap(op, x)) {
      const [height, width] = x.type.dims.slice(2);
      return mismatch(
        op,
        `its window of ${op.attributes.kernel.join("×")} is not the map of ${height}×${width}`,
      );
    }
    return axes.map((axis) => (axis === "positions" ? "pooled" : axis));
  }

  /** [N, C, H, W] as [N, C, H·W], and [N, H, W, C] as [N, H·W, C]. */
  #flattened(op: Op, x: Value): readonly Axis[] | undefined {
    const [from, to] = [x.type.dims, op.results[0]?.type.dims ?? []];
    if (to.length !== 3 || from.length !== 4) return undefined;
    const axes = this.axesOf(x);
    const first = axes?.indexOf("positions") ?? -1;
    if (axes === undefined || first === -1 || axes[first + 1] !== "positions") return undefined;
    const merged = from.toSpliced(first, 2, productOf(from.slice(first, first + 2)));
    return sameDims(merged, to) ? axes.toSpliced(first, 1) : undefined;
  }
}

function coversMap({ attributes: { kernel, pads } }: OpOf<"avg_pool" | "max_pool">, x: Value): boolean {
  return sameDims(kernel, x.type.dims.slice(2)) && pads.every((pad) => pad === 0);
}
