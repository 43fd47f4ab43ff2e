import * as z from "zod";
import { InputError } from "../../base/diagnostic.js";
import { once } from "../../base/late.js";
import { scopePattern } from "../../base/wildcard.js";
import { attentionTypeOf } from "../../ir/attention/modules.js";
import { type Block, blockAt, type Graph, type Op, sharedPlace, type Value } from "../../ir/graph.js";
import { insertedPlace, insertedScale } from "../../ir/inserted.js";
import type { Unmatched } from "../engine/pass.js";
import { Dataflow } from "../raise/dataflow.js";
import { raiseActivation } from "../raise/raise-activation.js";
import { raiseAttention } from "../raise/raise-attention.js";
import { convForm, type InsertionLayer, layersOf, mapsOf } from "./layers.js";

const AFTER = {
  depthwise: "each depthwise convolution",
  pointwise: "each convolution of 1×1",
  spatial: "each other convolution",
  layer: "every layer",
} as const;

const POSITIONS = {
  spatial: "after the spatial convolution, before the layers that project to the block's output channels",
  standard: "at the end of the branch, before the sum; in a block without one at its end",
  post: "after the sum and its activation",
} as const;

const words = <T extends string>(table: Readonly<Record<T, string>>): [T, ...T[]] =>
  Object.keys(table) as [T, ...T[]];

