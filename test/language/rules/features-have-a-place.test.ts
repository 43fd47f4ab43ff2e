import { featuresHaveAPlace } from "../../../src/language/rules/features-have-a-place.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(featuresHaveAPlace, {
  fine: [
    [[`"cn_r1_k3_s2_c8"`, `"cn_r1_k3_s2_c8"`], [`"features": ["C1", "C3", { "name": "last", "stage": 0 }]`]],
  ],
  wrong: [
    [
      [`"cn_r1_k3_s2_c8"`],
      [`"features": ["C2", "C5"]`],
      ["$.features[1] 6:20 the network has no level C5: no map has the stride 32"],
    ],
    [
      [`"cn_r1_k3_s2_c8"`],
      [
        `"features": [{ "name": "a", "stage": 1 }, { "name": "b" }, { "name": "c", "stage": 0, "level": "C2" }]`,
      ],
      [
        "$.features[0] 6:14 there is no stage 1: the last is 0",
        "$.features[1] 6:43 b must have a `level`, a `stage` or a `from`",
        "$.features[2] 6:60 c must have a `level`, a `stage` or a `from`, one of them",
      ],
    ],
    [
      [`"cn_r1_k3_s2_c8"`],
      [`"features": ["C2", { "name": "map", "stage": 0 }]`],
      ["$.features[1] 6:20 map and C2 are the same map"],
    ],
    [
      [`"cn_r1_k3_s2_c8"`],
      [`"features": [{ "name": "image", "from": "input" }, "C1", { "name": "stem", "from": "stem" }]`],
      ["$.features[0] 6:14 image is the image itself", "$.features[2] 6:58 stem and C1 are the same map"],
    ],
  ],
}).run();
