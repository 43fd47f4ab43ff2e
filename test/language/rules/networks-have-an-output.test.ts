import { networksHaveAnOutput } from "../../../src/language/rules/networks-have-an-output.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(networksHaveAnOutput, {
  fine: [[[`"cn_r1_k3_s1_c8"`], [`"head": { "classifier": false }`, `"features": ["C1"]`]]],
  wrong: [
    [
      [`"cn_r1_k3_s1_c8"`],
      [`"head": { "classifier": false }`],
      ["$.head.classifier 6:25 a network without a classifier needs `features` or `heads` as its outputs"],
    ],
  ],
}).run();
