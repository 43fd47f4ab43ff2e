import { groupsAreGivenOnce } from "../../../src/language/rules/groups-are-given-once.js";
import { conv, ruleSuite } from "./rule-suite.js";

ruleSuite(groupsAreGivenOnce, {
  fine: [[[conv(`"groups": 8`), conv(`"groupSize": 12`)]]],
  wrong: [
    [
      [conv(`"groups": 2, "groupSize": 8`)],
      [],
      ["$.stages[0].groupSize 4:71 `groups` and `groupSize` can't both be given"],
    ],
  ],
}).run();
