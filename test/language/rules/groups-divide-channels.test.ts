import { groupsDivideChannels } from "../../../src/language/rules/groups-divide-channels.js";
import { conv, ir, ruleSuite } from "./rule-suite.js";

ruleSuite(groupsDivideChannels, {
  fine: [
    [[conv(`"groups": 8, "repeat": 2`)]],
    [[conv(`"groupSize": 8, "repeat": 2`)]],
    [[`{ "block": "bottleneck", "channels": 64, "groups": 16 }`]],
  ],
  wrong: [
    [
      [ir(`"expandGroups": 3, "projectGroups": 3`)],
      [],
      [
        "$.stages[0].expandGroups 4:81 3 groups must divide the 16 input and 64 output channels",
        "$.stages[0].projectGroups 4:101 3 groups must divide the 64 input and 16 output channels",
      ],
    ],
    [
      [`{ "block": "bottleneck", "channels": 64, "groups": 16, "reduceRatio": 0.125 }`],
      [],
      ["$.stages[0].groups 4:52 16 groups must divide the 8 input and 16 output channels"],
    ],
    [
      [`{ "block": "bottleneck", "channels": 64, "groups": 32 }`],
      [],
      ["$.stages[0].groups 4:52 32 groups must divide the 16 channels of the spatial convolution"],
    ],
    [
      [conv(`"groups": 16`)],
      [],
      ["$.stages[0].groups 4:55 16 groups must divide the 16 input and 24 output channels"],
    ],
    [
      [conv(`"groups": 24`)],
      [],
      ["$.stages[0].groups 4:55 24 groups must divide the 16 input and 24 output channels"],
    ],
    [
      [conv(`"groupSize": 3`)],
      [],
      ["$.stages[0].groupSize 4:58 16 input channels can't be split into groups of 3"],
    ],
    [
      [conv(`"groupSize": 1`)],
      [],
      ["$.stages[0].groupSize 4:58 16 groups must divide the 16 input and 24 output channels"],
    ],
  ],
}).run();
