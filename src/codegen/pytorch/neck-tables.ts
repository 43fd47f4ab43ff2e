import { outputsOfHead, type ResolvedDetection } from "../../language/detection/resolved.js";
import {
  isOfHead,
  type MapHeadOutput,
  type ResolvedMapHead,
  type ResolvedNeck,
} from "../../language/neck/resolved.js";
import { headKey, type LayersFunction, rowsOf } from "./neck-functions.js";
import { call, type Literal, list, literal, map, type Python } from "./python.js";
import { sourceOf } from "./sources.js";
import { type StyleWords, styleChanges, styleOf } from "./style.js";

/** What is particular of a network's neck and heads, as tables; none where it has neither. */
export function neckTables(
  {
    neck,
    heads = [],
    detection,
  }: {
    readonly neck?: ResolvedNeck | undefined;
    readonly heads?: readonly ResolvedMapHead[] | undefined;
    readonly detection?: ResolvedDetection | undefined;
  },
  functions: readonly LayersFunction[],
  common: StyleWords,
): readonly (readonly [string, Python])[] {
  if (neck === undefined && heads.length === 0) return [];
  const rows = heads.map((head) => {
    const found = functions.find(({ key }) => key === headKey(head));
    const output = outputsOfHead(head, detection).length === 0 ? "none" : head.output;
    return [head.name, headRow({ ...head, output }, found && rowsOf(found), common)] as const;
  });
  return [
    ["NECK", neck === undefined ? literal(undefined) : neckRow(neck, common)],
    ["HEADS", map(rows)],
  ];
}

function neckRow(neck: ResolvedNeck, common: StyleWords): Python {
  const maps = Object.entries(neck.maps).map(([name, source]) => [name, sourceOf(source)] as const);
  return call("dict", [], { maps: map(maps), style: given(styleChanges(styleOf(neck), common)) });
}

function headRow(head: ResolvedMapHead, args: Literal, common: StyleWords): Python {
  const { levels, share, output } = head;
  const [first] = levels;
  const reads =
    first !== undefined && isOfHead(first.source)
      ? literal(first.source.head)
      : list(levels.flatMap(({ source }) => (isOfHead(source) ? [] : [sourceOf(source)])));
  return call("dict", [], {
    reads,
    levels: literal(levels.map(({ name }) => name)),
    share: share === "all" ? undefined : literal(share),
    output: given(outputWords(output)),
    arguments: given(args),
    style: given(styleChanges(styleOf(head), common)),
  });
}

function outputWords(output: MapHeadOutput): Literal {
  if (typeof output === "string") return output === "maps" ? undefined : output;
  const { values, order } = output;
  return order === "pixels" ? { values } : { values, order };
}

function given(value: Literal): Python | undefined {
  return value === undefined ? undefined : literal(value);
}
