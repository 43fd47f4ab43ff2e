import { type Diagnostic, InputError } from "../base/diagnostic.js";
import type { JsonPath } from "../base/json-path.js";
import { didYouMean } from "../base/suggest.js";
import type { Block, Graph } from "../ir/graph.js";
import type { ResolvedSpec } from "../language/resolved.js";
import type { WeightNames } from "../language/weight-names.js";
import { specNumbering } from "../weights/names/block-numbers.js";
import {
  below,
  dotted,
  type NetworkParts,
  nameParameters,
  networkParts,
  type Part,
} from "../weights/names/name-parameters.js";
import { ownNames } from "./own-names.js";

type Refuse = (path: JsonPath, message: string, hint?: string) => void;

/**
 * Checks the names that a spec says for files of weights against the network: they speak of blocks and layers that there are, name all layers
 * of such a block, and each weight otherwise.
 *
 * Errors: `InputError` with everything that is wrong.
 */
export function checkOwnNames(spec: ResolvedSpec, graph: Graph): void {
  const { names } = spec;
  const map = ownNames(spec);
  const [naming] = map?.namings ?? [];
  if (names === undefined || naming === undefined) return;
  const problems: Diagnostic[] = [];
  const refuse: Refuse = (path, message, hint) =>
    problems.push({ code: "spec/names", path: ["names", ...path], message, hint });
  const parts = networkParts(graph);
  for (const [key, each] of Object.entries(names.blocks)) checkBlock(key, each, parts, refuse);
  for (const [kind, layers] of Object.entries(names.gates)) checkGate(kind, layers, parts, refuse);
  if (problems.length === 0) {
    const given = nameParameters(parts, naming, specNumbering(graph));
    checkNamed(names, parts, (part) => given.has(part.parameter), refuse);
    checkDistinct(names, parts, (part) => given.get(part.parameter)?.name, refuse);
  }
  if (problems.length > 0) throw new InputError(problems);
}

/** The blocks that a key speaks of: one by its scope, or all of a type. */
function blocksOf(key: string, { graph, byBlock }: NetworkParts): readonly Block[] {
  const scoped = graph.blocks.filter(({ scope }) => dotted(scope) === key);
  const meant = scoped.length > 0 ? scoped : graph.blocks.filter(({ type }) => type === key);
  return meant.filter((block) => byBlock.has(block));
}

function partsOf(blocks: readonly Block[], { byBlock }: NetworkParts): readonly Part[] {
  return blocks.flatMap((block) => byBlock.get(block) ?? []);
}

function checkBlock(
  key: string,
  { at, layers }: WeightNames["blocks"][string],
  parts: NetworkParts,
  refuse: Refuse,
): void {
  const path: JsonPath = ["blocks", key];
  const blocks = blocksOf(key, parts);
  if (blocks.length === 0) {
    refuse(
      path,
      `the network has no block ${JSON.stringify(key)} with weights`,
      oneOf(key, blockWords(parts)),
    );
    return;
  }
  checkPattern([...path, "at"], at, key, blocks, refuse);
  checkLayers(
    [...path, "layers"],
    key,
    layers,
    partsOf(blocks, parts).map(({ layer }) => layer),
    refuse,
  );
  for (const [layer, name] of Object.entries(layers))
    checkPattern([...path, "layers", layer], name, key, blocks, refuse);
}

function checkGate(
  kind: string,
  layers: Readonly<Record<string, string>>,
  parts: NetworkParts,
  refuse: Refuse,
): void {
  const own = partsOf(parts.graph.blocks, parts).flatMap(({ gate }) =>
    gate?.type === kind ? [gate.layer] : [],
  );
  // Passes may make gates of other kinds.
  if (own.length > 0) checkLayers(["gates", kind], kind, layers, own, refuse);
}

function checkLayers(
  path: JsonPath,
  owner: string,
  layers: Readonly<Record<string, string>>,
  known: readonly string[],
  refuse: Refuse,
): void {
  for (const layer of Object.keys(layers)) {
    if (known.some((each) => layer === "" || below(each, layer) !== undefined)) continue;
    refuse(
      [...path, layer],
      `${owner} has no layer ${JSON.stringify(layer)} with weights`,
      oneOf(layer, known),
    );
  }
}

/** What stands in braces. */
const VARIABLE = /\{(\w+)(?:\+\d+)?\}/g;
const OF_STAGES: readonly string[] = ["stage", "index", "nth"];
const VARIABLES: readonly string[] = ["scope", ...OF_STAGES, "stages", "blocks"];

