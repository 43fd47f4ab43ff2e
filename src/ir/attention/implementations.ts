import type { OpOf, Value } from "../graph.js";
import type { RewriteContext } from "../rewrite.js";
import type { StressRule } from "../stress/layers.js";
import { lowerA2 } from "./a2/lowering.js";
import { stressA2 } from "./a2/stress.js";
import { lowerAa } from "./aa/lowering.js";
import { stressAa } from "./aa/stress.js";
import { lowerBam } from "./bam/lowering.js";
import { stressBam } from "./bam/stress.js";
import { lowerCbam } from "./cbam/lowering.js";
import { stressCbam } from "./cbam/stress.js";
import { lowerCoord } from "./coord/lowering.js";
import { stressCoord } from "./coord/stress.js";
import { lowerEca } from "./eca/lowering.js";
import { lowerEcaNs } from "./eca-ns/lowering.js";
import { lowerEcam } from "./ecam/lowering.js";
import { stressEcam } from "./ecam/stress.js";
import { lowerGc } from "./gc/lowering.js";
import { stressGc } from "./gc/stress.js";
import { lowerGe } from "./ge/lowering.js";
import { stressGe } from "./ge/stress.js";
import { lowerGsop } from "./gsop/lowering.js";
import { stressGsop } from "./gsop/stress.js";
import { lowerLinearGate } from "./lowering/linear-gate.js";
import type { LoweringOptions } from "./lowering/strategy.js";
import type { AttentionKind } from "./modules.js";
import { lowerNl } from "./nl/lowering.js";
import { stressNl } from "./nl/stress.js";
import { lowerSam } from "./sam/lowering.js";
import { stressSam } from "./sam/stress.js";
import { lowerScse } from "./scse/lowering.js";
import { stressScse } from "./scse/stress.js";
import { lowerSe } from "./se/lowering.js";
import { stressSe } from "./se/stress.js";
import { lowerSeVar1 } from "./se-var1/lowering.js";
import { stressSeVar1 } from "./se-var1/stress.js";
import { lowerSeVar2 } from "./se-var2/lowering.js";
import { stressSeVar2 } from "./se-var2/stress.js";
import { lowerSk } from "./sk/lowering.js";
import { stressSk } from "./sk/stress.js";
import { stressLinearGate } from "./stress/linear-gate.js";
import { stressEca, stressTaps } from "./stress/taps.js";

/** The op of a kind of attention, or of any. */
export type AttentionOp<T extends AttentionKind = AttentionKind> = OpOf<`attention.${T}`>;

/** Builds attention of one kind from primitive ops and activations, and gives its result. */
export type AttentionLowering<T extends AttentionKind = AttentionKind> = (
  op: AttentionOp<T>,
  context: RewriteContext,
  options: LoweringOptions,
) => Value;

/** What a kind of attention is beside its op: how it is said in primitive ops, and under which weights it can be seen. */
export interface AttentionImplementation<T extends AttentionKind> {
  readonly lower: AttentionLowering<T>;
  readonly stress: StressRule<`attention.${T}`>;
}

/** The implementation of every kind of attention; one that is missing is a compile error. */
export const implementations: { readonly [T in AttentionKind]: AttentionImplementation<T> } = {
  se: { lower: lowerSe, stress: stressSe },
  eca: { lower: lowerEca, stress: stressEca },
  ecam: { lower: lowerEcam, stress: stressEcam },
  ese: { lower: lowerLinearGate, stress: stressLinearGate },
  "se-var1": { lower: lowerSeVar1, stress: stressSeVar1 },
  "se-var2": { lower: lowerSeVar2, stress: stressSeVar2 },
  "se-var3": { lower: lowerLinearGate, stress: stressLinearGate },
  "se-gc": { lower: lowerLinearGate, stress: stressLinearGate },
  "eca-ns": { lower: lowerEcaNs, stress: stressTaps },
  cbam: { lower: lowerCbam, stress: stressCbam },
  sam: { lower: lowerSam, stress: stressSam },
  bam: { lower: lowerBam, stress: stressBam },
  gc: { lower: lowerGc, stress: stressGc },
  ge: { lower: lowerGe, stress: stressGe },
  nl: { lower: lowerNl, stress: stressNl },
  a2: { lower: lowerA2, stress: stressA2 },
  aa: { lower: lowerAa, stress: stressAa },
  gsop: { lower: lowerGsop, stress: stressGsop },
  coord: { lower: lowerCoord, stress: stressCoord },
  scse: { lower: lowerScse, stress: stressScse },
  sk: { lower: lowerSk, stress: stressSk },
};
