import { LOGITS } from "../resolved.js";
import type { SpecRule } from "./rule.js";

/** Names that mean something else to those who run the file. */
const RESERVED = ["input", "output"];

export const outputsHaveNamesOfTheirOwn: SpecRule = {
  name: "outputs-have-names-of-their-own",
  doc: `No two outputs have the same name, and none is called ${[...RESERVED, LOGITS].join(", ")}, the last of which is the classifier's.`,
  check({ resolved }, report) {
    const taken = new Set<string>([...RESERVED, LOGITS]);
    for (const { specPath, name } of resolved?.features ?? []) {
      if (taken.has(name))
        report(specPath, `the name ${JSON.stringify(name)} is taken`, "give it another `name`");
      taken.add(name);
    }
  },
};
