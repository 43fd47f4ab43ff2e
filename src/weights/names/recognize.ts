import { dequal } from "dequal";
import { InputError } from "../../base/diagnostic.js";
import type { Graph } from "../../ir/graph.js";
import { concreteDims } from "../../ir/types.js";
import type { StoredTensor, TensorSource } from "../formats/tensor-source.js";
import {
  type Numbering,
  numberingIn,
  specNumbering,
  stageBlocks,
  stagewiseNumbering,
} from "./block-numbers.js";
import { matchByOrder } from "./by-order.js";
import { foldedHint, type Match, matchNames, scoreOf } from "./match.js";
import type { NameMap, Naming } from "./name-map.js";
import { type NetworkParts, nameParameters, networkParts } from "./name-parameters.js";
import { type NameKind, nameMapOf, nameMaps } from "./registry.js";
import { allRenamed, type Renaming, refuseIdleRules, renamed } from "./renaming.js";
import { unwrapped } from "./wrappers.js";

export interface Recognized {
  readonly parts: NetworkParts;
  /** The network among the given ones that the file fits best. */
  readonly graph: Graph;
  readonly match: Match;
  /** What a reader should know of how the names were read. */
  readonly notes: readonly string[];
}

/** Whose names a file has: a framework's; `order` for none that matter. */
export type NamesChoice = NameKind | "order";

/** What a user says of a file's names. */
export interface NamesGiven {
  readonly kind?: NamesChoice | undefined;
  /** How names are changed before they are compared: those of the file, or where that fits better those of the network. */
  readonly renaming?: Renaming | undefined;
}

/**
 * Finds out under whose names a file has a network's parameters: those under which most of both fit together. Of
 * several networks (before and after a rewriting) it takes the one that fits best, the first of equals.
 *
 * Errors: `InputError` where less than half of the parameters are found under any names, and where different readings
 * fit equally well; both say how far each framework's names lead.
 */
export function recognizeNames(
  graphs: readonly Graph[],
  source: TensorSource,
  { kind, renaming }: NamesGiven = {},
): Recognized {
  const { tensors, prefix } = unwrapped(source.tensors);
  const notes =
    prefix === ""
      ? []
      : [`the names of ${source.file} begin with ${JSON.stringify(prefix)}, which is left out`];
  const given = renaming === undefined ? tensors : allRenamed(tensors, renaming);
  if (kind === "order") {
    const orders = graphs.map((graph) => orderOf(graph, given, source.file)).sort(byScore);
    return { ...(orders[0] as Omit<Recognized, "notes">), notes };
  }
  const maps = kind === undefined ? nameMaps : [nameMapOf(kind)];
  const readings = graphs
    .flatMap((graph) => {
      const parts = networkParts(graph);
      const numberings = numberingsOf(graph);
      const theirs = renaming === undefined ? [] : [renamedReading(parts, renaming, tensors)];
      return [...maps.flatMap((map) => [...readingsOf(parts, map, numberings, given)]), ...theirs];
    })
    .map((reading): Recognized => ({ ...reading, notes }))
    .sort(byScore);
  if (renaming !== undefined) {
    const ours = graphs.flatMap((graph) => networkParts(graph).parameters.map(({ name }) => name));
    refuseIdleRules(renaming, [...tensors.keys(), ...ours]);
  }
  const [best] = readings;
  if (best === undefined || !isPlausible(best)) {
    const other = kind === undefined || renaming !== undefined ? undefined : otherReading(graphs, source);
    throw unknownNames(readings, source, kind, other);
  }
  const rival = readings.find(
    (each) => scoreOf(each.match) === scoreOf(best.match) && !sameReading(each.match, best.match),
  );
  if (rival !== undefined) throw ambiguousNames(best, rival, source);
  return best;
}

type Reading = Omit<Recognized, "notes">;

function byScore(a: Reading, b: Reading): number {
  return scoreOf(b.match) - scoreOf(a.match);
}

function orderOf(graph: Graph, tensors: ReadonlyMap<string, StoredTensor>, file: string): Reading {
  const parts = networkParts(graph);
  return { graph, parts, match: matchByOrder(parts, tensors, file) };
}

/** The network's own names by the rules, compared with those of the file as they are. */
function renamedReading(
  parts: NetworkParts,
  renaming: Renaming,
  tensors: ReadonlyMap<string, StoredTensor>,
): Reading {
  const names = new Map(
    parts.parameters.map((parameter) => [
      parameter,
      { name: renamed(parameter.name, renaming), dims: concreteDims(parameter.type.dims) },
    ]),
  );
  const map = nameMapOf("ecagen");
  const naming = { title: `names of ${renaming.file}`, blocks: [], gates: [] };
  return { graph: parts.graph, parts, match: matchNames(parts, map, naming, names, tensors) };
}

