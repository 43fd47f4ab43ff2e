import { boxesPerPixel, headPartOf } from "../detection/resolved.js";
import type { ResolvedSpec } from "../resolved.js";
import type { SpecRule } from "./rule.js";

/** The classes of what a detector finds; no whole number where its head does not fit its anchors, which another rule reports. */
function foundClasses({ detection, heads }: ResolvedSpec): number | undefined {
  if (detection === undefined) return undefined;
  if (detection.regions !== undefined) return detection.regions.classes;
  const { head, part } = headPartOf(detection.scores);
  if (part !== undefined) return part.end - part.start;
  const [level] = heads?.find(({ name }) => name === head)?.levels ?? [];
  return level && level.channels / boxesPerPixel(detection, 0);
}

function whereOf({ head, detection }: ResolvedSpec): string {
  if (head !== undefined) return "`head.classes`";
  return detection?.regions === undefined ? "the head of `detection.scores`" : "`detection.regions.classes`";
}

export const labelsNameEachClass: SpecRule = {
  name: "labels-name-each-class",
  doc: "`labels` must have a name for each class; with a missing name, all later names would be wrong.",
  remedy: "Write as many labels as `head.classes`, or correct `head.classes`.",
  check({ resolved }, report) {
    if (resolved?.labels === undefined) return;
    const { length } = resolved.labels;
    const classes = resolved.head?.classes ?? foundClasses(resolved);
    if (classes === undefined) {
      report(["labels"], `there are ${length} labels, and the network has no classifier`);
    } else if (Number.isInteger(classes) && length !== classes) {
      report(
        ["labels"],
        `there are ${length} labels for ${classes} ${classes === 1 ? "class" : "classes"}`,
        `${whereOf(resolved)} gives the number of classes; null in place of inherited labels removes them`,
      );
    }
  },
};
