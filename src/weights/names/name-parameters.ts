import { attentionKindOf } from "../../ir/attention/modules.js";
import { type Block, blockAt, type Graph, type Op, type Parameter } from "../../ir/graph.js";
import { concreteDims } from "../../ir/types.js";
import { type BlockNumbers, fillPattern, type Numbering, stageBlocks } from "./block-numbers.js";
import type { BlockNames, GateNames, LayerName, LayerNames, Naming, NetworkCondition } from "./name-map.js";

/** What a framework calls a parameter, and the sizes that it stores it with. */
export interface TensorName {
  readonly name: string;
  readonly dims: readonly number[];
}

/** A network's parameters cut into the pieces of their names: once for all the names that are tried on them. */
export interface NetworkParts {
  readonly graph: Graph;
  /** The parameters that a file of weights has, in the order of the graph. */
  readonly parameters: readonly Parameter[];
  readonly byBlock: ReadonlyMap<Block, readonly Part[]>;
}

export function networkParts(graph: Graph): NetworkParts {
  const parameters = new Set<Parameter>();
  const byBlock = new Map<Block, Part[]>();
  for (const op of graph.ops) {
    for (const operand of op.operands) {
      if (operand.kind !== "parameter" || operand.role === "fixed" || parameters.has(operand)) continue;
      parameters.add(operand);
      const part = partOf(graph, operand, op);
      if (part === undefined) continue;
      const own = byBlock.get(part.block);
      if (own === undefined) byBlock.set(part.block, [part]);
      else own.push(part);
    }
  }
  return { graph, parameters: [...parameters], byBlock };
}

/**
 * The names of a network's parameters under a naming. A parameter that the naming has no name for is left out: a gate
 * that the framework doesn't have, a block of another family.
 */
export function nameParameters(
  { graph, byBlock }: NetworkParts,
  naming: Naming,
  numbering: Numbering,
): ReadonlyMap<Parameter, TensorName> {
  const inStages = stageBlocks(graph);
  const stages = new Set(numbering.map(([stage]) => stage)).size;
  const names = new Map<Parameter, TensorName>();
  for (const [block, parts] of byBlock) {
    const row = naming.blocks.find((each) => fitsBlock(each, block, parts));
    if (row === undefined) continue;
    const nth = inStages.indexOf(block);
    const [stage, index] = numbering[nth] ?? [];
    const numbers: BlockNumbers = {
      scope: dotted(block.scope),
      stages,
      blocks: inStages.length,
      ...(stage === undefined || index === undefined ? {} : { stage, index, nth }),
    };
    for (const [parameter, name] of nameBlock(parts, row, naming, numbers)) names.set(parameter, name);
  }
  return names;
}

/** A parameter, cut into the pieces of its name. */
export interface Part {
  readonly parameter: Parameter;
  readonly block: Block;
  /** The layer below the block, `expand.conv`; of a gate its path, `attention`. */
  readonly layer: string;
  /** Below the gate's path; undefined outside of gates. */
  readonly gate?: { readonly type: string; readonly op: Op; readonly layer: string } | undefined;
  /** The last word: `weight`. */
  readonly leaf: string;
}

function partOf(graph: Graph, parameter: Parameter, op: Op): Part | undefined {
  const block = blockAt(graph, op.loc.scope);
  const path = block && below(parameter.name, dotted(block.scope));
  if (block === undefined || path === undefined) return undefined;
  const cut = path.lastIndexOf(".");
  const leaf = path.slice(cut + 1);
  const layer = path.slice(0, Math.max(0, cut));
  const type = attentionKindOf(op.kind);
  const gatePath = op.loc.scope.slice(block.scope.length + 1).replaceAll("/", ".");
  const inGate = type === undefined ? undefined : below(layer, gatePath);
  return type === undefined || inGate === undefined
    ? { parameter, block, layer, leaf }
    : { parameter, block, layer: gatePath, gate: { type, op, layer: inGate }, leaf };
}

