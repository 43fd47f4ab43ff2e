import type { SpecRule } from "./rule.js";

export const labelsNameEachClass: SpecRule = {
  name: "labels-name-each-class",
  doc: "`labels` has a name for each class: with one too few, every name after the gap would be wrong.",
  check({ resolved }, report) {
    if (resolved?.labels === undefined) return;
    const { length } = resolved.labels;
    if (resolved.head === undefined) {
      report(["labels"], `there are ${length} labels, and the network has no classifier`);
    } else if (length !== resolved.head.classes) {
      const { classes } = resolved.head;
      report(
        ["labels"],
        `there are ${length} labels for ${classes} ${classes === 1 ? "class" : "classes"}`,
        "`head.classes` says how many classes there are; null in place of inherited labels removes them",
      );
    }
  },
};
