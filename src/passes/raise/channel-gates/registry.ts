import { matchEca } from "./eca.js";
import { matchEcam } from "./ecam.js";
import { matchScalingGc } from "./gc.js";
import { matchLinearGate } from "./linear-gate.js";
import type { ChannelGateMatch } from "./match.js";
import { matchSe } from "./se.js";
import { matchSeVar1 } from "./se-var1.js";
import { matchSeVar2 } from "./se-var2.js";

/** The modules that are a gate [N, C, 1, 1] made of a pooling, each as a file here. */
export const channelGates: readonly ChannelGateMatch[] = [
  matchSe,
  matchEca,
  matchEcam,
  matchLinearGate,
  matchScalingGc,
  matchSeVar1,
  matchSeVar2,
];
