import { attentionTypeOf } from "../../ir/attention/modules.js";
import type { PassEvent } from "../engine/manager.js";
import { type InsertedGate, insertAttention, insertGates } from "./insert-attention.js";

/** A gate that a pass put in, and where the factor went that makes it the identity. */
export interface Insertion {
  /** Its scope. */
  readonly at: string;
  readonly kind: string;
  /** Channels of the gated map. */
  readonly channels: number;
  /** The factor that cancels the gate's initial value; 1 if there is nothing to cancel. */
  readonly scale: number;
  /** The parameters that were multiplied by it; none if it is a product after the gate. */
  readonly scaleIn: readonly string[];
  /** Why it is a product. */
  readonly reason?: string;
}

/** What passes have put in so far, after one more. */
export function insertedAfter(sofar: readonly Insertion[], event: PassEvent): readonly Insertion[] {
  if (event.name !== insertAttention.name) return sofar;
  const { gates } = insertGates(event.before, insertAttention.options.parse(event.options));
  return [...sofar, ...gates.map(insertion)];
}

function insertion({ op, scale, place }: InsertedGate): Insertion {
  return {
    at: op.loc.scope,
    kind: attentionTypeOf(op.kind) ?? op.kind,
    channels: Number(op.operands[0]?.type.dims[1]),
    scale,
    scaleIn:
      place !== undefined && "parameters" in place
        ? place.parameters.map(({ parameter }) => parameter.name)
        : [],
    ...(place !== undefined && "reason" in place ? { reason: place.reason } : {}),
  };
}
