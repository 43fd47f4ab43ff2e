import type { ResolvedInvertedResidual } from "../resolved.js";
import type { Report, SpecRule } from "./rule.js";

export const groupsDivideChannels: SpecRule = {
  name: "GroupsDivideChannels",
  doc: "A grouped convolution splits its input and output channels into equal parts.",
  check({ written, resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      if (block.block === "bottleneck" && block.bottleneckChannels % block.groups !== 0) {
        const { groups, bottleneckChannels, specPath } = block;
        report(
          [...specPath, "groups"],
          `${groups} groups must divide the ${bottleneckChannels} channels of the spatial convolution`,
        );
      }
      if (block.block === "inverted-residual") checkPointwise(block, report);
      if (block.block !== "conv-norm-act") continue;
      const { groups, inputChannels, channels, specPath, stage } = block;
      const source = written.stages[stage];
      const groupSize = source?.block === "conv-norm-act" ? source.groupSize : undefined;
      if (groupSize !== undefined && !Number.isInteger(groups)) {
        report(
          [...specPath, "groupSize"],
          `${inputChannels} input channels can't be split into groups of ${groupSize}`,
        );
      } else if (inputChannels % groups !== 0 || channels % groups !== 0) {
        report(
          [...specPath, groupSize === undefined ? "groups" : "groupSize"],
          `${groups} groups must divide the ${inputChannels} input and ${channels} output channels`,
        );
      }
    }
  },
};

/** The 1×1 convolutions of an inverted residual. */
function checkPointwise(block: ResolvedInvertedResidual, report: Report): void {
  const { specPath, expands, inputChannels, expandedChannels, channels, expandGroups, projectGroups } = block;
  const layers = [
    { field: "expandGroups", groups: expands ? expandGroups : 1, from: inputChannels, to: expandedChannels },
    { field: "projectGroups", groups: projectGroups, from: expandedChannels, to: channels },
  ];
  for (const { field, groups, from, to } of layers) {
    if (from % groups === 0 && to % groups === 0) continue;
    report([...specPath, field], `${groups} groups must divide the ${from} input and ${to} output channels`);
  }
}
