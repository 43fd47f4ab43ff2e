import type { SpecRule } from "./rule.js";

export const networksHaveAnOutput: SpecRule = {
  name: "networks-have-an-output",
  doc: "A network without a classifier must have features, or it would compute nothing.",
  check({ resolved }, report) {
    if (resolved === undefined || resolved.head !== undefined || resolved.features.length > 0) return;
    report(
      ["head", "classifier"],
      "a network without a classifier needs `features` as its outputs",
      'for example `"features": ["C3", "C4", "C5"]`',
    );
  },
};
