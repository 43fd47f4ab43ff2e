import { dequal } from "dequal";
import { InputError } from "../../base/diagnostic.js";
import type { Graph } from "../../ir/graph.js";
import type { StoredTensor, TensorSource } from "../formats/tensor-source.js";
import {
  type Numbering,
  numberingIn,
  specNumbering,
  stageBlocks,
  stagewiseNumbering,
} from "./block-numbers.js";
import { foldedHint, type Match, matchNames, scoreOf } from "./match.js";
import type { NameMap, Naming } from "./name-map.js";
import { type NetworkParts, nameParameters, networkParts } from "./name-parameters.js";
import { type NameKind, nameMapOf, nameMaps } from "./registry.js";

/** Names that trainers put before those of the network: PyTorch's DataParallel, Lightning. */
const WRAPPERS = ["module.", "model."];
/** The step count that PyTorch's AveragedModel has beside the network in `module`. */
const AVERAGED_COUNT = "n_averaged";

export interface Recognized {
  readonly parts: NetworkParts;
  /** The network among the given ones that the file fits best. */
  readonly graph: Graph;
  readonly match: Match;
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
  kind: NameKind | undefined,
): Recognized {
  const tensors = unwrapped(source.tensors);
  const maps = kind === undefined ? nameMaps : [nameMapOf(kind)];
  const readings = graphs
    .flatMap((graph) => {
      const parts = networkParts(graph);
      const numberings = numberingsOf(graph);
      return maps.flatMap((map) => [...readingsOf(parts, map, numberings, tensors)]);
    })
    .sort((a, b) => scoreOf(b.match) - scoreOf(a.match));
  const [best] = readings;
  if (best === undefined || !isPlausible(best)) {
    throw unknownNames(readings, source, kind, kind && otherReading(graphs, source));
  }
  const rival = readings.find(
    (each) => scoreOf(each.match) === scoreOf(best.match) && !sameReading(each.match, best.match),
  );
  if (rival !== undefined) throw ambiguousNames(best, rival, source);
  return best;
}

/** Whose names a file has, where they are not those that it was said to have. */
function otherReading(graphs: readonly Graph[], source: TensorSource): string | undefined {
  try {
    return describe(recognizeNames(graphs, source, undefined));
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
): Iterable<Recognized> {
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

/** The tensors without a wrapper's name before all of theirs, and without its step count. */
function unwrapped(all: ReadonlyMap<string, StoredTensor>): ReadonlyMap<string, StoredTensor> {
  const tensors = new Map([...all].filter(([name]) => name !== AVERAGED_COUNT));
  const wrapper = WRAPPERS.find(
    (each) => tensors.size > 0 && [...tensors.keys()].every((name) => name.startsWith(each)),
  );
  if (wrapper === undefined) return tensors;
  return new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor]));
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
  kind: NameKind | undefined,
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
        `its ${source.tensors.size} tensors have names like ${JSON.stringify(strange)}, where ${JSON.stringify(usual)} would be one; is it another network's file?`,
    },
  );
}

function ambiguousNames(a: Recognized, b: Recognized, source: TensorSource): InputError {
  return InputError.of(
    "weights/ambiguous-names",
    `${source.file} can be read in two ways: ${describe(a)}; ${describe(b)}`,
    { file: source.file, hint: `say whose names they are: --names ${a.match.map.kind}` },
  );
}

/** `timm (ResNet, SKNet): 161 of 320 parameters` */
function describe({ parts, match }: Recognized): string {
  return `${match.map.kind} (${match.naming.title}): ${match.found.size} of ${parts.parameters.length} parameters`;
}
