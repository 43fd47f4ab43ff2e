import { preprocessingSchema } from "../preprocessing.js";
import type { SpecRule } from "./rule.js";

export const signalsHaveOneAxis: SpecRule = {
  name: "signals-have-one-axis",
  doc: "An input with `length` can't have height and width, boxes, or preprocessing of images.",
  remedy: "Remove what the message names, or give the input `height` and `width`.",
  check({ written: { input, preprocessing }, resolved }, report) {
    if (input.length === undefined) return;
    for (const key of ["height", "width"] as const) {
      if (input[key] === undefined) continue;
      report(
        ["input", key],
        `the input has a length, so it has no ${key}`,
        "a spec that extends another one inherits what its base says",
      );
    }
    if (resolved?.detection !== undefined)
      report(["detection"], "boxes lie in images, and the input is a signal");
    if (JSON.stringify(preprocessing) !== JSON.stringify(preprocessingSchema.parse({}))) {
      report(["preprocessing"], "images are prepared so, and the input is a signal", "leave it out");
    }
  },
};