/** Whose names a file has, where they are not those that it was said to have. */
function otherReading(graphs: readonly Graph[], source: TensorSource): string | undefined {
  try {
    return describe(recognizeNames(graphs, source));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function* readingsOf(
  parts: NetworkParts,
  map: NameMap,
  numberings: readonly Numbering[],
  tensors: ReadonlyMap<string, StoredTensor>,
): Iterable<Omit<Recognized, "notes">> {
  for (const naming of map.namings) {
    const given = numberingOf(parts.graph, naming, tensors);
    for (const numbering of given === undefined ? numberings : [given]) {
      const names = nameParameters(parts, naming, numbering);
      yield { graph: parts.graph, parts, match: matchNames(parts, map, naming, names, tensors) };
    }
  }
}

/** The file's own numbering of blocks, where it has as many as the network. */
function numberingOf(
  graph: Graph,
  naming: Naming,
  tensors: ReadonlyMap<string, StoredTensor>,
): Numbering | undefined {
  const count = stageBlocks(graph).length;
  for (const pattern of new Set(naming.blocks.map(({ at }) => at))) {
    const found = numberingIn(tensors.keys(), pattern, count);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How a network's blocks can be numbered, without repetitions. */
function numberingsOf(graph: Graph): readonly Numbering[] {
  const [stagewise, spec] = [stagewiseNumbering(graph), specNumbering(graph)];
  return dequal(stagewise, spec) ? [spec] : [stagewise, spec];
}

function isPlausible({ parts, match }: Recognized): boolean {
  return match.found.size * 2 >= parts.parameters.length && match.found.size > 0;
}

/** Whether both give the same tensors to the same parameters. Networks whose frameworks name them alike do. */
function sameReading(a: Match, b: Match): boolean {
  if (a.found.size !== b.found.size) return false;
  const other = new Map([...b.found].map(([parameter, tensor]) => [parameter.name, tensor]));
  return [...a.found].every(([parameter, tensor]) => other.get(parameter.name) === tensor);
}

function unknownNames(
  readings: readonly Reading[],
  source: TensorSource,
  kind: NamesChoice | undefined,
  other: string | undefined,
): InputError {
  const kinds = new Map<string, Reading>();
  for (const reading of [...readings].sort((a, b) => b.match.found.size - a.match.found.size)) {
    if (!kinds.has(reading.match.map.kind)) kinds.set(reading.match.map.kind, reading);
  }
  const nearest = [...kinds.values()].map((reading) => `${describe(reading)}`).join("; ");
  const expected = new Set(
    [...kinds.values()].flatMap(({ match }) => [...match.names.values()]).map(({ name }) => name),
  );
  const strange = [...source.tensors.keys()].find((name) => !expected.has(name)) ?? "";
  const [usual = ""] = expected;
  const whose = kind === undefined ? "under any known names" : `under the names of ${kind}`;
  return InputError.of(
    "weights/unknown-names",
    `${source.file} doesn't hold this network's parameters ${whose}: ${nearest}`,
    {
      file: source.file,
      hint:
        (other === undefined
          ? foldedHint(source)
          : `its names are those of ${other}; leave --names out, or give it others by weights convert`) ??
        `its ${source.tensors.size} tensors have names like ${JSON.stringify(strange)}, where ${JSON.stringify(usual)} would be one; is it another network's file? ${firstNames(readings, source)}`,
    },
  );
}

/** How many names of each side are shown where none fit. */
const SHOWN = 3;

function firstNames(readings: readonly Reading[], source: TensorSource): string {
  const said = (name: string, dims: readonly number[]): string =>
    `${JSON.stringify(name)} [${dims.join(", ")}]`;
  const theirs = [...source.tensors.values()].slice(0, SHOWN).map(({ name, dims }) => said(name, dims));
  const parameters = readings[0]?.parts.parameters.slice(0, SHOWN) ?? [];
  const ours = parameters.map(({ name, type }) => said(name, concreteDims(type.dims)));
  return `The file begins with ${theirs.join(", ")}, the network with ${ours.join(", ")}; --names-map FILE.json renames by regular expressions, --names order pairs by order and shape`;
}

function ambiguousNames(a: Recognized, b: Recognized, source: TensorSource): InputError {
  return InputError.of(
    "weights/ambiguous-names",
    `${source.file} can be read in two ways: ${describe(a)}; ${describe(b)}`,
    { file: source.file, hint: `say whose names they are: --names ${a.match.map.kind}` },
  );
}

/** `timm (ResNet, SKNet): 161 of 320 parameters` */
function describe({ parts, match }: Reading): string {
  return `${match.map.kind} (${match.naming.title}): ${match.found.size} of ${parts.parameters.length} parameters`;
}
