import { signalsHaveOneAxis } from "../../../src/language/rules/signals-have-one-axis.js";
import { ruleSuite } from "./rule-suite.js";

const STAGES = [`"cn_r1_k3_s1_c8"`];

ruleSuite(signalsHaveOneAxis, {
  fine: [
    [STAGES, [`"input": { "channels": 4, "length": 64 }`]],
    [STAGES, [`"preprocessing": { "crop": 1 }`]],
  ],
  wrong: [
    [
      STAGES,
      [`"input": { "length": 64, "height": 64 }`],
      ["$.input.height 6:36 the input has a length, so it has no height"],
    ],
    [
      STAGES,
      [`"input": { "length": 64 }`, `"preprocessing": { "mean": [0.5] }`],
      ["$.preprocessing 7:18 images are prepared so, and the input is a signal"],
    ],
  ],
}).run();
