import { mapStaysLargeEnough } from "../../../src/language/rules/map-stays-large-enough.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(mapStaysLargeEnough, {
  fine: [
    [[`"cn_r1_k3_s2_c8"`], [`"input": { "height": 3, "width": 3 }`]],
    [[`"ir_r2_k5_s1_e1_c8"`], [`"input": { "height": 2, "width": 2 }`]],
  ],
  wrong: [
    [
      [`"cn_r1_k3_s2_c8"`],
      [`"input": { "height": 64, "width": 2 }`],
      ["$.stages[0].stride 4:11 the feature map has 32x1 pixels here: too few for a stride of 2"],
    ],
    [
      [`"cn_r1_k3_s2_c8"`],
      [`"input": { "height": 1, "width": 1 }`, `"defaults": { "padding": "same" }`],
      ["$.stem.stride 2:9 the feature map has 1x1 pixels here: too few for a stride of 2"],
    ],
  ],
}).run();
