import type { AttentionType } from "../../ir/attention/registry.js";
import { lowerEca } from "./eca.js";
import type { AttentionLowering } from "./lowering.js";
import { lowerSe } from "./se.js";

/** The lowering of every attention type; a type without one is a compile error. */
export const attentionLowerings: { readonly [T in AttentionType]: AttentionLowering<T> } = {
  se: lowerSe,
  eca: lowerEca,
};
