import { positionsIn, type ResolvedBlock } from "../../language/blocks/registry.js";
import type { ResolvedHead, ResolvedStem } from "../../language/resolved.js";
import type { CodegenSubject } from "../subject.js";
import { gatesBelow } from "./block-gates.js";
import { blockRow } from "./blocks.js";
import type { DefinedClass } from "./defined-classes.js";
import { boxSelection, detectionTables } from "./detection.js";
import type { LayersFunction } from "./neck-functions.js";
import { neckTables } from "./neck-tables.js";
import type { ModuleParts } from "./network-parts.js";
import { call, type Literal, list, literal, map, type Python, printPython } from "./python.js";
import { sourceOf, sourceWords } from "./sources.js";
import { commonStyle, type StyleWords, styleChanges, styleOf } from "./style.js";

type Words = { readonly [word: string]: Literal };
type Spec = CodegenSubject["spec"];

/** What is particular of a network, as the tables at the top of its module. */
export function tables(
  spec: Spec,
  parts: ModuleParts,
  classes: readonly DefinedClass[],
  functions: readonly LayersFunction[],
): string {
  const { stem, blocks, head, features, neck, heads = [] } = spec;
  const detection = boxSelection(spec.detection);
  const present = [stem, ...blocks, neck, ...heads, detection, head].flatMap((part) =>
    part === undefined ? [] : [styleOf(part)],
  );
  const common = commonStyle(present);
  const stages = [...new Set(blocks.map(({ stage }) => stage))];
  const rows = stages.map((stage) =>
    list(
      blocks
        .filter((block) => block.stage === stage)
        .map((block) => words(rowOf(block, parts, classes, common))),
    ),
  );
  const notes = stages.map((stage) => `stage ${stage}`);
  const sources = features.flatMap(({ name, place }) =>
    place === undefined ? [] : [[name, sourceOf(place.after)] as const],
  );
  const all: readonly (readonly [string, Python])[] = [
    ["STYLE", words(common)],
    ["STEM", stem === undefined ? literal(undefined) : words(stemWords(spec, stem, common))],
    ["STAGES", list(rows, notes)],
    ["HEAD", head === undefined ? literal(undefined) : words(headWords(spec, head, parts, common))],
    ["FEATURES", map(sources)],
    ...neckTables(spec, functions, common),
    ...(detection === undefined ? [] : detectionTables(detection, common)),
  ];
  return all.map(([title, value]) => `${title} = ${printPython(value, "", title.length + 3)}\n`).join("\n");
}

function rowOf(
  block: ResolvedBlock,
  parts: ModuleParts,
  classes: readonly DefinedClass[],
  common: StyleWords,
): Words {
  const scope = `/stages/${block.stage}/blocks/${block.index}`;
  const rate = parts.rateAt(`${scope}/drop_path`);
  const usual = block.block === "defined" ? "standard" : positionsIn(block.block)[0];
  const shared = {
    ...gatesBelow(scope, block, parts, usual),
    drop_path: rate === 0 ? undefined : rate,
    reads: block.reads && { join: block.reads.how, maps: block.reads.names.map(sourceWords) },
    style: styleChanges(styleOf(block), common),
  };
  if (block.block === "defined") {
    const found = classes.find(({ rows }) => rows.has(block));
    return { block: found?.className, ...found?.rows.get(block), ...shared };
  }
  const { inputChannels, channels, stride } = block;
  const { kernel, ...row } = blockRow(block);
  return {
    block: block.block,
    inputs: inputChannels,
    outputs: channels,
    kernel,
    stride: stride === 1 ? undefined : stride,
    ...row,
    ...shared,
  };
}

function stemWords({ input }: Spec, stem: ResolvedStem, common: StyleWords): Words {
  const { channels, kernel, stride, deep, normalized, pool } = stem;
  return {
    inputs: input.channels,
    outputs: channels,
    kernel,
    stride: stride === 1 ? undefined : stride,
    deep: deep.length === 0 ? undefined : deep,
    normalized: normalized ? undefined : false,
    pool: pool && { type: pool.type, kernel: pool.kernel, stride: pool.stride, padding: pool.padding },
    style: styleChanges(styleOf(stem), common),
  };
}

function headWords(
  { input, stem, blocks }: Spec,
  head: ResolvedHead,
  parts: ModuleParts,
  common: StyleWords,
): Words {
  const { channels, classes, poolFirst, bias, preactivation } = head;
  const dropout = parts.rateAt("/head/dropout");
  return {
    inputs: blocks.at(-1)?.channels ?? stem?.channels ?? input.channels,
    classes,
    channels,
    dropout: dropout === 0 ? undefined : dropout,
    pool_first: poolFirst || undefined,
    bias: (poolFirst && bias) || undefined,
    preactivation: preactivation || undefined,
    style: styleChanges(styleOf(head), common),
  };
}

function words(of: Words): Python {
  const given = Object.entries(of).filter(([, value]) => value !== undefined);
  return call("dict", [], Object.fromEntries(given.map(([word, value]) => [word, literal(value)])));
}
