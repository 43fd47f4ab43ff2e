import type { Block, Op, Value } from "../../ir/graph.js";
import { isActivated, isConv, type Unit, unitsOf } from "./units.js";

/** The types of blocks that are told apart; `sequence` is every other one. */
export type RecoveredType =
  | "conv-norm-act"
  | "depthwise-separable"
  | "inverted-residual"
  | "fused-inverted-residual"
  | "basic"
  | "bottleneck"
  | "branches"
  | "sequence";

interface Pattern {
  readonly type: RecoveredType;
  /** The convolutions in order: p for pointwise, d for depthwise, s for spatial. */
  readonly convs: string;
  /** What else has to be true of the layers. */
  readonly holds?: (units: readonly Unit[]) => boolean;
}

/**
 * What the blocks of the papers are made of. Between residual sums they are told apart from each other; on their own
 * (`linear`) a block ends with the projection that has no activation.
 */
const PATTERNS: readonly Pattern[] = [
  { type: "inverted-residual", convs: "pdp", holds: expands },
  { type: "bottleneck", convs: "pdp" },
  { type: "bottleneck", convs: "psp" },
  { type: "depthwise-separable", convs: "dp" },
  { type: "fused-inverted-residual", convs: "sp" },
  { type: "basic", convs: "ss" },
  { type: "conv-norm-act", convs: "s" },
  { type: "conv-norm-act", convs: "p" },
];

/** What stands between the ends of a residual block, as the type that its branch has. */
export function typeOfBranch(units: readonly Unit[]): RecoveredType {
  const convs = signature(units);
  return PATTERNS.find((each) => each.convs === convs && (each.holds?.(units) ?? true))?.type ?? "sequence";
}

/** The type of the layers of one block. */
export function typeOfUnits(units: readonly Unit[]): RecoveredType {
  const [only, another] = units.filter(({ core }) => core.kind !== "pool" && core.kind !== "other");
  if (only === undefined) return "sequence";
  if (another === undefined) {
    if (only.core.kind === "residual") return typeOfBranch(unitsOf(only.core.branch));
    if (only.core.kind === "branches") return "branches";
  }
  return units.length === (another === undefined ? 1 : units.length) ? typeOfBranch(units) : "sequence";
}

/**
 * How many units, from one on, are a block without a residual sum. 0 where none of those begins there: a block ends with
 * a linear layer or, of a depthwise convolution, with the pointwise one.
 */
export function blockLength(units: readonly Unit[], start: number): number {
  const [a, b, c] = units.slice(start, start + 3);
  if (a === undefined || b === undefined) return 0;
  if (c !== undefined && ["pdp", "psp"].includes(signature([a, b, c])) && !isActivated(c) && isActivated(a)) {
    return isActivated(b) ? 3 : 0;
  }
  const pair = signature([a, b]);
  if (pair === "dp") return 2;
  return pair === "sp" && isActivated(a) && !isActivated(b) ? 2 : 0;
}

function signature(units: readonly Unit[]): string {
  return units.map(({ core }) => (isConv(core) ? core.kind.charAt(0) : "?")).join("");
}

/** Whether the layers between the first and the last are at least as wide as what enters. */
function expands([first]: readonly Unit[]): boolean {
  return first !== undefined && Number(first.to.type.dims[1]) >= Number(first.from.type.dims[1]);
}

/** A block before it has its stage: some layers, one after the other. */
export interface Group {
  readonly units: readonly Unit[];
  readonly type: RecoveredType;
  /** The numbered modules that the names of all its nodes share, outermost first; empty where names say nothing. */
  readonly modules: readonly string[];
}

export interface RecoveredBlock extends Group {
  readonly block: Block;
  readonly ops: readonly Op[];
  readonly from: Value;
  readonly to: Value;
}
