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
import { type Unwrapped, unwrapped } from "./wrappers.js";

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
  /** The names that the network's spec says itself. */
  readonly own?: NameMap | undefined;
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
  { kind, renaming, own }: NamesGiven = {},
): Recognized {
  const asTheyAre = spellingsOf(source);
  const given = renaming === undefined ? asTheyAre.slice(0, 1) : asTheyAre.map(renamedBy(renaming));
  if (renaming !== undefined) {
    const ours = graphs.flatMap((graph) => networkParts(graph).parameters.map(({ name }) => name));
    refuseIdleRules(renaming, [...asTheyAre.flatMap(({ tensors }) => [...tensors.keys()]), ...ours]);
  }
  const readings = graphs
    .flatMap((graph) => {
      const parts = networkParts(graph);
      if (kind === "order") return given.slice(0, 1).map((names) => orderOf(parts, names, source.file));
      const theirs = given.flatMap((names) => [...readingsOf(parts, mapsOf(kind, own), names)]);
      const ours = renaming === undefined ? [] : asTheyAre.flatMap(renamedReading(parts, renaming));
      return [...theirs, ...ours];
    })
    .map(({ prefix, ...reading }): Recognized => ({ ...reading, notes: prefixNotes(prefix, source) }))
    .sort(byScore);
  const [best] = readings;
  if (best !== undefined && kind === "order") return best;
  if (best === undefined || !isPlausible(best)) {
    const other =
      kind === undefined || renaming !== undefined ? undefined : otherReading(graphs, source, own);
    throw unknownNames(readings, source, kind, other);
  }
  const rival = readings.find(
    (each) => scoreOf(each.match) === scoreOf(best.match) && !sameReading(each.match, best.match),
  );
  if (rival !== undefined) throw ambiguousNames(best, rival, source);
  return best;
}

/** A file's names without those of wrappers, and as they are in the file where these differ: rules may be written for either. */
function spellingsOf({ tensors }: TensorSource): readonly Unwrapped[] {
  const plain = unwrapped(tensors);
  return plain.prefix === "" ? [plain] : [plain, { tensors, prefix: "" }];
}

function renamedBy(renaming: Renaming): (names: Unwrapped) => Unwrapped {
  return ({ tensors, prefix }) => {
    const inner = unwrapped(allRenamed(tensors, renaming));
    return { tensors: inner.tensors, prefix: `${prefix}${inner.prefix}` };
  };
}

function prefixNotes(prefix: string, { file }: TensorSource): readonly string[] {
  return prefix === ""
    ? []
    : [`the names of ${file} begin with ${JSON.stringify(prefix)}, which is left out`];
}

/** With what was left out before the file's names. */
interface Reading extends Omit<Recognized, "notes"> {
  readonly prefix: string;
}

function byScore(a: Recognized, b: Recognized): number {
  return scoreOf(b.match) - scoreOf(a.match);
}

function orderOf(parts: NetworkParts, { tensors, prefix }: Unwrapped, file: string): Reading {
  return { graph: parts.graph, parts, prefix, match: matchByOrder(parts, tensors, file) };
}

/** The network's own names by the rules, compared with those of the file as they are; none where two of them become one. */
function renamedReading(parts: NetworkParts, renaming: Renaming): (names: Unwrapped) => readonly Reading[] {
  const names = new Map(
    parts.parameters.map((parameter) => [
      parameter,
      { name: renamed(parameter.name, renaming), dims: concreteDims(parameter.type.dims) },
    ]),
  );
  const isOneToOne = new Set([...names.values()].map(({ name }) => name)).size === names.size;
  const naming = { title: `names of ${renaming.file}`, blocks: [], gates: [] };
  return ({ tensors, prefix }) => {
    const match = matchNames(parts, nameMapOf("ecagen"), naming, names, tensors);
    return isOneToOne ? [{ graph: parts.graph, parts, prefix, match }] : [];
  };
}

/** Whose names a file has, where they are not those that it was said to have. */
function otherReading(
  graphs: readonly Graph[],
  source: TensorSource,
  own: NameMap | undefined,
): string | undefined {
  try {
    return describe(recognizeNames(graphs, source, { own }));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The names that are tried: those of one kind, or all, the spec's own first. */
function mapsOf(kind: NameKind | undefined, own: NameMap | undefined): readonly NameMap[] {
  if (kind !== undefined) return [nameMapOf(kind, own)];
  return own === undefined ? nameMaps : [own, ...nameMaps];
}

function* readingsOf(
  parts: NetworkParts,
  maps: readonly NameMap[],
  { tensors, prefix }: Unwrapped,
): Iterable<Reading> {
  const { graph } = parts;
  const numberings = numberingsOf(graph);
  for (const map of maps) {
    for (const naming of map.namings) {
      const given = naming.own === true ? specNumbering(graph) : numberingOf(graph, naming, tensors);
      for (const numbering of given === undefined ? numberings : [given]) {
        const names = nameParameters(parts, naming, numbering);
        yield { graph, parts, prefix, match: matchNames(parts, map, naming, names, tensors) };
      }
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
  readings: readonly Recognized[],
  source: TensorSource,
  kind: NamesChoice | undefined,
  other: string | undefined,
): InputError {
  const kinds = new Map<string, Recognized>();
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

function firstNames(readings: readonly Recognized[], source: TensorSource): string {
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
    { file: source.file, hint: `name the convention: --names ${a.match.map.kind}` },
  );
}

/** `timm (ResNet, SKNet): 161 of 320 parameters` */
function describe({ parts, match }: Recognized): string {
  return `${match.map.kind} (${match.naming.title}): ${match.found.size} of ${parts.parameters.length} parameters`;
}
