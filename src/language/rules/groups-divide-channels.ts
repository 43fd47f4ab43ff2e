import type { GroupedConv } from "../blocks/block-kind.js";
import { factsOf } from "../blocks/registry.js";
import type { SpecRule } from "./rule.js";

export const groupsDivideChannels: SpecRule = {
  name: "groups-divide-channels",
  doc: "A grouped convolution splits its input and output channels into equal parts.",
  remedy: "Choose groups that divide both numbers of channels.",
  check({ written, resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      const stage: Readonly<Record<string, unknown>> = written.stages[block.stage] ?? {};
      for (const conv of factsOf(block).grouped) {
        const { keys, groups, inputs, channels } = conv;
        if (Number.isInteger(groups) && inputs % groups === 0 && channels % groups === 0) continue;
        const key = keys.find((each) => stage[each] !== undefined) ?? keys[0];
        report([...block.specPath, key], refusalOf(conv));
      }
    }
  },
};

function refusalOf({ groups, inputs, channels, name }: GroupedConv): string {
  if (!Number.isInteger(groups))
    return `${inputs} input channels can't be split into groups of ${Math.round(inputs / groups)}`;
  const divided =
    name !== undefined && inputs === channels
      ? `${channels} channels of ${name}`
      : `${inputs} input and ${channels} output channels`;
  return `${groups} groups must divide the ${divided}`;
}
