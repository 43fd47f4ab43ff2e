import { attentionFitsItsSite } from "../../../src/language/rules/attention-fits-its-site.js";
import { ir, ruleSuite } from "./rule-suite.js";

ruleSuite(attentionFitsItsSite, {
  fine: [
    [[ir(`"attention": { "type": "se", "ratio": 0.01 }`)]],
    [[ir(`"attention": { "type": "eca", "kernels": [3] }`)]],
  ],
  wrong: [
    [
      [ir(`"attention": { "type": "se", "ratio": 0.001 }`)],
      [],
      ["$.stages[0].attention 4:78 a ratio of 0.001 leaves 0 of 64 channels: nothing to squeeze to"],
    ],
    [
      [`"cn_r1_k3_s1_c16"`, ir(`"repeat": 2, "attention": { "type": "eca", "kernels": [3] }`)],
      [],
      ["$.stages[1].attention 5:91 `kernels` has 1 values and none for stage 1"],
    ],
  ],
}).run();
