import { unexpandedBlocksKeepTheirChannels } from "../../../src/language/rules/unexpanded-blocks-keep-their-channels.js";
import { ir, ruleSuite } from "./rule-suite.js";

ruleSuite(unexpandedBlocksKeepTheirChannels, {
  fine: [[[`{ "block": "inverted-residual", "channels": 16, "expansion": 1, "expansionLayer": false }`]]],
  wrong: [
    [
      [ir(`"expansionLayer": false`)],
      [],
      ["$.stages[0].expansionLayer 4:83 an expansion of 4 needs its expansion layer"],
    ],
  ],
}).run();
