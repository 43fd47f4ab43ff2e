import type { AttentionType, SelectionType } from "../../../ir/attention/registry.js";
import { lowerA2 } from "./a2.js";
import { lowerAa } from "./aa.js";
import { lowerBam } from "./bam.js";
import { lowerCbam } from "./cbam.js";
import { lowerCoord } from "./coord.js";
import { lowerEca } from "./eca.js";
import { lowerEcaNs } from "./eca-ns.js";
import { lowerEcam } from "./ecam.js";
import { lowerGc } from "./gc.js";
import { lowerGe } from "./ge.js";
import { lowerGsop } from "./gsop.js";
import { lowerLinearGate } from "./linear-gate.js";
import type { AttentionLowering } from "./lowering.js";
import { lowerNl } from "./nl.js";
import { lowerSam } from "./sam.js";
import { lowerScse } from "./scse.js";
import { lowerSe } from "./se.js";
import { lowerSeVar1 } from "./se-var1.js";
import { lowerSeVar2 } from "./se-var2.js";
import { lowerSk } from "./sk.js";

/** The lowering of every attention type; a type without one is a compile error. */
export const attentionLowerings: { readonly [T in AttentionType | SelectionType]: AttentionLowering<T> } = {
  se: lowerSe,
  eca: lowerEca,
  ecam: lowerEcam,
  ese: lowerLinearGate,
  "se-var1": lowerSeVar1,
  "se-var2": lowerSeVar2,
  "se-var3": lowerLinearGate,
  "se-gc": lowerLinearGate,
  "eca-ns": lowerEcaNs,
  cbam: lowerCbam,
  sam: lowerSam,
  bam: lowerBam,
  gc: lowerGc,
  ge: lowerGe,
  nl: lowerNl,
  a2: lowerA2,
  aa: lowerAa,
  gsop: lowerGsop,
  coord: lowerCoord,
  scse: lowerScse,
  sk: lowerSk,
};
