import type { Op, OpOf, Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import type { Atom, BranchesAtom, ResidualAtom, SizedStretch } from "./atoms.js";

/** A layer of a network with what belongs to it: a convolution with its normalisation, activation and gate. */
export interface Unit {
  readonly from: Value;
  readonly to: Value;
  readonly ops: readonly Op[];
  /** The sizes of the maps that enter and leave. */
  readonly sizes: SizedStretch["sizes"];
  /** What the unit is: of a convolution its form, else the atom that it is about. */
  readonly core: ConvCore | ResidualAtom | BranchesAtom | { readonly kind: "pool" | "linear" | "other" };
  /** Before the core: a normalisation and an activation in networks of preactivation. */
  readonly before: readonly Atom[];
  readonly after: readonly Atom[];
}

/**
 * A convolution: `pointwise` of 1×1, which may be a product with weights, `depthwise` with a filter for each channel, `spatial` any other. Parallel ones, as
 * the depthwise kernels of a mixed convolution, are one.
 */
export interface ConvCore {
  readonly kind: "pointwise" | "depthwise" | "spatial";
  readonly convs: readonly OpOf<"conv">[];
}

/** The layers of a stretch of the spine, in order. Every atom is in one of them. */
export function unitsOf(atoms: readonly Atom[]): readonly Unit[] {
  const units: { core: Unit["core"]; atoms: Atom[]; before: number }[] = [];
  let pending: Atom[] = [];
  const open = (core: Unit["core"], atom: Atom): void => {
    units.push({ core, atoms: [...pending, atom], before: pending.length });
    pending = [];
  };
  for (const atom of atoms) {
    const core = coreOf(atom);
    const last = units.at(-1);
    if (core !== undefined) open(core, atom);
    else if (pending.length > 0 || last === undefined || leads(atom, last.core)) pending.push(atom);
    else last.atoms.push(atom);
  }
  const [first] = pending;
  if (first !== undefined) units.push({ core: { kind: "other" }, atoms: pending, before: 0 });
  return units.map(({ core, atoms, before }) => ({
    from: (atoms[0] as Atom).from,
    to: (atoms.at(-1) as Atom).to,
    sizes: { from: (atoms[0] as Atom).sizes.from, to: (atoms.at(-1) as Atom).sizes.to },
    ops: atoms.flatMap(({ ops }) => ops),
    core,
    before: atoms.slice(0, before),
    after: atoms.slice(before + 1),
  }));
}

/** Whether an atom belongs to the layer after it: a normalisation after a sum or a pool, padding anywhere. */
function leads({ kind, ops }: Atom, core: Unit["core"]): boolean {
  if (kind === "pass") return ops.some((op) => op.kind === "pad");
  return kind === "norm" && !isConv(core) && core.kind !== "linear";
}

function coreOf(atom: Atom): Unit["core"] | undefined {
  switch (atom.kind) {
    case "conv":
      return { kind: convForm(atom.op), convs: [atom.op] };
    case "residual":
      return atom;
    case "branches":
      return parallelConvs(atom) ?? atom;
    case "linear":
      // On a map with its channels last, a product with weights is a convolution of 1×1.
      return atom.sizes.from.map.length === 2 ? { kind: "pointwise", convs: [] } : { kind: "linear" };
    case "pool":
    case "other":
      return { kind: atom.kind };
    case "norm":
    case "activation":
    case "gate":
    case "pass":
      return undefined;
  }
}

export function convForm(conv: OpOf<"conv">): ConvCore["kind"] {
  const [, inputs = 0, ...window] = operandsOf(conv).weight.type.dims;
  const { group } = conv.attributes;
  if (group > 1 && inputs === 1) return "depthwise";
  return window.every((size) => size === 1) ? "pointwise" : "spatial";
}

const MIXING: ReadonlySet<string> = new Set(["conv", "slice", "concat", "batch_norm"]);

/** Convolutions side by side over parts of the map, or all of it, as one; undefined for other branches. */
function parallelConvs({ ops, convs }: BranchesAtom): ConvCore | undefined {
  const [first] = convs;
  if (first === undefined || ops.at(-1)?.kind !== "concat" || !ops.every(({ kind }) => MIXING.has(kind)))
    return undefined;
  const form = convForm(first);
  return form === "depthwise" && convs.every((conv) => convForm(conv) === form)
    ? { kind: form, convs }
    : undefined;
}

export function isConv(core: Unit["core"]): core is ConvCore {
  return core.kind === "pointwise" || core.kind === "depthwise" || core.kind === "spatial";
}

/** Whether an activation follows the unit's core before the next one. */
export function isActivated({ after }: Unit): boolean {
  return after.some(({ kind }) => kind === "activation");
}
