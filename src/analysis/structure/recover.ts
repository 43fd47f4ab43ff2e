import type { Graph, Op } from "../../ir/graph.js";
import { type Atom, atomsOf } from "./atoms.js";
import { blockLength, typeOfUnits } from "./classify.js";
import { commonModules, numberedModules } from "./names.js";
import type { Group, RecoveredBlock } from "./recovered-block.js";
import { groupStages } from "./stages.js";
import { isConv, type Unit, unitsOf } from "./units.js";

/**
 * The stages and blocks of a network that nobody described: from where its branches part and meet, the forms of its
 * convolutions and the sizes of its maps, with the names of its nodes where they number modules.
 *
 *     ops ─ segments ─ atoms ─ units (layers) ─ groups (blocks) ─ stem, stages, head
 *
 * Every op is in a block. Of a graph without any structure that is one block. Time is linear in the number of ops.
 */
export function recoverBlocks(graph: Graph): readonly RecoveredBlock[] {
  const units = unitsOf(spine(atomsOf(graph.ops, graph.inputs)));
  return groupStages(named(units) ?? unnamed(units), graph);
}

/** A sum around the whole network is no block: what is between its ends is the spine then. */
function spine(atoms: readonly Atom[]): readonly Atom[] {
  return atoms.flatMap((atom): readonly Atom[] => {
    if (atom.kind !== "residual") return [atom];
    const inner = spine(atom.branch);
    if (inner.filter(({ kind }) => kind === "residual").length < 2) return [atom];
    const inside = new Set(inner.flatMap(({ ops }) => ops));
    const rest = atom.ops.filter((op) => !inside.has(op));
    return [...inner, { kind: "other", ops: rest, from: inner.at(-1)?.to ?? atom.from, to: atom.to }];
  });
}

/** The blocks as names have them; undefined where they have none, or of another order than the network's. */
function named(units: readonly Unit[]): readonly Group[] | undefined {
  const modules = units.map(modulesOf);
  const runs: { key: string | undefined; units: Unit[] }[] = [];
  units.forEach((unit, i) => {
    const key = modules[i]?.at(-1);
    const last = runs.at(-1);
    if (last !== undefined && last.key === key) last.units.push(unit);
    else runs.push({ key, units: [unit] });
  });
  const keys = runs.flatMap(({ key }) => key ?? []);
  if (keys.length < 2 || new Set(keys).size < keys.length) return undefined;
  return runs.flatMap(({ key, units }) => (key === undefined ? unnamed(units) : [groupOf(units)]));
}

function unnamed(units: readonly Unit[]): readonly Group[] {
  const groups: Group[] = [];
  for (let i = 0; i < units.length; ) {
    const length = Math.max(1, blockLength(units, i));
    groups.push(groupOf(units.slice(i, i + length)));
    i += length;
  }
  return groups;
}

function groupOf(units: readonly Unit[]): Group {
  const modules = units.map(modulesOf).reduce(commonModules);
  return { units, type: typeOfUnits(units), modules };
}

function modulesOf({ ops, core }: Unit): readonly string[] {
  // Names of constants and of shape arithmetic are as the exporter pleases.
  const lists = (isConv(core) ? ops.filter(readsMap) : ops).map(({ loc }) => numberedModules(loc.scope));
  return lists.length === 0 ? [] : lists.reduce(commonModules);
}

function readsMap(op: Op): boolean {
  return op.operands.some((operand) => operand.kind !== "parameter");
}
