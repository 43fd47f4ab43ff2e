import { preprocessingFitsTheInput } from "../../../src/language/rules/preprocessing-fits-the-input.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(preprocessingFitsTheInput, {
  fine: [
    [[`"cn_r1_k3_s1_c8"`], [`"preprocessing": { "mean": [0.4, 0.5, 0.6], "std": [1] }`]],
    [[`"cn_r1_k3_s1_c8"`], [`"input": { "channels": 1 }`]],
    [[`"cn_r1_k3_s1_c8"`], [`"preprocessing": { "resize": "fit", "padding": { "at": "around" } }`]],
  ],
  wrong: [
    [
      [`"cn_r1_k3_s1_c8"`],
      [`"preprocessing": { "padding": { "value": 114 } }`],
      ["$.preprocessing.padding 6:31 an image that is resized by shorter-side is not padded"],
    ],
    [
      [`"cn_r1_k3_s1_c8"`],
      [`"preprocessing": { "mean": [0.4, 0.5], "std": [1, 1, 1, 1] }`],
      [
        "$.preprocessing.mean 6:28 mean has 2 numbers for an input of 3 channels",
        "$.preprocessing.std 6:47 std has 4 numbers for an input of 3 channels",
      ],
    ],
  ],
}).run();
