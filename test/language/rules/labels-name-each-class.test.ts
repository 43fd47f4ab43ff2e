import { labelsNameEachClass } from "../../../src/language/rules/labels-name-each-class.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(labelsNameEachClass, {
  fine: [[[`"cn_r1_k3_s1_c8"`], [`"head": { "classes": 2 }`, `"labels": ["cat", "dog"]`]]],
  wrong: [
    [
      [`"cn_r1_k3_s1_c8"`],
      [`"head": { "classes": 3 }`, `"labels": ["cat", "dog"]`],
      ["$.labels 7:11 there are 2 labels for 3 classes"],
    ],
    [
      [`"cn_r1_k3_s1_c8"`],
      [`"head": { "classifier": false }`, `"features": ["C1"]`, `"labels": ["cat", "dog"]`],
      ["$.labels 8:11 there are 2 labels, and the network has no classifier"],
    ],
  ],
}).run();
