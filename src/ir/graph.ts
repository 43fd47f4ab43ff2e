import type { InitializationName } from "./initializers.js";
import type { AttributesOf, OpName } from "./ops/registry.js";
import type { DType, TensorType } from "./types.js";
import { type StoredNumbers, storedLeaves, type WeightExpr } from "./weight.js";

/** Where something in the graph comes from: shown in dumps, diffs, ONNX names and error messages. */
export interface Loc {
  /** The module that it belongs to, as a path: `/stages/2/blocks/0/attention`. */
  readonly scope: string;
  /** The place in the spec that asked for it, `$.stages[2]`. */
  readonly specPath?: string | undefined;
  /** The pass that made it; undefined for what the blocks built. */
  readonly pass?: string | undefined;
}

interface NamedValue {
  /** Unique among the graph's values of its kind. */
  readonly name: string;
  readonly type: TensorType;
}

/** A tensor that the user of the graph gives. */
export interface GraphInput extends NamedValue {
  readonly kind: "input";
}

/**
 * What a parameter is to training: `trainable` scalars are the ones that the field counts as parameters,
 * `buffer`s are the running statistics, `fixed` ones are constants that a lowering needed.
 */
export type ParameterRole = "trainable" | "buffer" | "fixed";

/** A tensor of numbers that the graph brings along; its data stays an expression until it is written. */
export interface Parameter extends NamedValue {
  readonly kind: "parameter";
  readonly role: ParameterRole;
  readonly data: WeightExpr;
}

/** What an op computes. */
export interface Result extends NamedValue {
  readonly kind: "result";
}

export type Value = GraphInput | Parameter | Result;

/** One operation. Frozen; edits go through `rewriteGraph`, which makes new ones. */
export interface OpOf<N extends OpName> {
  readonly kind: N;
  readonly operands: readonly Value[];
  readonly attributes: Readonly<AttributesOf<N>>;
  readonly results: readonly Result[];
  readonly loc: Loc;
}

/** Any operation; `kind` tells which, and so what its attributes are. */
export type Op = { [N in OpName]: OpOf<N> }[OpName];

/** A block of the network as its spec names it; the ops of its scope belong to it. */
export interface Block {
  readonly scope: string;
  /** The block's type: `inverted-residual`, `stem`, `head`. */
  readonly type: string;
  readonly specPath?: string | undefined;
  /** Channels that enter the block. */
  readonly inputChannels: number;
  /** The stage's index, from 0; undefined for stem and head. */
  readonly stage?: number | undefined;
  /** The block's index in its stage, from 0. */
  readonly index?: number | undefined;
  /** How its parameters start, where that is not the default: for gates that a pass adds. */
  readonly initialization?: InitializationName | undefined;
  /** What shares the parameters of its layers; left out, nothing does. */
  readonly shared?: Sharing | undefined;
}

/** Applications of the same layers, each in a scope of its own below the block's, as a head has them for its maps. */
export interface Sharing {
  /** What the applications are called. */
  readonly by: readonly string[];
  /** Whether each has batch normalisations of its own. */
  readonly ownNorms: boolean;
}

/**
 * A network in static single assignment form: every value has one definition, which stands before its uses.
 * Parameters belong to the ops that use them: one that no op uses is not part of the graph.
 */
export interface Graph {
  readonly name: string;
  readonly blocks: readonly Block[];
  readonly inputs: readonly GraphInput[];
  readonly ops: readonly Op[];
  readonly outputs: readonly Value[];
}

/** The graph's parameters in the order of their first use. */
export function parametersOf(graph: Graph): readonly Parameter[] {
  const found = new Set<Parameter>();
  for (const op of graph.ops) {
    for (const operand of op.operands) if (operand.kind === "parameter") found.add(operand);
  }
  for (const output of graph.outputs) if (output.kind === "parameter") found.add(output);
  return [...found];
}

/** The numbers behind the graph's stored weights, by label: what `parseGraph` needs beside the text form. */
export function storedDataOf(graph: Graph): ReadonlyMap<string, StoredNumbers> {
  return new Map(parametersOf(graph).flatMap(({ data }) => [...storedLeaves(data)]));
}

/** Whether anything in the graph is computed or stored in an element type. */
export function usesType(graph: Graph, dtype: DType): boolean {
  return graph.ops.some((op) => [...op.operands, ...op.results].some(({ type }) => type.dtype === dtype));
}

/** For each value, the ops that read it, in order. Outputs of the graph are not among them. */
export function usesOf(graph: Graph): ReadonlyMap<Value, readonly Op[]> {
  const uses = new Map<Value, Op[]>();
  for (const op of graph.ops) {
    for (const operand of op.operands) {
      const users = uses.get(operand);
      if (users === undefined) uses.set(operand, [op]);
      else if (users.at(-1) !== op) users.push(op);
    }
  }
  return uses;
}

/** For each result, the op that computes it. */
export function producersOf(graph: Graph): ReadonlyMap<Value, Op> {
  return new Map(graph.ops.flatMap((op) => op.results.map((result) => [result, op] as const)));
}

const blocksByScope = new WeakMap<readonly Block[], ReadonlyMap<string, Block>>();

/** The innermost block whose scope holds the given one; undefined outside of all blocks. */
export function blockAt({ blocks }: Graph, scope: string): Block | undefined {
  let byScope = blocksByScope.get(blocks);
  if (byScope === undefined) {
    byScope = new Map(blocks.map((block) => [block.scope, block]));
    blocksByScope.set(blocks, byScope);
  }
  for (let at = scope; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    const block = byScope.get(at);
    if (block !== undefined) return block;
  }
  return undefined;
}

/** A place in one of several applications of the same layers. */
export interface SharedPlace {
  /** What its parameters are named after: the place below the block, without the application. */
  readonly scope: string;
  readonly application: string;
  readonly ownNorms: boolean;
}

/** Where a scope is among applications that share parameters; undefined for all others. */
export function sharedPlace(blocks: readonly Block[], scope: string): SharedPlace | undefined {
  for (const { scope: block, shared } of sharingAmong(blocks)) {
    const [application = ""] = scope.startsWith(`${block}/`) ? scope.slice(block.length + 1).split("/") : [];
    if (shared?.by.includes(application) !== true) continue;
    const below = scope.slice(block.length + 1 + application.length);
    return { scope: `${block}${below}`, application, ownNorms: shared.ownNorms };
  }
  return undefined;
}

/** The blocks whose applications share parameters: few, or none. Those of a graph are looked for once, as they are asked about for each op. */
function sharingAmong(blocks: readonly Block[]): readonly Block[] {
  if (!Object.isFrozen(blocks)) return blocks.filter(({ shared }) => shared !== undefined);
  const found = sharingOf.get(blocks) ?? blocks.filter(({ shared }) => shared !== undefined);
  sharingOf.set(blocks, found);
  return found;
}

const sharingOf = new WeakMap<readonly Block[], readonly Block[]>();

/** The innermost of some scopes that holds a path: a scope itself, or a name below it. */
export function innermostScope(path: string, scopes: readonly string[]): string | undefined {
  let innermost: string | undefined;
  for (const scope of scopes) {
    const holds = path === scope || path.startsWith(`${scope}/`);
    if (holds && scope.length > (innermost?.length ?? -1)) innermost = scope;
  }
  return innermost;
}
