import { defineNameMap, type ImpliedSetting } from "./name-map.js";
import { RESNET_ENDS, residualBlocks } from "./resnet-blocks.js";
import { MOBILENETV2_BLOCKS, MOBILENETV2_SETTINGS, RESNET_SETTINGS } from "./torchvision.js";

/**
 * The code of ECA-Net's authors (https://github.com/BangguWu/ECANet): `models/eca_resnet.py` and
 * `models/eca_mobilenetv2.py`, which are torchvision's networks with a gate of one convolution.
 */
const GATES = [{ of: "eca", layers: { conv: "conv" } }];

const STANDARD_GATES: ImpliedSetting = {
  setting: "gate-position",
  values: ["standard"],
  source: "models/eca_resnet.py, ECABottleneck: out = self.eca(out) before out += residual",
};

export const ecanet = defineNameMap({
  kind: "ecanet",
  title: "the code of ECA-Net's authors",
  namings: [
    {
      title: "eca_resnet",
      blocks: [...RESNET_ENDS, ...residualBlocks({ gate: "eca" })],
      gates: GATES,
      settings: [...RESNET_SETTINGS, STANDARD_GATES],
    },
    { title: "eca_mobilenetv2", blocks: MOBILENETV2_BLOCKS, gates: GATES, settings: MOBILENETV2_SETTINGS },
  ],
});
