import type { StressRule } from "../stress/layers.js";
import { stressA2 } from "./a2/stress.js";
import { stressAa } from "./aa/stress.js";
import { stressBam } from "./bam/stress.js";
import { stressCbam } from "./cbam/stress.js";
import { stressCoord } from "./coord/stress.js";
import { stressEcam } from "./ecam/stress.js";
import { stressGc } from "./gc/stress.js";
import { stressGe } from "./ge/stress.js";
import { stressGsop } from "./gsop/stress.js";
import type { AttentionType, SelectionType } from "./modules.js";
import { stressNl } from "./nl/stress.js";
import { stressSam } from "./sam/stress.js";
import { stressScse } from "./scse/stress.js";
import { stressSe } from "./se/stress.js";
import { stressSeVar1 } from "./se-var1/stress.js";
import { stressSeVar2 } from "./se-var2/stress.js";
import { stressSk } from "./sk/stress.js";
import { stressLinearGate } from "./stress/linear-gate.js";
import { stressTaps } from "./stress/taps.js";

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
