import { ACTIVATION_NAMES } from "../../ir/activations.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import type { Op, OpOf, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { sameDims, sameType } from "../../ir/types.js";
import type { Layouts, MapSizes } from "./layouts.js";
import { type Stretch, segmentsOf } from "./segments.js";

/** A stretch with the sizes of the maps at its ends. */
export interface SizedStretch extends Stretch {
  readonly sizes: { readonly from: MapSizes; readonly to: MapSizes };
}

/** A convolution along the network's spine. */
export interface ConvAtom extends SizedStretch {
  readonly kind: "conv";
  readonly op: OpOf<"conv">;
}

/** Branches that meet in a sum: the longer one, and the shortcut, which has no op where it is the identity. */
export interface ResidualAtom extends SizedStretch {
  readonly kind: "residual";
  readonly branch: readonly Atom[];
  readonly shortcut: readonly Atom[];
}

/** Branches that meet in a concatenation, a selection or another way. */
export interface BranchesAtom extends SizedStretch {
  readonly kind: "branches";
  /** The convolutions in them. */
  readonly convs: readonly OpOf<"conv">[];
  /** Whether it is one of several layers that each put their result beside all before. */
  readonly isDense?: true;
}

/** What a stretch of the spine does, where one op or a known small pattern does it. */
export interface PlainAtom extends SizedStretch {
  readonly kind: "norm" | "activation" | "gate" | "pool" | "pass" | "linear" | "other";
}

export type Atom = ConvAtom | ResidualAtom | BranchesAtom | PlainAtom;

const ACTIVATIONS: ReadonlySet<string> = new Set<string>([...ACTIVATION_NAMES, "clip"]);
const ELEMENTWISE: ReadonlySet<string> = new Set<string>([
  ...ACTIVATIONS,
  ...["add", "sub", "mul", "div", "erf", "sqrt", "identity", "cast"],
]);
const NORMS: ReadonlySet<string> = new Set(["batch_norm", "instance_norm", "layer_norm"]);
/** What a normalisation with the statistics of its own map is written with. */
const STANDARDIZING: ReadonlySet<string> = new Set([
  ...["reduce_mean", "sub", "pow", "mul", "add", "sqrt", "div", "reciprocal", "identity", "cast"],
]);
const PASSING: ReadonlySet<string> = new Set(["drop_path", "dropout", "identity", "cast", "pad"]);
const POOLS: ReadonlySet<string> = new Set(["max_pool", "avg_pool"]);
const LINEAR: ReadonlySet<string> = new Set(["gemm", "matmul"]);
const BINARY: ReadonlySet<string> = new Set(["add", "sub", "mul", "div"]);

/** Sums within sums that are looked into: a network has two or three, and a hostile file no end of them. */
const DEEPEST = 8;

/** What the ops do, from the sources on, stretch by stretch. */
export function atomsOf(
  ops: readonly Op[],
  sources: readonly Value[],
  layouts: Layouts,
  depth = 0,
): readonly Atom[] {
  return segmentsOf(ops, sources).flatMap((stretch): readonly Atom[] => {
    const segment = sized(stretch, layouts);
    // What only computes a constant says nothing of what is done with it.
    const own = segment.ops.filter((op) => !op.results.every(layouts.isConstant));
    const [first, second] = own;
    if (first === undefined || second !== undefined) return branching(segment, own, layouts, depth);
    if (isOp(first, "conv")) return [{ ...segment, kind: "conv", op: first }];
    return [{ ...segment, kind: plainKind(first, segment, layouts) }];
  });
}

function sized(stretch: Stretch, { sizesOf }: Layouts): SizedStretch {
  return { ...stretch, sizes: { from: sizesOf(stretch.from), to: sizesOf(stretch.to) } };
}

function plainKind(op: Op, { from, to }: Stretch, layouts: Layouts): PlainAtom["kind"] {
  const { kind } = op;
  if (kind === "transpose" && layouts.isChannelsLast(from) !== layouts.isChannelsLast(to)) return "pass";
  if (attentionKindOf(kind) !== undefined) return "gate";
  if (ACTIVATIONS.has(kind)) return "activation";
  if (PASSING.has(kind)) return "pass";
  if (POOLS.has(kind)) return "pool";
  if (LINEAR.has(kind)) return "linear";
  if (NORMS.has(kind)) return "norm";
  if (kind === "opaque") return isMapwise(op) ? "activation" : "other";
  const [x, other] = op.operands;
  const constant = [x, other].find((operand) => operand !== undefined && layouts.isConstant(operand));
  if (constant === undefined || !BINARY.has(kind)) return "other";
  // A factor or summand for each channel, or one number for all.
  return constant.type.dims.some((size) => size !== 1) ? "norm" : "pass";
}

/** Of somebody else's operators, those that keep the shape of their only map are most often activations. */
function isMapwise({ operands, results: [y] }: Op): boolean {
  const [x, ...others] = operands.filter((operand) => operand.kind !== "parameter");
  return x !== undefined && others.length === 0 && y !== undefined && sameType(x.type, y.type);
}

