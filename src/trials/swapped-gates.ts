import { gateOf } from "../analysis/counts.js";
import { InputError } from "../base/diagnostic.js";
import { distance } from "../base/distance.js";
import type { CalibrationSource } from "../given/calibration.js";
import type { Graph, Op } from "../ir/graph.js";
import { textOf } from "../new-gates/planned-gate.js";
import type { NewGatesReport } from "../new-gates/start.js";
import { newGatesOf } from "../new-gates/start.js";
import type { NewGateStart } from "../new-gates/starts.js";
import type { Exchange } from "../passes/swap/exchange.js";
import { startRuntime } from "../runtime/session.js";
import { withCalibration } from "./calibration.js";
import { type InputValues, withValues } from "./input-values.js";
import { inputShapes, type Run, randomInputs } from "./numbers.js";
import { fixedBatch, runWith } from "./outputs.js";
import { sizedInputs } from "./sized-inputs.js";

/** A gate that passes put instead of another, or took away. */
export interface SwappedGate {
  /** Its scope. */
  readonly at: string;
  /** `se (96 → 4 → 96)` */
  readonly from: string;
  /** Null for a gate that was removed. */
  readonly to: string | null;
  /** Its initial values; `init`: new values, independent of the old gate. */
  readonly start: NewGateStart | null;
}

/** How far the outputs of a trained network moved by a swap: the output that moved most. */
export interface MovedOutputs {
  /** max |Δ| as a part of the output's range before. */
  readonly maxRel: number;
  readonly cosine: number;
  /** The inputs of both networks: `random:2`, or those that the user gave. */
  readonly inputs: string;
}

/** What `--json` says of gates that a trained network lost by passes. */
export interface SwappedReport {
  readonly gates: readonly SwappedGate[];
  /** Null if it was not measured. */
  readonly moved: MovedOutputs | null;
  /** Why not. */
  readonly reason?: string;
}

/** How a swap is looked at. */
interface SwapOptions extends InputValues {
  /** The inputs of `--calibrate`; left out, random ones. */
  readonly calibration?: CalibrationSource | undefined;
  readonly seed?: number | undefined;
  /** Why nothing is run; left out, it is. */
  readonly unrun?: string | undefined;
}

/**
 * What became of gates that had weights, and how far that moves the outputs; undefined where none was exchanged.
 *
 * @param models the network before and after the swap, made only if they are run
 */
export async function reportSwap(
  exchange: Exchange,
  newGates: NewGatesReport | undefined,
  models: () => Models,
  options: SwapOptions,
): Promise<SwappedReport | undefined> {
  const gates = swappedGates(exchange, newGates);
  if (gates.length === 0) return undefined;
  if (options.unrun !== undefined) return { gates, moved: null, reason: options.unrun };
  return { gates, ...(await movedOutputs(models(), exchange.before, options)) };
}

interface Models {
  /** Its bytes, or its file. */
  readonly before: Uint8Array | string;
  readonly after: Uint8Array;
}

/** The gates that an exchange put instead of trained ones, or took away. Those whose weights were given are not among them. */
function swappedGates(
  { before, after }: Exchange,
  newGates: NewGatesReport | undefined,
): readonly SwappedGate[] {
  const left = new Set(after.ops.filter((op) => gateOf(op) !== undefined).map(({ loc }) => loc.scope));
  const started = new Set(newGates?.gates.map(({ at }) => at));
  const made = newGatesOf(before, after).map(({ before: old, op }): SwappedGate => {
    const start = newGates !== undefined && started.has(op.loc.scope) ? newGates.start : "init";
    return { at: op.loc.scope, from: textOf(old), to: textOf(op), start };
  });
  const isMade = (op: Op): boolean => made.some(({ at }) => at === op.loc.scope);
  const removed = before.ops
    .filter((op) => gateOf(op) !== undefined && !left.has(op.loc.scope) && !isMade(op))
    .map((op): SwappedGate => ({ at: op.loc.scope, from: textOf(op), to: null, start: null }));
  return [...made, ...removed];
}

/** Random images, where the user gives none. */
const IMAGES = 2;

/** Runs a model and what a swap made of it, and says how far the outputs moved. */
async function movedOutputs(
  models: Models,
  graph: Graph,
  { calibration, seed = 0, inputValues }: SwapOptions,
): Promise<Pick<SwappedReport, "moved" | "reason">> {
  try {
    if (calibration === undefined) {
      const { inputs: shapes } = sizedInputs(inputShapes(graph), "");
      const inputs = withValues(shapes, inputValues);
      const images = fixedBatch({ inputs }) ?? IMAGES;
      return { moved: await compared(models, [randomInputs(inputs, images, 0)], `random:${images}`) };
    }
    return await withCalibration(calibration, graph, seed, async ({ from, images, batch, feed }) => ({
      moved: await compared(
        models,
        Array.from({ length: Math.ceil(images / batch) }, (_, i) => feed(i * batch)),
        from,
      ),
    }));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { moved: null, reason: error.message };
  }
}

async function compared(
  { before, after }: Models,
  feeds: readonly Run[],
  inputs: string,
): Promise<MovedOutputs> {
  const runtime = await startRuntime();
  try {
    const [old, now] = [await runtime.open(before), await runtime.open(after)];
    const outputs = new Map<string, readonly [number[], number[]]>();
    for (const feed of feeds) {
      const [a, b] = [await runWith(old, feed), await runWith(now, feed)];
      for (const [name, values] of a) {
        const [was, is] = outputs.get(name) ?? [[], []];
        for (const value of Array.from(values)) was.push(value);
        for (const value of Array.from(b.get(name) ?? [])) is.push(value);
        outputs.set(name, [was, is]);
      }
    }
    const distances = [...outputs.values()].map(([was, is]) => distance(was, is));
    const { maxRel, cosine } = distances.reduce((a, b) => (b.maxRel > a.maxRel ? b : a));
    return { maxRel, cosine, inputs };
  } finally {
    runtime.close();
  }
}
