import { ACTIVATION_NAMES } from "../../ir/activations.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import type { Op, OpOf, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { sameDims, sameType } from "../../ir/types.js";
import { type Stretch, segmentsOf } from "./segments.js";

/** A convolution along the network's spine. */
export interface ConvAtom extends Stretch {
  readonly kind: "conv";
  readonly op: OpOf<"conv">;
}

/** Branches that meet in a sum: the longer one, and the shortcut, which has no op where it is the identity. */
export interface ResidualAtom extends Stretch {
  readonly kind: "residual";
  readonly branch: readonly Atom[];
  readonly shortcut: readonly Atom[];
}

/** Branches that meet in a concatenation, a selection or another way. */
export interface BranchesAtom extends Stretch {
  readonly kind: "branches";
  /** The convolutions in them. */
  readonly convs: readonly OpOf<"conv">[];
}

/** What a stretch of the spine does, where one op or a known small pattern does it. */
export interface PlainAtom extends Stretch {
  readonly kind: "norm" | "activation" | "gate" | "pool" | "pass" | "linear" | "other";
}

export type Atom = ConvAtom | ResidualAtom | BranchesAtom | PlainAtom;

const ACTIVATIONS: ReadonlySet<string> = new Set<string>([...ACTIVATION_NAMES, "clip"]);
const ELEMENTWISE: ReadonlySet<string> = new Set<string>([
  ...ACTIVATIONS,
  ...["add", "sub", "mul", "div", "erf", "sqrt", "identity", "cast"],
]);
const PASSING: ReadonlySet<string> = new Set(["drop_path", "dropout", "identity", "cast", "pad"]);
const POOLS: ReadonlySet<string> = new Set(["max_pool", "avg_pool"]);
const LINEAR: ReadonlySet<string> = new Set(["gemm", "matmul"]);
const BINARY: ReadonlySet<string> = new Set(["add", "sub", "mul", "div"]);

/** Sums within sums that are looked into: a network has two or three, and a hostile file no end of them. */
const DEEPEST = 8;

/** What the ops do, from the sources on, stretch by stretch. */
export function atomsOf(ops: readonly Op[], sources: readonly Value[], depth = 0): readonly Atom[] {
  return segmentsOf(ops, sources).map((segment) => {
    const { ops, from, to } = segment;
    // What only computes a constant says nothing of what is done with it.
    const own = ops.filter((op) => op.operands.some((operand) => operand.kind !== "parameter"));
    const [first, second] = own;
    if (first === undefined || second !== undefined) return branching(segment, own, depth);
    if (isOp(first, "conv")) return { kind: "conv", op: first, ops, from, to };
    return { kind: plainKind(first), ops, from, to };
  });
}

function plainKind(op: Op): PlainAtom["kind"] {
  const { kind } = op;
  if (attentionKindOf(kind) !== undefined) return "gate";
  if (ACTIVATIONS.has(kind)) return "activation";
  if (PASSING.has(kind)) return "pass";
  if (POOLS.has(kind)) return "pool";
  if (LINEAR.has(kind)) return "linear";
  if (kind === "batch_norm") return "norm";
  if (kind === "opaque") return isMapwise(op) ? "activation" : "other";
  const [x, other] = op.operands;
  const constant = [x, other].find((operand) => operand?.kind === "parameter");
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
function branching(segment: Stretch, own: readonly Op[], depth: number): Atom {
  const { from, to } = segment;
  const last = own.at(-1);
  if (last !== undefined && own.every(({ kind }) => ELEMENTWISE.has(kind))) {
    if (sameDims(from.type.dims, to.type.dims)) return { ...segment, kind: "activation" };
  }
  if (last?.results.includes(to as never) && (isOp(last, "mul") || isOp(last, "add"))) {
    if (isGated(last, from)) return { ...segment, kind: "gate" };
    const residual = isOp(last, "add") && depth < DEEPEST ? residualOf(segment, own, last, depth) : undefined;
    if (residual !== undefined) return residual;
  }
  return { ...segment, kind: "branches", convs: own.filter((op) => isOp(op, "conv")) };
}

/** Whether x itself is multiplied by, or summed with, something that has no map or one channel only. */
function isGated(last: Op, x: Value): boolean {
  const [a, b] = last.operands;
  const other = a === x ? b : b === x ? a : undefined;
  if (other === undefined || other.kind === "parameter") return false;
  const [, channels, ...map] = other.type.dims;
  const isFeatureMap = x.type.dims.length === 4 && x.type.dims.slice(2).some((size) => size !== 1);
  return isFeatureMap && (map.every((size) => size === 1) || (channels === 1 && x.type.dims[1] !== 1));
}

function residualOf(segment: Stretch, own: readonly Op[], last: Op, depth: number): ResidualAtom | undefined {
  const [a, b] = last.operands;
  if (a === undefined || b === undefined || a.kind === "parameter" || b.kind === "parameter")
    return undefined;
  const [ofA, ofB] = [ancestors(own, a), ancestors(own, b)];
  const inA = new Set(ofA);
  if (ofB.some((op) => inA.has(op))) return undefined;
  const [atomsA, atomsB] = [ofA, ofB].map((ops) => atomsOf(ops, [segment.from], depth + 1)) as [
    Atom[],
    Atom[],
  ];
  const longer = convsOf(atomsA) - convsOf(atomsB) || ofA.length - ofB.length;
  const [branch, shortcut] = longer > 0 ? [atomsA, atomsB] : [atomsB, atomsA];
  return { ...segment, kind: "residual", branch, shortcut };
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
