import { outputsHaveNamesOfTheirOwn } from "../../../src/language/rules/outputs-have-names-of-their-own.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(outputsHaveNamesOfTheirOwn, {
  fine: [[[`"cn_r1_k3_s2_c8"`], [`"features": [{ "name": "p2", "level": "C2" }, "C1"]`]]],
  wrong: [
    [
      [`"cn_r1_k3_s2_c8"`],
      [`"features": ["C1", { "name": "C1", "stage": 0 }]`],
      ['$.features[1] 6:20 the name "C1" is taken'],
    ],
    [
      [`"cn_r1_k3_s2_c8"`],
      [`"features": [{ "name": "logits", "level": "C1" }, { "name": "input", "stage": 0 }]`],
      ['$.features[0] 6:14 the name "logits" is taken', '$.features[1] 6:51 the name "input" is taken'],
    ],
  ],
}).run();
