import type { SpecRule } from "./rule.js";

export const groupsAreGivenOnce: SpecRule = {
  name: "groups-are-given-once",
  doc: "`groups` and `groupSize` are two ways to set the same value.",
  remedy: "Remove one of the two.",
  check({ written }, report) {
    written.stages.forEach((stage, i) => {
      if (stage === undefined || !("groupSize" in stage)) return;
      if (stage.groups === undefined || stage.groupSize === undefined) return;
      report(
        ["stages", i, "groupSize"],
        "`groups` and `groupSize` can't both be given",
        "leave one of them out",
      );
    });
  },
};
