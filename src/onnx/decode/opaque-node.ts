import { freezeOp } from "../../ir/builder.js";
import type { Op, OpOf, Result, Value } from "../../ir/graph.js";
import type { HeldScalars, InnerBody } from "../../ir/ops/opaque.js";
import { type TensorType, tensorType } from "../../ir/types.js";
import type { DocumentNode } from "../file/document.js";
import { scopeOfNode } from "../file/names.js";
import type { WrittenAttributes } from "../types/written-attributes.js";

/** A node that no op of the IR can say. */
export interface ForeignNode {
  /** Its index among the nodes, from 0. */
  readonly node: number;
  /** Its name and operator, for messages. */
  readonly label: string;
  readonly operator: string;
  readonly domain: string;
  readonly reason: string;
  /** Whether no op is the operator at all. */
  readonly unknown: boolean;
  /** Whether the only reason is that it reads what another opaque op computes. */
  readonly hangs: boolean;
}

/** The opaque op of a node, whose results have the given names and types. */
export function opaqueOp(
  { message, index }: DocumentNode,
  operands: readonly Value[],
  names: readonly string[],
  types: readonly TensorType[],
  {
    multiplies,
    bodies,
    held,
    written,
  }: {
    readonly multiplies: boolean;
    readonly bodies: readonly InnerBody[];
    readonly held: HeldScalars;
    readonly written: WrittenAttributes;
  },
): OpOf<"opaque"> {
  const results = types.map(
    ({ dims, dtype, values }, i): Result =>
      Object.freeze({ kind: "result", name: names[i] ?? "", type: tensorType(dims, dtype, values) }),
  );
  const operator = message.opType ?? "";
  const recorded = types.map(({ dtype, dims }) => [dtype, ...dims]);
  const attributes = {
    operator,
    domain: message.domain ?? "",
    node: index,
    multiplies,
    bodies,
    held,
    written,
    values: types.some(({ values }) => values !== undefined) ? types.map(({ values }) => values ?? null) : [],
    types: recorded,
  };
  const scope = scopeOfNode(message.name || (names[0] ?? `${operator}_${index}`), operator);
  return freezeOp({
    kind: "opaque",
    operands,
    attributes,
    results,
    loc: { scope },
  } as unknown as Op) as OpOf<"opaque">;
}
