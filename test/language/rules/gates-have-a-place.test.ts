import { gatesHaveAPlace } from "../../../src/language/rules/gates-have-a-place.js";
import { ir, ruleSuite } from "./rule-suite.js";

/** Attention augmentation in the place of a bottleneck's spatial convolution. */
const AA_AS_CONVOLUTION = `"attention": { "type": "aa", "heads": 2, "position": "convolution" }`;

ruleSuite(gatesHaveAPlace, {
  fine: [
    [[`{ "block": "bottleneck", "channels": 32, "attention": { "type": "eca", "position": "spatial" } }`]],
    [[ir(`"stride": 2, "repeat": 2, "attention": { "type": "eca", "position": "identity", "blocks": [1] }`)]],
    [[`{ "block": "bottleneck", "channels": 32, ${AA_AS_CONVOLUTION} }`]],
    [[`{ "block": "bottleneck", "channels": 32, "stride": 2, "strideAt": "reduce", ${AA_AS_CONVOLUTION} }`]],
  ],
  wrong: [
    [
      [`{ "block": "bottleneck", "channels": 32, "stride": 2, ${AA_AS_CONVOLUTION} }`],
      [],
      [
        "$.stages[0].attention.position 4:108 the spatial convolution of block 0 changes the map, which no gate can do in its place",
      ],
    ],
    [
      [`{ "block": "bottleneck", "channels": 32, "reduceRatio": 0.5, ${AA_AS_CONVOLUTION} }`],
      [],
      [
        "$.stages[0].attention.position 4:115 the spatial convolution of block 0 changes the map, which no gate can do in its place",
      ],
    ],
    [
      [`{ "block": "basic", "channels": 16, "attention": { "type": "eca", "position": "spatial" } }`],
      [],
      [`$.stages[0].attention.position 4:79 a block of type basic has no place "spatial" for a gate`],
    ],
    [
      [ir(`"stride": 2, "attention": { "type": "eca", "position": "identity" }`)],
      [],
      ["$.stages[0].attention.position 4:120 block 0 of the stage has no shortcut for a gate"],
    ],
    [
      [`{ "block": "basic", "channels": 16, "attention": { "type": "eca", "blocks": [0, 1] } }`],
      [],
      ["$.stages[0].attention.blocks[1] 4:81 there is no block 1: the stage has 1, and the first is 0"],
    ],
  ],
}).run();
