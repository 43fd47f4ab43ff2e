import type { Block, Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { isActivated, isConv, type Unit, unitsOf } from "./units.js";

/** The types of blocks that are told apart; `sequence` is every other one. */
export type RecoveredType =
  | "conv-norm-act"
  | "depthwise-separable"
  | "inverted-residual"
  | "fused-inverted-residual"
  | "basic"
  | "bottleneck"
  | "convnext"
  | "transformer"
  | "dense-layer"
  | "fire"
  | "downsample"
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
  { type: "convnext", convs: "dpp" },
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
  if (isTransformer(units)) return "transformer";
  if (isFire(units)) return "fire";
  const [only, another] = units.filter(({ core }) => core.kind !== "pool" && core.kind !== "other");
  if (only === undefined) return "sequence";
  if (another === undefined) {
    if (only.core.kind === "residual") return typeOfBranch(unitsOf(only.core.branch));
    if (only.core.kind === "branches") return only.core.isDense === true ? "dense-layer" : "branches";
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
  if (isTransformer([a, b]) || isFire([a, b])) return 2;
  if (c !== undefined && ["pdp", "psp"].includes(signature([a, b, c])) && !isActivated(c) && isActivated(a)) {
    return isActivated(b) ? 3 : 0;
  }
  const pair = signature([a, b]);
  if (pair === "dp") return 2;
  return pair === "sp" && isActivated(a) && !isActivated(b) ? 2 : 0;
}

/** Attention over tokens with its sum, and the two layers on each token with theirs. */
function isTransformer([a, b, ...more]: readonly Unit[]): boolean {
  if (a?.core.kind !== "residual" || b?.core.kind !== "residual" || more.length > 0) return false;
  const layers = unitsOf(b.core.branch).map(({ core }) => core.kind);
  return (
    attends(a) && layers.length >= 2 && layers.every((kind) => kind === "pointwise" || kind === "linear")
  );
}

/** Whether rows of a softmax are weights of what is summed up. */
function attends({ ops }: Unit): boolean {
  const isProduct = (op: Op): boolean =>
    (op.kind === "matmul" || (isOp(op, "opaque") && op.attributes.operator === "Einsum")) &&
    op.operands.every((operand) => operand.kind !== "parameter");
  return (
    ops.some(({ kind }) => kind === "softmax") &&
    ops.some(isProduct) &&
    !ops.some(({ kind }) => kind === "conv")
  );
}

/** A pointwise layer, and two others on its result side by side. */
function isFire([squeeze, expand, ...more]: readonly Unit[]): boolean {
  if (squeeze?.core.kind !== "pointwise" || expand?.core.kind !== "branches" || more.length > 0) return false;
  const [first, second, ...others] = expand.core.convs;
  const reads = (conv: Op | undefined): boolean => conv?.operands[0] === squeeze.to;
  return reads(first) && reads(second) && others.length === 0;
}

function signature(units: readonly Unit[]): string {
  return units.map(({ core }) => (isConv(core) ? core.kind.charAt(0) : "?")).join("");
}

/** Whether the layers between the first and the last are at least as wide as what enters. */
function expands([first]: readonly Unit[]): boolean {
  return first !== undefined && Number(first.sizes.to.channels) >= Number(first.sizes.from.channels);
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
