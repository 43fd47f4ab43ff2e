import { freezeGraph, freezeOp } from "../../ir/builder.js";
import { type Block, blockAt, type Graph, type Op } from "../../ir/graph.js";
import { type Atom, atomsOf } from "./atoms.js";
import { blockLength, type Group, type RecoveredBlock, typeOfUnits } from "./classify.js";
import { withDownsampling } from "./downsampling.js";
import { type Layouts, layoutsOf } from "./layouts.js";
import { commonModules, numberedModules } from "./names.js";
import { groupStages } from "./stages.js";
import { isConv, type Unit, unitsOf } from "./units.js";

/**
 * The stages and blocks of a network without a description: from where its branches part and meet, the forms of its
 * convolutions and the sizes of its maps, with the names of its nodes where they number modules.
 *
 *     ops ─ segments ─ atoms ─ units (layers) ─ groups (blocks) ─ stem, stages, head
 *
 * Every op is in a block. Of a graph without any structure that is one block. Time is linear in the number of ops.
 */
export function recoverBlocks(graph: Graph): readonly RecoveredBlock[] {
  const layouts = layoutsOf(graph);
  const units = unitsOf(spine(atomsOf(graph.ops, graph.inputs, layouts), layouts));
  const modulesOf = modulesOfUnits(units, layouts);
  return groupStages(withDownsampling(named(units, modulesOf) ?? unnamed(units, modulesOf)), graph);
}

/** A sum around the whole network is no block: what is between its ends is the spine then. */
function spine(atoms: readonly Atom[], layouts: Layouts): readonly Atom[] {
  return atoms.flatMap((atom): readonly Atom[] => {
    if (atom.kind !== "residual") return [atom];
    const inner = spine(atom.branch, layouts);
    if (inner.filter(({ kind }) => kind === "residual").length < 2) return [atom];
    const inside = new Set(inner.flatMap(({ ops }) => ops));
    const rest = atom.ops.filter((op) => !inside.has(op));
    const from = inner.at(-1)?.to ?? atom.from;
    const sizes = { from: layouts.sizesOf(from), to: atom.sizes.to };
    return [...inner, { kind: "other", ops: rest, from, to: atom.to, sizes }];
  });
}

/** The numbered modules around a layer, by its ops' names. */
type ModulesOf = (unit: Unit) => readonly string[];

/** The blocks as names have them; undefined where they have none, or of another order than the network's. */
function named(units: readonly Unit[], modulesOf: ModulesOf): readonly Group[] | undefined {
  // A layer that is numbered beside modules of several blocks is a part of some block, or none.
  const deepest = units.reduce((most, unit) => Math.max(most, modulesOf(unit).length), 0);
  const isLoose = (unit: Unit): boolean => isConv(unit.core) && modulesOf(unit).length < deepest;
  const runs: { key: string | undefined; units: Unit[] }[] = [];
  for (const unit of units) {
    const key = isLoose(unit) ? undefined : modulesOf(unit).at(-1);
    const last = runs.at(-1);
    if (last !== undefined && last.key === key) last.units.push(unit);
    else runs.push({ key, units: [unit] });
  }
  const keys = runs.flatMap(({ key }) => key ?? []);
  if (keys.length < 2 || new Set(keys).size < keys.length) return undefined;
  return runs.flatMap(({ key, units }) =>
    key === undefined ? unnamed(units, modulesOf) : [groupOf(units, modulesOf)],
  );
}

function unnamed(units: readonly Unit[], modulesOf: ModulesOf): readonly Group[] {
  const groups: Group[] = [];
  for (let i = 0; i < units.length; ) {
    const length = Math.max(1, blockLength(units, i));
    groups.push(groupOf(units.slice(i, i + length), modulesOf));
    i += length;
  }
  return groups;
}

function groupOf(units: readonly Unit[], modulesOf: ModulesOf): Group {
  const modules = units.map(modulesOf).reduce(commonModules);
  return { units, type: typeOfUnits(units), modules };
}

/**
 * The modules of each layer, as deep as those of branches that meet are: a block that has none is not cut into its numbered
 * layers where another one of the network is whole.
 */
function modulesOfUnits(units: readonly Unit[], { isConstant }: Layouts): ModulesOf {
  const all = new Map(
    units.map((unit): [Unit, readonly string[]] => {
      // Names of constants and of shape arithmetic are as the exporter pleases.
      const lists = unit.ops
        .filter((op) => (isConv(unit.core) ? readsMap(op) : true) && !op.results.every(isConstant))
        .map(({ loc }) => numberedModules(loc.scope));
      return [unit, lists.length === 0 ? [] : lists.reduce(commonModules)];
    }),
  );
  const ofSums = units
    .filter(({ core }) => core.kind === "residual")
    .map((unit) => all.get(unit)?.length ?? 0);
  const deepest = ofSums.reduce((a, b) => Math.max(a, b), 0);
  return (unit) => {
    const modules = all.get(unit) ?? [];
    return deepest === 0 ? modules : modules.slice(0, deepest);
  };
}

function readsMap(op: Op): boolean {
  return op.operands.some((operand) => operand.kind !== "parameter");
}

/**
 * The graph with the recovered blocks as its own. A block of a stage keeps the path that its nodes' names share, where
 * all have one each (`/layer1/layer1.0`); else blocks are named as ecagen names its own. Ops whose names lie elsewhere
 * get the block's scope before theirs; all others stay the same objects.
 */
export function withBlocks(graph: Graph, recovered: readonly RecoveredBlock[]): Graph {
  const own = ownPaths(recovered);
  const blocks = recovered.map(({ block }, i): Block => ({ ...block, scope: own?.[i] ?? block.scope }));
  const blockOf = new Map<Op, Block>();
  recovered.forEach(({ ops }, i) => {
    for (const op of ops) blockOf.set(op, blocks[i] as Block);
  });
  const named = { ...graph, blocks };
  const ops = graph.ops.map((op) => {
    const block = blockOf.get(op);
    const { scope } = op.loc;
    if (block === undefined || blockAt(named, scope) === block) return op;
    const inside = scope === "/" ? block.scope : `${block.scope}${scope}`;
    return freezeOp({ ...op, loc: { ...op.loc, scope: inside } } as Op);
  });
  return freezeGraph({ ...named, ops });
}

/** The paths of the blocks in stages, where the names of a graph's ops show one for each; else none. */
export function namedPaths(graph: Graph): readonly string[] {
  return (ownPaths(recoverBlocks(graph)) ?? []).filter((path) => path !== undefined);
}

/** The paths of names that can be the blocks' scopes; undefined unless every block of a stage has one of its own. */
function ownPaths(recovered: readonly RecoveredBlock[]): readonly (string | undefined)[] | undefined {
  const paths = recovered.map(({ block, modules }) =>
    block.stage === undefined ? undefined : modules.at(-1),
  );
  const given = paths.filter((path) => path !== undefined);
  const usable =
    given.length === recovered.filter(({ block }) => block.stage !== undefined).length &&
    new Set(given).size === given.length &&
    given.every((path) => path.startsWith("/"));
  return usable ? paths : undefined;
}