function fitsBlock(
  { of, scope, with: needed, without }: BlockNames,
  block: Block,
  parts: readonly Part[],
): boolean {
  const has = (layer: string): boolean => parts.some((part) => below(part.layer, layer) !== undefined);
  return (
    (of === undefined || of.includes(block.type)) &&
    (scope === undefined || scope === dotted(block.scope)) &&
    (needed === undefined || has(needed)) &&
    (without === undefined || !has(without))
  );
}

function* nameBlock(
  parts: readonly Part[],
  { at, layers }: BlockNames,
  { gates, own: ofSpec = false }: Pick<Naming, "gates" | "own">,
  numbers: BlockNumbers,
): Iterable<readonly [Parameter, TensorName]> {
  const base = fillPattern(at, numbers);
  if (base === undefined) return;
  const elements = layers.map((element) => parts.filter(({ layer }) => look(element, layer) !== undefined));
  let number = 0;
  for (const [i, element] of layers.entries()) {
    const own = elements[i] ?? [];
    for (const part of own) {
      const found = look(element, part.layer);
      if (found === undefined) continue;
      const fitting = !ofSpec && isOfSeveral(part) ? gates.filter(({ ofSeveral }) => ofSeveral) : gates;
      const below = part.gate === undefined ? { name: "", linear: false } : lookGate(fitting, part.gate);
      const pattern = below && join(found.name, below.name);
      const name =
        pattern === undefined ? undefined : fillPattern(pattern.replaceAll("#", `${number}`), numbers);
      if (name === undefined) continue;
      const dims = concreteDims(part.parameter.type.dims);
      const linear = found.linear || below?.linear === true;
      yield [
        part.parameter,
        {
          name: join(join(base, name), part.leaf),
          dims: linear && part.leaf === "weight" ? dims.slice(0, 2) : dims,
        },
      ];
    }
    if (own.length > 0) number++;
  }
}

/** Whether a part is of a gate among several of its block. */
function isOfSeveral({ gate, layer }: Part): boolean {
  return gate !== undefined && /(^|\.)attention\.\d+$/.test(layer);
}

interface FoundName {
  readonly name: string;
  readonly linear: boolean;
}

function lookGate(
  gates: readonly GateNames[],
  { type, op, layer }: NonNullable<Part["gate"]>,
): FoundName | undefined {
  const attributes: Readonly<Record<string, unknown>> = op.attributes;
  const row = gates.find(
    ({ of, when = {} }) =>
      (of === undefined || of === type) &&
      Object.entries(when).every(([key, value]) => attributes[key] === value),
  );
  return row && look(row.layers, layer);
}

/** The name of a layer: its own, or the longest one's that holds it and what follows. */
function look(names: LayerNames, layer: string): FoundName | undefined {
  for (
    let end = layer.length;
    end >= 0;
    end = end === 0 ? -1 : Math.max(0, layer.lastIndexOf(".", end - 1))
  ) {
    const key = layer.slice(0, end);
    if (!Object.hasOwn(names, key)) continue;
    const { name, linear } = asObject(names[key] as LayerName);
    return { name: join(name, end === 0 ? layer : layer.slice(end + 1)), linear };
  }
  return undefined;
}

function asObject(name: LayerName): FoundName {
  return typeof name === "string" ? { name, linear: false } : name;
}

/** What follows a path, "" for the path itself; undefined for what is not below it. */
export function below(name: string, path: string): string | undefined {
  if (name === path) return "";
  return path === "" ? name : name.startsWith(`${path}.`) ? name.slice(path.length + 1) : undefined;
}

function join(a: string, b: string): string {
  return a === "" || b === "" ? `${a}${b}` : `${a}.${b}`;
}

export function dotted(scope: string): string {
  return scope.slice(1).replaceAll("/", ".");
}

/** Whether a network has what a condition asks for: paths below its blocks, `attention` or `head/norm`. */
export function meetsCondition(graph: Graph, { with: needed = [], without = [] }: NetworkCondition): boolean {
  const has = (path: string): boolean => graph.ops.some(({ loc }) => loc.scope.endsWith(`/${path}`));
  return needed.every(has) && !without.some(has);
}
