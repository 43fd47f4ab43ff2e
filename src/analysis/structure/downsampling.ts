import type { Group } from "./classify.js";
import { commonModules } from "./names.js";
import { strideOf } from "./stride.js";

/**
 * Groups with what only makes the map smaller between two blocks as one of its own type:
 *
 *     block ─ norm, conv 2×2 of stride 2 ─ block          ConvNeXt
 *     block ─ conv 1×1, pool of stride 2 ─ block          DenseNet
 *     block ─ every other row and column, linear ─ block  Swin
 *     conv ─ pool of stride 2 ─ conv                      AlexNet and VGG, which have no blocks
 */
export function withDownsampling(groups: readonly Group[]): readonly Group[] {
  if (!groups.some(isBlock))
    return groups.map((group, i) => (i > 0 && isPooling(group) ? { ...group, type: "downsample" } : group));
  const found: Group[] = [];
  for (let i = 0; i < groups.length; ) {
    const end = groups.findIndex((group, k) => k >= i && isBlock(group));
    const run = groups.slice(i, end < 0 ? groups.length : end);
    const isBetween = i > 0 && end > i;
    if (isBetween && strideOf(run.flatMap(({ units }) => units)) > 1) found.push(merged(run));
    else found.push(...run);
    if (end < 0) break;
    found.push(groups[end] as Group);
    i = end + 1;
  }
  return found;
}

/** Whether it is more than a layer: branches that meet with convolutions in them, or layers that are a block of the papers. */
function isBlock({ type, units }: Group): boolean {
  if (type === "conv-norm-act" || type === "sequence")
    return units.some(({ core }) => core.kind === "residual");
  return type !== "branches" || units.some(({ core }) => core.kind === "branches" && core.convs.length > 0);
}

/** Whether it has no layer, and makes the map smaller. */
function isPooling({ units }: Group): boolean {
  return strideOf(units) > 1 && units.every(({ core }) => core.kind === "pool" || core.kind === "other");
}

function merged(run: readonly Group[]): Group {
  return {
    units: run.flatMap(({ units }) => units),
    type: "downsample",
    modules: run.map(({ modules }) => modules).reduce(commonModules),
  };
}
