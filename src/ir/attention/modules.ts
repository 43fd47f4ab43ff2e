import type * as z from "zod";
import { a2 } from "./a2/module.js";
import { aa } from "./aa/module.js";
import { bam } from "./bam/module.js";
import { cbam } from "./cbam/module.js";
import { coord } from "./coord/module.js";
import { eca } from "./eca/module.js";
import { ecaNs } from "./eca-ns/module.js";
import { ecam } from "./ecam/module.js";
import { ese } from "./ese/module.js";
import { gc } from "./gc/module.js";
import { ge } from "./ge/module.js";
import { gsop } from "./gsop/module.js";
import type { AttentionModule } from "./module.js";
import { nl } from "./nl/module.js";
import { sam } from "./sam/module.js";
import { scse } from "./scse/module.js";
import { se } from "./se/module.js";
import { seGc } from "./se-gc/module.js";
import { seVar1 } from "./se-var1/module.js";
import { seVar2 } from "./se-var2/module.js";
import { seVar3 } from "./se-var3/module.js";
import { sk } from "./sk/module.js";

/**
 * Every kind of gate: its result is as large as what it gates, so one can replace another. A new one is its file
 * and a line here; the compiler names the files that it is missing from.
 */
export const attentionModules = {
  se,
  eca,
  ecam,
  ese,
  "se-var1": seVar1,
  "se-var2": seVar2,
  "se-var3": seVar3,
  "se-gc": seGc,
  "eca-ns": ecaNs,
  cbam,
  sam,
  bam,
  gc,
  ge,
  nl,
  a2,
  aa,
  gsop,
  coord,
  scse,
} as const;

/** Every kind of selection: attention that makes one map of several, which its operand has one after the other. */
export const selectionModules = { sk } as const;

export type AttentionType = keyof typeof attentionModules;
export type SelectionType = keyof typeof selectionModules;
/** A kind of attention: gate or selection. */
export type AttentionKind = AttentionType | SelectionType;

const allModules = { ...attentionModules, ...selectionModules } as const;

export const SELECTION_TYPES = Object.keys(selectionModules) as [SelectionType, ...SelectionType[]];

/** `{ type, ...options }` of a selection, every default filled in. */
export type SelectionOptions = {
  [K in SelectionType]: { readonly type: K } & OptionsOf<(typeof selectionModules)[K]["options"]>;
}[SelectionType];

/** The module of a gate or a selection. */
export function moduleOf(type: AttentionKind): AttentionModule {
  return allModules[type];
}

export const ATTENTION_TYPES = Object.keys(attentionModules) as [AttentionType, ...AttentionType[]];

/** `{ type, ...options }` of one kind, every default filled in. */
export type AttentionOptions<T extends AttentionType = AttentionType> = {
  [K in T]: { readonly type: K } & OptionsOf<(typeof attentionModules)[K]["options"]>;
}[T];

/** zod says of an object without keys that no key has a value, which would forbid `type` as well. */
type OptionsOf<O extends z.ZodObject> =
  z.output<O> extends Record<string, never> ? unknown : Readonly<z.output<O>>;

/** The kind of attention that an op is, gate or selection; undefined for every other op. */
export function attentionKindOf(kind: string): AttentionKind | undefined {
  const type = kind.startsWith("attention.") ? kind.slice("attention.".length) : "";
  return Object.hasOwn(allModules, type) ? (type as AttentionKind) : undefined;
}

/** The kind of gate that an op is, or undefined for every other op. */
export function attentionTypeOf(kind: string): AttentionType | undefined {
  return ATTENTION_TYPES.find((type) => kind === `attention.${type}`);
}