/** Several ops between two cuts: an activation or a gate in its primitives, a residual sum, or other branches. */
function branching(
  segment: SizedStretch,
  own: readonly Op[],
  layouts: Layouts,
  depth: number,
): readonly Atom[] {
  const { from, to } = segment;
  const last = own.at(-1);
  if (last !== undefined && sameDims(from.type.dims, to.type.dims)) {
    if (own.every(({ kind }) => ELEMENTWISE.has(kind))) return [{ ...segment, kind: "activation" }];
    if (own.every(({ kind }) => STANDARDIZING.has(kind))) return [{ ...segment, kind: "norm" }];
  }
  if (last?.results.includes(to as never) && (isOp(last, "mul") || isOp(last, "add"))) {
    if (isGated(last, from, layouts)) return [{ ...segment, kind: "gate" }];
    const residual =
      isOp(last, "add") && depth < DEEPEST ? residualOf(segment, own, last, layouts, depth) : undefined;
    if (residual !== undefined) return [gateOf(residual) ?? residual];
  }
  return denseLayers(segment, own, layouts) ?? [branchesOf(segment, own)];
}

function branchesOf(segment: SizedStretch, own: readonly Op[]): BranchesAtom {
  return { ...segment, kind: "branches", convs: own.filter((op) => isOp(op, "conv")) };
}

/**
 * Layers that each read everything before them, and whose result is put beside it: what is alive is what the last
 * concatenation holds. Undefined where it is no such row of layers.
 *
 *     [x] → y₁,  [x, y₁] → y₂,  [x, y₁, y₂] → y₃ …
 */
function denseLayers(
  segment: SizedStretch,
  own: readonly Op[],
  layouts: Layouts,
): readonly BranchesAtom[] | undefined {
  const ends = own.filter(
    (op) => isOp(op, "concat") && op.operands[0] === segment.from && op.operands.length > 1,
  );
  const grows = ends.every(({ operands }, i) => {
    const before = ends[i - 1]?.operands ?? [segment.from];
    return operands.length === before.length + 1 && before.every((value, k) => operands[k] === value);
  });
  if (ends.length < 2 || !grows || ends.at(-1) !== own.at(-1)) return undefined;
  const starts = ends.map((end) => segment.ops.indexOf(end) + 1);
  return ends.map((end, i) => {
    const ops = segment.ops.slice(i === 0 ? 0 : starts[i - 1], starts[i]);
    const from = ends[i - 1]?.results[0] ?? segment.from;
    const layer = sized({ from, to: end.results[0] ?? segment.to, ops }, layouts);
    return { ...branchesOf(layer, ops), isDense: true };
  });
}

/** Whether x itself is multiplied by, or summed with, something that has no map or one channel only. */
function isGated(last: Op, x: Value, layouts: Layouts): boolean {
  const [a, b] = last.operands;
  const other = a === x ? b : b === x ? a : undefined;
  if (other === undefined || layouts.isConstant(other) || x.type.dims.length !== 4) return false;
  const gated = layouts.sizesOf(x);
  const [channels, ...map] = layouts.isChannelsLast(x)
    ? [other.type.dims.at(-1), ...other.type.dims.slice(1, 3)]
    : other.type.dims.slice(1);
  const isFeatureMap = gated.map.some((size) => size !== 1);
  return isFeatureMap && (map.every((size) => size === 1) || (channels === 1 && gated.channels !== 1));
}

function residualOf(
  segment: SizedStretch,
  own: readonly Op[],
  last: Op,
  layouts: Layouts,
  depth: number,
): ResidualAtom | undefined {
  const [a, b] = last.operands;
  if (a === undefined || b === undefined || layouts.isConstant(a) || layouts.isConstant(b)) return undefined;
  const [ofA, ofB] = [ancestors(own, a), ancestors(own, b)];
  const inA = new Set(ofA);
  if (ofB.some((op) => inA.has(op))) return undefined;
  const [atomsA, atomsB] = [ofA, ofB].map((ops) => atomsOf(ops, [segment.from], layouts, depth + 1)) as [
    Atom[],
    Atom[],
  ];
  const longer = convsOf(atomsA) - convsOf(atomsB) || ofA.length - ofB.length;
  const [branch, shortcut] = longer > 0 ? [atomsA, atomsB] : [atomsB, atomsA];
  return { ...segment, kind: "residual", branch, shortcut };
}

/** x + gate(x) as a gate: what is added is the map that the only gate of the branch gates. */
function gateOf({ branch, shortcut, ...stretch }: ResidualAtom): PlainAtom | undefined {
  const [gate, another] = branch.filter(({ kind }) => kind !== "pass");
  const isGate = gate?.kind === "gate" && another === undefined && shortcut.length === 0;
  return isGate ? { ...stretch, kind: "gate" } : undefined;
}

/** The ops that a value is computed of, in their order. */
function ancestors(ops: readonly Op[], value: Value): readonly Op[] {
  const wanted = new Set<Value>([value]);
  const found: Op[] = [];
  for (const op of ops.toReversed()) {
    if (!op.results.some((result) => wanted.has(result))) continue;
    found.push(op);
    for (const operand of op.operands) wanted.add(operand);
  }
  return found.reverse();
}

function convsOf(atoms: readonly Atom[]): number {
  return atoms.filter(({ kind }) => kind === "conv").length;
}
