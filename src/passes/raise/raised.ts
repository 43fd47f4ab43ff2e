import type * as z from "zod";
import { type AttentionType, attentionModules } from "../../ir/attention/modules.js";
import type { Op, Value } from "../../ir/graph.js";
import type { AttributesInput } from "../../ir/ops/registry.js";
import type { RaisedParameter } from "./weights.js";

/** What ops turn out to be: an attention module of one kind, without the map that it gates. */
export type RaisedModule = { [T in AttentionType]: RaisedModuleOf<T> }[AttentionType];

export interface RaisedModuleOf<T extends AttentionType> {
  readonly kind: T;
  readonly attributes: AttributesInput<`attention.${T}`>;
  /** The op's operands after the map, in order. */
  readonly parameters: readonly RaisedParameter[];
  /** The module's options as a spec would write them, without those that have their default. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A module where it was found: the last of its ops makes its result. */
export interface FoundModule {
  readonly module: RaisedModule;
  /** The gated map. */
  readonly x: Value;
  readonly last: Op;
  /** All ops of the module, in any order. */
  readonly ops: readonly Op[];
}

/** Options as a spec would write them: those that differ from the module's defaults. */
export function written(
  kind: AttentionType,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const fields: Readonly<Record<string, z.ZodType>> = attentionModules[kind].options.shape;
  const isDefault = (key: string, value: unknown): boolean =>
    fields[key]?.safeParse(undefined).data === value;
  return Object.fromEntries(Object.entries(options).filter(([key, value]) => !isDefault(key, value)));
}
