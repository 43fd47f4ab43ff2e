import { type Block, blockAt, type Graph } from "../../ir/graph.js";
import { featureMap } from "../../ir/types.js";

/** Where a block stands: what the patterns of names may say of it, as `{stage}` or `{stage+1}`. */
export interface BlockNumbers {
  /** The scope with dots. */
  readonly scope: string;
  /** Its stage, and its index in it, from 0; not in stem and head. */
  readonly stage?: number;
  readonly index?: number;
  /** Its index among the blocks of all stages. */
  readonly nth?: number;
  /** How many stages and blocks the network has. */
  readonly stages: number;
  readonly blocks: number;
}

/** A stage and an index in it for each block of the stages, in the order of the network. */
export type Numbering = readonly (readonly [stage: number, index: number])[];

/** The blocks of the stages, in the order of the network. */
export function stageBlocks(graph: Graph): readonly Block[] {
  return graph.blocks.filter(({ stage }) => stage !== undefined);
}

/** As the spec has it. */
export function specNumbering(graph: Graph): Numbering {
  return stageBlocks(graph).map(({ stage = 0, index = 0 }) => [stage, index]);
}

/**
 * As frameworks count: a stage is all that has the same size and width. A spec may need several entries for one such
 * stage, where its blocks differ otherwise, as in MobileNetV3.
 */
export function stagewiseNumbering(graph: Graph): Numbering {
  const outputs = blockOutputs(graph);
  const numbering: [number, number][] = [];
  let before: readonly [string, number] | undefined;
  for (const { scope, stage = 0 } of stageBlocks(graph)) {
    const size = outputs.get(scope) ?? "";
    const [last, index] = numbering.at(-1) ?? [-1, -1];
    const sameStage = before !== undefined && (before[1] === stage || before[0] === size);
    numbering.push(sameStage ? [last, index + 1] : [last + 1, 0]);
    before = [size, stage];
  }
  return numbering;
}

/** The channels, height and width that leave each block, by its scope. */
function blockOutputs(graph: Graph): ReadonlyMap<string, string> {
  const outputs = new Map<string, string>();
  for (const op of graph.ops) {
    const block = blockAt(graph, op.loc.scope);
    const type = op.results[0]?.type;
    if (block === undefined || type?.dims.length !== 4) continue;
    outputs.set(block.scope, featureMap(type, "output").slice(1).join());
  }
  return outputs;
}

/** Fills the `{...}` of a pattern; undefined where the numbers has no such number. */
export function fillPattern(pattern: string, numbers: BlockNumbers): string | undefined {
  let known = true;
  const text = pattern.replace(VARIABLE, (_, key: string, offset = "0") => {
    const value = numbers[key as keyof BlockNumbers];
    if (value === undefined) known = false;
    return typeof value === "number" ? String(value + Number(offset)) : String(value);
  });
  return known ? text : undefined;
}

const VARIABLE = /\{(\w+)(?:\+(\d+))?\}/g;

/** The numbering that names of a pattern have: undefined where they name no stages, or not as many blocks. */
export function numberingIn(names: Iterable<string>, pattern: string, blocks: number): Numbering | undefined {
  if (!pattern.includes("{stage") || !pattern.includes("{index")) return undefined;
  const offsets = [...pattern.matchAll(VARIABLE)].map(([, , offset = "0"]) => Number(offset));
  const source = pattern
    .split(VARIABLE)
    .filter((_, i) => i % 3 === 0)
    .map((text) => text.replaceAll(".", "\\."))
    .join("(\\d+)");
  const matcher = new RegExp(`^${source}\\.`);
  const found = new Map<string, readonly [number, number]>();
  for (const name of names) {
    const match = matcher.exec(name);
    if (match === null) continue;
    const [stage = 0, index = 0] = match.slice(1).map((digits, i) => Number(digits) - (offsets[i] ?? 0));
    found.set(`${stage}.${index}`, [stage, index]);
  }
  if (found.size !== blocks) return undefined;
  return [...found.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}
