import { attentionFitsItsSite } from "./attention-fits-its-site.js";
import { detectionFitsItsHeads } from "./detection-fits-its-heads.js";
import { dropPathNeedsAResidual } from "./drop-path-needs-a-residual.js";
import { everyBlockIsNeeded } from "./every-block-is-needed.js";
import { featuresHaveAPlace } from "./features-have-a-place.js";
import { gatesHaveAPlace } from "./gates-have-a-place.js";
import { groupsAreGivenOnce } from "./groups-are-given-once.js";
import { groupsDivideChannels } from "./groups-divide-channels.js";
import { kernelIsOdd } from "./kernel-is-odd.js";
import { labelsNameEachClass } from "./labels-name-each-class.js";
import { mapStaysLargeEnough } from "./map-stays-large-enough.js";
import { networkIsNotTooDeep } from "./network-is-not-too-deep.js";
import { networksHaveAnOutput } from "./networks-have-an-output.js";
import { outputsHaveNamesOfTheirOwn } from "./outputs-have-names-of-their-own.js";
import { preactivatedBlocksEndInAConvolution } from "./preactivated-blocks-end-in-a-convolution.js";
import { preprocessingFitsTheInput } from "./preprocessing-fits-the-input.js";
import { residualNeedsEqualShapes } from "./residual-needs-equal-shapes.js";
import type { SpecRule } from "./rule.js";
import { scaledChannelsStayInRange } from "./scaled-channels-stay-in-range.js";
import { shortcutsFitTheirBranch } from "./shortcuts-fit-their-branch.js";
import { signalsHaveOneAxis } from "./signals-have-one-axis.js";
import { strideFitsKernel } from "./stride-fits-kernel.js";
import { unexpandedBlocksKeepTheirChannels } from "./unexpanded-blocks-keep-their-channels.js";

/** Every rule. A new one is its file and a line here. All of them run, whatever the others find. */
export const specRules: readonly SpecRule[] = [
  kernelIsOdd,
  strideFitsKernel,
  groupsAreGivenOnce,
  groupsDivideChannels,
  residualNeedsEqualShapes,
  shortcutsFitTheirBranch,
  preactivatedBlocksEndInAConvolution,
  unexpandedBlocksKeepTheirChannels,
  scaledChannelsStayInRange,
  mapStaysLargeEnough,
  gatesHaveAPlace,
  attentionFitsItsSite,
  dropPathNeedsAResidual,
  networkIsNotTooDeep,
  featuresHaveAPlace,
  everyBlockIsNeeded,
  outputsHaveNamesOfTheirOwn,
  networksHaveAnOutput,
  preprocessingFitsTheInput,
  labelsNameEachClass,
  detectionFitsItsHeads,
  signalsHaveOneAxis,
];
