import { dropPathNeedsAResidual } from "../../../src/language/rules/drop-path-needs-a-residual.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(dropPathNeedsAResidual, {
  fine: [
    [[`"cn_r2_k3_s1_c16_skip"`], [`"dropPath": 0.2`]],
    [[`"cn_r1_k3_s1_c16"`], [`"dropPath": 0`]],
  ],
  wrong: [
    [
      [`"cn_r2_k3_s1_c16"`],
      [`"dropPath": 0.2`],
      ["$.dropPath 6:13 a rate of 0.2 has no effect: no block has a residual"],
    ],
  ],
}).run();
