import { lowerA2 } from "./a2/lowering.js";
import { lowerAa } from "./aa/lowering.js";
import { lowerBam } from "./bam/lowering.js";
import { lowerCbam } from "./cbam/lowering.js";
import { lowerCoord } from "./coord/lowering.js";
import { lowerEca } from "./eca/lowering.js";
import { lowerEcaNs } from "./eca-ns/lowering.js";
import { lowerEcam } from "./ecam/lowering.js";
import { lowerGc } from "./gc/lowering.js";
import { lowerGe } from "./ge/lowering.js";
import { lowerGsop } from "./gsop/lowering.js";
import { lowerLinearGate } from "./lowering/linear-gate.js";
import type { AttentionLowering } from "./lowering/lowering.js";
import type { AttentionType, SelectionType } from "./modules.js";
import { lowerNl } from "./nl/lowering.js";
import { lowerSam } from "./sam/lowering.js";
import { lowerScse } from "./scse/lowering.js";
import { lowerSe } from "./se/lowering.js";
import { lowerSeVar1 } from "./se-var1/lowering.js";
import { lowerSeVar2 } from "./se-var2/lowering.js";
import { lowerSk } from "./sk/lowering.js";

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