function checkPattern(
  path: JsonPath,
  pattern: string,
  key: string,
  blocks: readonly Block[],
  refuse: Refuse,
): void {
  const all = VARIABLES.map((each) => `{${each}}`).join(", ");
  const words = [...pattern.matchAll(VARIABLE)].map(([, word = ""]) => word);
  const unknown = words.find((word) => !VARIABLES.includes(word));
  if (unknown !== undefined) {
    refuse(path, `there is no {${unknown}}`, `there are ${all}`);
    return;
  }
  if (/[{}]/.test(pattern.replaceAll(VARIABLE, ""))) {
    refuse(
      path,
      `${JSON.stringify(pattern)} has a brace that is none of ${all}`,
      "as in layer{stage+1}.{index}",
    );
    return;
  }
  const apart = blocks.find(({ stage }) => stage === undefined);
  const word = words.find((each) => OF_STAGES.includes(each));
  if (apart !== undefined && word !== undefined) refuse(path, `${key} is in no stage and has no {${word}}`);
}

/** Each layer of a block or gate that is spoken of has a name. */
function checkNamed(
  { blocks, gates }: WeightNames,
  parts: NetworkParts,
  isNamed: (part: Part) => boolean,
  refuse: Refuse,
): void {
  const hint = 'name them, or write "": "" for all others to keep ecagen\'s names below this one';
  const said = (layers: readonly string[]): string => [...new Set(layers)].join(", ");
  for (const key of Object.keys(blocks)) {
    const unnamed = partsOf(blocksOf(key, parts), parts).filter((part) => !isNamed(part));
    const lacks = (kind: string): readonly string[] =>
      unnamed.flatMap(({ gate }) =>
        gate?.type === kind && !covers(gates[gate.type as keyof typeof gates], gate.layer)
          ? [gate.layer]
          : [],
      );
    const kinds = Object.keys(gates).filter((kind) => lacks(kind).length > 0);
    for (const kind of kinds)
      refuse(["gates", kind], `${kind} has layers without a name: ${said(lacks(kind))}`, hint);
    const own = unnamed.filter(({ gate }) => gate === undefined || !kinds.includes(gate.type));
    if (own.length === 0) continue;
    const layers = said(own.map(({ layer }) => layer));
    refuse(["blocks", key, "layers"], `${key} has layers without a name: ${layers}`, hint);
  }
}

/** Whether names have one for a layer. */
function covers(names: Readonly<Record<string, string>> | undefined, layer: string): boolean {
  return Object.keys(names ?? {}).some((key) => key === "" || below(layer, key) !== undefined);
}

/** No two weights have one name. */
function checkDistinct(
  { blocks }: WeightNames,
  { graph, byBlock }: NetworkParts,
  nameOf: (part: Part) => string | undefined,
  refuse: Refuse,
): void {
  const first = new Map<string, Part>();
  for (const part of graph.blocks.flatMap((block) => byBlock.get(block) ?? [])) {
    const name = nameOf(part);
    if (name === undefined) continue;
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, part);
      continue;
    }
    const keys = [part.block, other.block].flatMap(({ scope, type }) =>
      [dotted(scope), type].filter((key) => key in blocks).slice(0, 1),
    );
    const [key] = keys;
    const path: JsonPath = key === undefined ? ["blocks"] : ["blocks", key];
    const apart = part.block !== other.block && keys[0] === keys[1];
    refuse(
      apart ? [...path, "at"] : path,
      `${other.parameter.name} and ${part.parameter.name} are both called ${JSON.stringify(name)}`,
      apart ? "{stage} and {index}, or {nth}, tell blocks apart" : undefined,
    );
    return;
  }
}

/** The words that blocks with weights go by. */
function blockWords({ graph, byBlock }: NetworkParts): readonly string[] {
  const blocks = graph.blocks.filter((block) => byBlock.has(block));
  return [...new Set(blocks.map(({ scope, type, stage }) => (stage === undefined ? dotted(scope) : type)))];
}

/** The nearest of some words, or those that there are. */
function oneOf(word: string, words: readonly string[]): string {
  const all = [...new Set(words)];
  return (
    didYouMean(word, all) ?? `there are ${all.slice(0, SHOWN).join(", ")}${all.length > SHOWN ? " …" : ""}`
  );
}

const SHOWN = 12;
