import type { SpecRule } from "./rule.js";

export const networksHaveAnOutput: SpecRule = {
  name: "networks-have-an-output",
  doc: "A network without a classifier must have features or heads, or it would compute nothing.",
  remedy: 'Add `features` or `heads`, or remove `"classifier": false`.',
  check({ resolved }, report) {
    if (resolved === undefined || resolved.head !== undefined || resolved.features.length > 0) return;
    if (resolved.detection?.outputs === "detections") return;
    if ((resolved.heads ?? []).some(({ output }) => output !== "none")) return;
    report(
      ["head", "classifier"],
      "a network without a classifier needs `features` or `heads` as its outputs",
      'for example `"features": ["C3", "C4", "C5"]`',
    );
  },
};
