import type { AttentionType, SelectionType } from "../../../ir/attention/registry.js";
import type { StressRule } from "../layers.js";
import { stressA2 } from "./a2.js";
import { stressAa } from "./aa.js";
import { stressBam } from "./bam.js";
import { stressCbam } from "./cbam.js";
import { stressCoord } from "./coord.js";
import { stressEcam } from "./ecam.js";
import { stressGc } from "./gc.js";
import { stressGe } from "./ge.js";
import { stressGsop } from "./gsop.js";
import { stressLinearGate } from "./linear-gate.js";
import { stressNl } from "./nl.js";
import { stressSam } from "./sam.js";
import { stressScse } from "./scse.js";
import { stressSe } from "./se.js";
import { stressSeVar1 } from "./se-var1.js";
import { stressSeVar2 } from "./se-var2.js";
import { stressSk } from "./sk.js";
import { stressTaps } from "./taps.js";

/** The rule of every attention module; one without it is a compile error. */
export const attentionRules: {
  readonly [T in AttentionType | SelectionType as `attention.${T}`]: StressRule<`attention.${T}`>;
} = {
  "attention.se": stressSe,
  "attention.eca": stressTaps,
  "attention.ecam": stressEcam,
  "attention.ese": stressLinearGate,
  "attention.se-var1": stressSeVar1,
  "attention.se-var2": stressSeVar2,
  "attention.se-var3": stressLinearGate,
  "attention.se-gc": stressLinearGate,
  "attention.eca-ns": stressTaps,
  "attention.cbam": stressCbam,
  "attention.sam": stressSam,
  "attention.bam": stressBam,
  "attention.gc": stressGc,
  "attention.ge": stressGe,
  "attention.nl": stressNl,
  "attention.a2": stressA2,
  "attention.aa": stressAa,
  "attention.gsop": stressGsop,
  "attention.coord": stressCoord,
  "attention.scse": stressScse,
  "attention.sk": stressSk,
};
