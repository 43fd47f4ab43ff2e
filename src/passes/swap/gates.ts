import * as z from "zod";
import { InputError } from "../../base/diagnostic.js";
import { once } from "../../base/late.js";
import { scopePattern } from "../../base/wildcard.js";
import type { AttentionSite } from "../../ir/attention/module.js";
import {
  ATTENTION_TYPES,
  type AttentionOptions,
  type AttentionType,
  attentionTypeOf,
} from "../../ir/attention/modules.js";
import { attentionObject } from "../../ir/attention/options.js";
import { blockAt, type Graph, type Op, type Value } from "../../ir/graph.js";
import { gatedChannels } from "../../ir/types.js";
import type { Unmatched } from "../engine/pass.js";

/** A kind of attention, or `any` of them. */
export const gateKind = once(() => z.enum(["any", ...ATTENTION_TYPES]));

export type GateKind = z.output<ReturnType<typeof gateKind>>;

/** Which gates a pass is about. Everything given must hold. */
export const gateSelector = once(() =>
  z.strictObject({
    stages: z.array(z.int().min(0)).min(1).optional().describe("Indexes of stages, from 0."),
    blocks: z.array(z.int().min(0)).min(1).optional().describe("Indexes of blocks in their stage, from 0."),
    path: z
      .string()
      .min(1)
      .optional()
      .describe("Pattern of scopes: * matches part of one name, ** any depth, as in /stages/2/**."),
  }),
);

export type GateSelector = z.output<ReturnType<typeof gateSelector>>;

/** `TYPE` or `{ type, ...options }` of any attention module. */
export const gateOptions = once((): z.ZodType<AttentionOptions> => {
  const gateObject = attentionObject({});
  const word = z.enum(ATTENTION_TYPES).transform((type): unknown => ({ type }));
  return z
    .union([word.pipe(gateObject), gateObject])
    .describe("Kind of attention: its type, or its type and options.");
});

/** An attention gate of a graph, and where it stands. */
export interface SitedGate {
  readonly type: AttentionType;
  readonly op: Op;
  readonly site: AttentionSite;
}

/** Which gates a pass was asked for. Left out, all of them. */
export interface GateQuery {
  readonly kind: GateKind | undefined;
  readonly at: GateSelector | undefined;
}

/**
 * The gates of a kind that are selected, by the value that is their result. A kind or selector that
 * matches nothing is the user's mistake: an `InputError` that lists the gates there are. So is a pass that comes after
 * the gates were lowered. A graph without gates has none where neither kind nor selector is given, which is no mistake
 * (`unmatchedGates` has a warning).
 */
export function selectGates(graph: Graph, pass: string, query: GateQuery): ReadonlyMap<Value, SitedGate> {
  const all = gatesOf(graph);
  const selected = matching(graph, all, query);
  if (selected.length > 0) {
    return new Map(selected.flatMap((gate) => gate.op.results.map((result) => [result, gate] as const)));
  }
  const { kind = "any", at } = query;
  if (wereLowered(graph)) {
    throw InputError.of(
      "pass/lowered",
      `${pass}: no gate is left, because lower-attention before it took the gates apart`,
      { hint: `put ${pass} before lower-attention` },
    );
  }
  if (query.kind !== undefined || at !== undefined) {
    const what = kind === "any" ? "gate" : `gate of the kind "${kind}"`;
    throw InputError.of("pass/no-gate", `${pass}: no ${what}${at === undefined ? "" : " where `at` says"}`, {
      hint: describeGates(all),
    });
  }
  return new Map();
}

/** What a query asks for that is not there, although something of it may be. */
export function unmatchedGates(graph: Graph, query: GateQuery): readonly Unmatched[] {
  const all = gatesOf(graph);
  if (all.length === 0) return [{ message: "the network has no attention gate" }];
  const selected = matching(graph, all, query);
  const hint = describeGates(all);
  const missing = (what: "stage" | "block", of: GateSelector["stages"], key: "stage" | "index") =>
    (of ?? [])
      .filter((each) => !selected.some(({ op }) => blockAt(graph, op.loc.scope)?.[key] === each))
      .map((each) => ({ message: `\`at\` names ${what} ${each}, where no such gate is`, hint }));
  return [
    ...missing("stage", query.at?.stages, "stage"),
    ...missing("block", query.at?.blocks, "index"),
    ...(wereLowered(graph)
      ? [
          {
            message: "some gates stay, because lower-attention before it took them apart",
            hint: "put it before lower-attention",
          },
        ]
      : []),
  ];
}

/** Whether gates were taken apart before: the product that is left of each says what made it. */
function wereLowered({ ops }: Graph): boolean {
  return ops.some(({ loc }) => loc.pass === "lower-attention");
}

function matching(
  graph: Graph,
  all: readonly SitedGate[],
  { kind = "any", at }: GateQuery,
): readonly SitedGate[] {
  const matchesPath = at?.path === undefined ? () => true : scopePattern(at.path);
  return all.filter(({ type, op }) => {
    const block = blockAt(graph, op.loc.scope);
    return (
      (kind === "any" || type === kind) &&
      (at?.stages === undefined || at.stages.some((stage) => stage === block?.stage)) &&
      (at?.blocks === undefined || at.blocks.some((index) => index === block?.index)) &&
      matchesPath(op.loc.scope)
    );
  });
}

function gatesOf(graph: Graph): readonly SitedGate[] {
  return graph.ops.flatMap((op) => {
    const type = attentionTypeOf(op.kind);
    const [x] = op.operands;
    return type === undefined || x === undefined ? [] : [{ type, op, site: siteAt(graph, x, op.loc.scope) }];
  });
}

/**
 * What a gate on x is relative to, at a scope. Outside of all blocks, as in a file of someone else's, the gated channels stand for
 * the block's.
 */
export function siteAt(graph: Graph, { type }: Value, scope: string): AttentionSite {
  const [, channels] = gatedChannels(type, "x");
  const [, , height, width] = type.dims;
  const block = blockAt(graph, scope);
  return {
    channels,
    blockInputChannels: block?.inputChannels ?? channels,
    map: typeof height === "number" && typeof width === "number" ? [height, width] : undefined,
    stage: block?.stage,
    initialization: block?.initialization,
  };
}

/** At most this many gates are named in a hint. */
const NAMED_GATES = 8;

function describeGates(gates: readonly SitedGate[]): string {
  if (gates.length === 0) return "the network has no attention gate";
  const named = gates.slice(0, NAMED_GATES).map(({ type, op }) => `${type} at ${op.loc.scope}`);
  const rest = gates.length - named.length;
  return `there are: ${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