/** Where gates are put in. Everything given must hold. */
export const siteSelector = once(() => {
  const indexes = z.array(z.int().min(0)).min(1);
  return z.strictObject({
    after: z
      .enum(words(AFTER))
      .optional()
      .describe(
        "Kind of layer to insert after, including its normalisation and activation: depthwise, pointwise or spatial convolutions, or every layer.",
      ),
    position: z
      .enum(words(POSITIONS))
      .optional()
      .describe(
        "Position in the blocks, as in specs: spatial, after the spatial convolution; standard, at the branch's end before the sum; post, after the sum and its activation. Default without `after` and `path`: spatial in blocks with a depthwise convolution, else standard.",
      ),
    stages: indexes.optional().describe("Indexes of stages, from 0."),
    blocks: z
      .union([z.literal("residual"), indexes])
      .optional()
      .describe(
        "Indexes of blocks in their stage, from 0; or residual: the blocks with a sum, by default at the end of the branch.",
      ),
    path: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Pattern of layer names: * matches part of one name, ** any depth, as in /stages/2/**/depthwise/**.",
      ),
  });
});

export type SiteSelector = z.output<ReturnType<typeof siteSelector>>;

/** A value behind which a gate can stand. */
export interface Site {
  /** The op that makes the value, and the value, in a graph whose gates and activations are one op each. */
  readonly op: Op;
  readonly value: Value;
}

type Rule = { readonly after: keyof typeof AFTER } | { readonly position: keyof typeof POSITIONS | "usual" };

/**
 * The sites that a selector asks for, in the graph's order. Errors: `InputError` where there is none, with those that there
 * are.
 */
export function selectSites(graph: Graph, at: SiteSelector = {}): readonly Site[] {
  const read = readable(graph);
  const found = matching(read, at);
  if (found.length > 0) return found;
  throw InputError.of("pass/no-site", `insert-attention: no place for a gate${placesText(at)}`, {
    hint: describeSites(read),
  });
}

/** What a selector names that has no site, although others have. */
export function unmatchedSites(graph: Graph, at: SiteSelector = {}): readonly Unmatched[] {
  const read = readable(graph);
  const blocks = matching(read, at).map(({ op }) => blockAt(read, op.loc.scope));
  const missing = (what: "stage" | "block", of: readonly number[], key: "stage" | "index") =>
    of
      .filter((each) => !blocks.some((block) => block?.[key] === each))
      .map((each) => ({ message: `\`at\` names ${what} ${each}, where no such place is` }));
  return [
    ...missing("stage", at.stages ?? [], "stage"),
    ...missing("block", Array.isArray(at.blocks) ? at.blocks : [], "index"),
  ];
}

/** The graph with its gates and activations as one op each, under the names of what they compute. */
function readable(graph: Graph): Graph {
  return raiseActivation.run(raiseAttention(graph).graph, {});
}

function matching(graph: Graph, at: SiteSelector): readonly Site[] {
  const rule = ruleOf(at);
  const matchesPath = at.path === undefined ? undefined : scopePattern(at.path);
  const blocks = new Blocks(graph);
  const layersByEnd = new Map(blocks.layers.map((layer) => [layer.last, layer.ops]));
  const sites =
    "after" in rule
      ? blocks.layers
          .filter(({ form }) => rule.after === "layer" || form === rule.after)
          .map(({ last, end }) => ({ op: last, value: end }))
      : blocks.all.flatMap((block) => blocks.siteAt(block, rule.position) ?? []);
  const seen = new Set<Value>();
  return sites.filter(({ op, value }) => {
    const block = blockAt(graph, op.loc.scope);
    const ops = layersByEnd.get(op) ?? [op];
    const isChosen =
      !seen.has(value) &&
      sharedPlace(graph.blocks, op.loc.scope) === undefined &&
      (at.stages === undefined || at.stages.some((stage) => stage === block?.stage)) &&
      (!Array.isArray(at.blocks) || at.blocks.some((index) => index === block?.index)) &&
      (at.blocks !== "residual" || (block !== undefined && blocks.sumOf(block) !== undefined)) &&
      (matchesPath === undefined || ops.some(({ loc }) => matchesPath(loc.scope)));
    seen.add(value);
    return isChosen;
  });
}

function ruleOf({ after, position, blocks, path }: SiteSelector): Rule {
  if (after !== undefined && position !== undefined) {
    throw InputError.of("pass/no-site", "insert-attention: `after` and `position` can't both be given");
  }
  if (after !== undefined) return { after };
  if (position !== undefined) return { position };
  if (blocks === "residual") return { position: "standard" };
  return path === undefined ? { position: "usual" } : { after: "layer" };
}

/** The sum that ends a block, and the two maps that meet in it. */
interface BlockSum {
  readonly add: Op;
  /** What makes the end of the branch; a drop path is left out. */
  readonly branch: Op;
}

/** The blocks of a graph, with their layers and sums. */
class Blocks {
  readonly all: readonly Block[];
  readonly layers: readonly InsertionLayer[];
  readonly #flow: Dataflow;
  readonly #maps: ReadonlySet<Value>;
  readonly #opsOf = new Map<Block, Op[]>();

  constructor(graph: Graph) {
    this.#flow = new Dataflow(graph);
    this.#maps = mapsOf(graph);
    this.layers = layersOf(graph, this.#maps);
    for (const op of graph.ops) {
      const block = blockAt(graph, op.loc.scope);
      if (block === undefined) continue;
      const ops = this.#opsOf.get(block);
      if (ops === undefined) this.#opsOf.set(block, [op]);
      else ops.push(op);
    }
    this.all = graph.blocks.filter(({ stage }) => stage !== undefined);
  }

  /** The site of a block at a position; undefined where it has none. */
  siteAt(block: Block, position: keyof typeof POSITIONS | "usual"): Site | undefined {
    if (position === "spatial") return this.#spatial(block);
    if (position === "post") return this.#end(block);
    if (position === "usual" && this.#layersIn(block).some(({ form }) => form === "depthwise")) {
      return this.#spatial(block);
    }
    const sum = this.sumOf(block);
    return sum === undefined ? this.#end(block) : this.#siteAfter(sum.branch);
  }

  /** The last sum of two maps of a block; undefined without one, and where neither is more of a branch than the other. */
  sumOf(block: Block): BlockSum | undefined {
    const own = new Set(this.#opsOf.get(block));
    const add = [...own].findLast(
      ({ kind, operands }) => kind === "add" && operands.every((each) => this.#maps.has(each)),
    );
    const [a, b] = (add?.operands ?? []).map((value) => {
      const maker = this.#maker(value);
      return { maker, convs: this.#convsBehind(maker, own) };
    });
    if (add === undefined || a === undefined || b === undefined || a.convs === b.convs) return undefined;
    const { maker } = a.convs > b.convs ? a : b;
    return maker === undefined || !own.has(maker) ? undefined : { add, branch: maker };
  }

  #layersIn(block: Block): readonly InsertionLayer[] {
    const own = new Set(this.#opsOf.get(block));
    return this.layers.filter(({ last }) => own.has(last));
  }

  #spatial(block: Block): Site | undefined {
    const layers = this.#layersIn(block);
    const found =
      layers.findLast(({ form }) => form === "depthwise") ??
      layers.findLast(({ form, end }) => form === "spatial" && this.#isProjected(end));
    return found && this.#siteAfter(found.last);
  }

  /** Whether a convolution of 1×1 reads a map, or what a gate makes of it. */
  #isProjected(value: Value): boolean {
    return this.#flow
      .readers(value)
      .some(
        (op) =>
          convForm(op) === "pointwise" ||
          (attentionTypeOf(op.kind) !== undefined && op.results.some((result) => this.#isProjected(result))),
      );
  }

  /** The last map that others than the block read. */
  #end(block: Block): Site | undefined {
    const ops = this.#opsOf.get(block) ?? [];
    const own = new Set(ops);
    const last = ops.findLast(({ results }) =>
      results.some(
        (result) =>
          this.#maps.has(result) &&
          (this.#flow.isOutput(result) || this.#flow.readers(result).some((reader) => !own.has(reader))),
      ),
    );
    return last && this.#siteAfter(last);
  }

  /** The site behind an op; behind a gate that was put in before, the one behind its layer. */
  #siteAfter(op: Op): Site | undefined {
    const [value, ...others] = op.results;
    const isBehind = insertedPlace(op) !== undefined || insertedScale(op) !== undefined;
    const maker = isBehind && op.operands[0] ? this.#flow.producer(op.operands[0]) : undefined;
    if (maker !== undefined) return this.#siteAfter(maker);
    return value === undefined || others.length > 0 || !this.#maps.has(value) ? undefined : { op, value };
  }

  /** What makes a value, before what only training does to it. */
  #maker(value: Value): Op | undefined {
    const maker = this.#flow.producer(value);
    const [x] = maker?.operands ?? [];
    return x !== undefined && (maker?.kind === "drop_path" || maker?.kind === "dropout")
      ? this.#maker(x)
      : maker;
  }

  /** How many convolutions of a block an op depends on. */
  #convsBehind(op: Op | undefined, own: ReadonlySet<Op>): number {
    const seen = new Set<Op>();
    const open = op === undefined ? [] : [op];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next) || !own.has(next)) continue;
      seen.add(next);
      open.push(...next.operands.flatMap((value) => this.#flow.producer(value) ?? []));
    }
    return [...seen].filter((each) => convForm(each) !== undefined).length;
  }
}

function placesText(at: SiteSelector): string {
  return Object.values(at).every((value) => value === undefined) ? "" : " where `at` says";
}

/** Layers that a hint names. */
const NAMED = 6;

/** Which sites a graph has, by rule. */
function describeSites(graph: Graph): string {
  const { layers, all } = new Blocks(graph);
  if (layers.length === 0) return "the network has no convolution, normalisation or activation over a map";
  const forms = (["depthwise", "pointwise", "spatial"] as const).flatMap((form) => {
    const count = layers.filter((layer) => layer.form === form).length;
    return count === 0 ? [] : [`after=${form}: ${count}`];
  });
  const residual = matching(graph, { blocks: "residual" }).length;
  const stages = [...new Set(all.map(({ stage }) => stage))];
  const parts = [
    ...forms,
    `after=layer: ${layers.length}`,
    ...(residual === 0 ? [] : [`blocks=residual: ${residual}`]),
    ...(stages.length === 0 ? [] : [`stages: ${stages.join(", ")}`]),
  ];
  const names = layers.slice(0, NAMED).map(({ last }) => last.loc.scope);
  return `there are ${parts.join("; ")}; layers are ${names.join(", ")}${layers.length > NAMED ? " …" : ""}`;
}
