import { detectionOutputs, outputsOfHead } from "../detection/resolved.js";
import { LOGITS } from "../resolved.js";
import type { SpecRule } from "./rule.js";

/** Names that mean something else to those who run the file. */
const RESERVED = ["input", "output"];

export const outputsHaveNamesOfTheirOwn: SpecRule = {
  name: "outputs-have-names-of-their-own",
  doc: `No two outputs have the same name, and none is called ${[...RESERVED, LOGITS].join(", ")}, the last of which is the classifier's.`,
  remedy: "Rename one of the outputs.",
  check({ resolved }, report) {
    const taken = new Set<string>([...RESERVED, LOGITS]);
    const features = (resolved?.features ?? []).map(({ specPath, name }) => ({ specPath, names: [name] }));
    const heads = (resolved?.heads ?? []).map((head) => ({
      specPath: [...head.specPath, "name"],
      names: outputsOfHead(head, resolved?.detection).map(([name]) => name),
    }));
    const detection = resolved?.detection;
    const ofDetection =
      detection === undefined ? [] : [{ specPath: detection.specPath, names: detectionOutputs(detection) }];
    for (const { specPath, names } of [...features, ...heads, ...ofDetection]) {
      for (const name of names) {
        if (taken.has(name))
          report(specPath, `the name ${JSON.stringify(name)} is taken`, "give it another `name`");
        taken.add(name);
      }
    }
  },
};
