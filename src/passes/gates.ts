import * as z from "zod";
import { InputError } from "../base/diagnostic.js";
import type { AttentionSite } from "../ir/attention/module.js";
import { attentionObject } from "../ir/attention/options.js";
import {
  ATTENTION_TYPES,
  type AttentionOptions,
  type AttentionType,
  attentionTypeOf,
} from "../ir/attention/registry.js";
import { blockAt, type Graph, type Op, type Value } from "../ir/graph.js";
import { featureMap } from "../ir/types.js";
import { scopePattern } from "./scope-pattern.js";

/** A kind of attention, or `any` of them. */
export const gateKind = z.enum(["any", ...ATTENTION_TYPES]);

/** Which gates a pass is about. Everything given must hold. */
export const gateSelector = z.strictObject({
  stages: z.array(z.int().min(0)).min(1).optional().describe("Indexes of stages, the first is 0."),
  blocks: z.array(z.int().min(0)).min(1).optional().describe("Indexes of blocks in their stage, from 0."),
  path: z
    .string()
    .min(1)
    .optional()
    .describe("Scopes as a pattern: * is a part of one name, ** any depth, as in /stages/2/**."),
});

export type GateSelector = z.output<typeof gateSelector>;

const gateObject = attentionObject({});

/** `TYPE` or `{ type, ...options }` of any attention module. */
export const gateOptions: z.ZodType<AttentionOptions> = z
  .union([
    z
      .enum(ATTENTION_TYPES)
      .transform((type): unknown => ({ type }))
      .pipe(gateObject),
    gateObject,
  ])
  .describe("The kind of attention: its type, or its type and options.");

/** An attention gate of a graph, and where it stands. */
export interface Gate {
  readonly type: AttentionType;
  readonly op: Op;
  readonly site: AttentionSite;
}

/**
 * The gates of a kind at the selected places, by the value that is their result. A kind or selector that
 * matches nothing is the user's mistake: an `InputError` that lists the gates there are. A graph without
 * gates has none of `any`, which is no mistake.
 */
export function selectGates(
  graph: Graph,
  pass: string,
  kind: AttentionType | "any",
  at: GateSelector | undefined,
): ReadonlyMap<Value, Gate> {
  const all = gatesOf(graph);
  const matchesPath = at?.path === undefined ? () => true : scopePattern(at.path);
  const selected = all.filter(({ type, op }) => {
    const block = blockAt(graph, op.loc.scope);
    return (
      (kind === "any" || type === kind) &&
      (at?.stages === undefined || at.stages.some((stage) => stage === block?.stage)) &&
      (at?.blocks === undefined || at.blocks.some((index) => index === block?.index)) &&
      matchesPath(op.loc.scope)
    );
  });
  if (selected.length === 0 && (kind !== "any" || at !== undefined)) {
    const what = kind === "any" ? "gate" : `gate of the kind "${kind}"`;
    throw InputError.of("pass/no-gate", `${pass}: no ${what}${at === undefined ? "" : " where `at` says"}`, {
      hint: describeGates(all),
    });
  }
  return new Map(selected.flatMap((gate) => gate.op.results.map((result) => [result, gate] as const)));
}

function gatesOf(graph: Graph): readonly Gate[] {
  return graph.ops.flatMap((op) => {
    const type = attentionTypeOf(op.kind);
    return type === undefined ? [] : [{ type, op, site: siteOf(graph, op) }];
  });
}

/** Outside of all blocks, as in a file of someone else's, the gated channels stand for the block's. */
function siteOf(graph: Graph, op: Op): AttentionSite {
  const [, channels, height, width] = featureMap(op.operands[0]?.type, "x");
  const block = blockAt(graph, op.loc.scope);
  return {
    channels,
    blockInputChannels: block?.inputChannels ?? channels,
    map: [height, width],
    stage: block?.stage,
    initialization: block?.initialization,
  };
}

/** At most this many gates are named in a hint. */
const NAMED_GATES = 8;

function describeGates(gates: readonly Gate[]): string {
  if (gates.length === 0) return "the network has no attention gate";
  const named = gates.slice(0, NAMED_GATES).map(({ type, op }) => `${type} at ${op.loc.scope}`);
  const rest = gates.length - named.length;
  return `there are: ${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
