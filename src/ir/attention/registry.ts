import type * as z from "zod";
import { eca } from "./eca.js";
import { se } from "./se.js";

/** Every kind of attention. A new one is its file and a line here; the compiler names the places it is missing from. */
export const attentionModules = { se, eca } as const;

export type AttentionType = keyof typeof attentionModules;

export const ATTENTION_TYPES = Object.keys(attentionModules) as [AttentionType, ...AttentionType[]];

/** `{ type, ...options }` of one kind, every default filled in. */
export type AttentionOptions<T extends AttentionType = AttentionType> = {
  [K in T]: { readonly type: K } & Readonly<z.output<(typeof attentionModules)[K]["options"]>>;
}[T];

/** The kind of attention that an op is, or undefined for every other op. */
export function attentionTypeOf(kind: string): AttentionType | undefined {
  return ATTENTION_TYPES.find((type) => kind === `attention.${type}`);
}
