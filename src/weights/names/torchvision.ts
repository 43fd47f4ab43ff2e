import { type BlockNames, defineNameMap, type LayerNames } from "./name-map.js";
import { RESNET_ENDS, residualBlocks } from "./resnet-blocks.js";

/**
 * torchvision (https://github.com/pytorch/vision): `torchvision/models/efficientnet.py`, `mobilenetv2.py`,
 * `mobilenetv3.py` and `resnet.py`, with the layers of `torchvision/ops/misc.py`.
 */
const NUMBERED: LayerNames = { conv: "#.0", norm: "#.1" };

/** `Conv2dNormActivation` as element `#` of a `Sequential`. */
function element(layer: string): LayerNames {
  return { [`${layer}.conv`]: "#.0", [`${layer}.norm`]: "#.1" };
}

const SE = { attention: "#" };
const SEPARABLE = [element("depthwise"), SE, element("project")];
const INVERTED = [element("expand"), element("depthwise"), SE, element("project")];
const SE_GATES = [{ of: "se", layers: { reduce: "fc1", expand: "fc2" } }];

const STEM: BlockNames = { of: ["stem"], at: "features.0", layers: [{ conv: "0", norm: "1" }] };

/** MobileNetV2's block, whose projection is two elements, not one; the gate that the authors of ECA-Net add comes last. */
export const MOBILENETV2_BLOCKS: readonly BlockNames[] = [
  STEM,
  {
    of: ["head"],
    at: "",
    layers: [
      {
        conv: "features.{blocks+1}.0",
        norm: "features.{blocks+1}.1",
        classifier: "classifier.1",
      },
    ],
  },
  {
    of: ["depthwise-separable", "inverted-residual"],
    at: "features.{nth+1}.conv",
    layers: [
      element("expand"),
      element("depthwise"),
      { "project.conv": "#" },
      { "project.norm": "#" },
      { attention: "#" },
    ],
  },
];

export const torchvision = defineNameMap({
  kind: "torchvision",
  title: "torchvision",
  namings: [
    {
      title: "efficientnet",
      blocks: [
        STEM,
        {
          of: ["head"],
          at: "",
          layers: [
            {
              conv: "features.{stages+1}.0",
              norm: "features.{stages+1}.1",
              classifier: "classifier.1",
            },
          ],
        },
        { of: ["conv-norm-act"], at: "features.{stage+1}.{index}.block", layers: [NUMBERED] },
        { of: ["depthwise-separable"], at: "features.{stage+1}.{index}.block", layers: SEPARABLE },
        { of: ["inverted-residual"], at: "features.{stage+1}.{index}.block", layers: INVERTED },
        {
          of: ["fused-inverted-residual"],
          at: "features.{stage+1}.{index}.block",
          layers: [element("expand"), element("project")],
        },
      ],
      gates: SE_GATES,
      writes: { with: ["head/norm", "attention"] },
    },
    {
      title: "mobilenet_v2",
      blocks: MOBILENETV2_BLOCKS,
      gates: [],
      writes: { with: ["head/norm"], without: ["attention"] },
    },
    {
      title: "mobilenet_v3",
      blocks: [
        STEM,
        {
          of: ["head"],
          at: "classifier",
          // It comes after the pooling, so a fully connected layer is the same.
          layers: [{ conv: { name: "0", linear: true }, classifier: "3" }],
        },
        { of: ["conv-norm-act"], at: "features.{nth+1}", layers: [{ conv: "0", norm: "1" }] },
        { of: ["depthwise-separable"], at: "features.{nth+1}.block", layers: SEPARABLE },
        { of: ["inverted-residual"], at: "features.{nth+1}.block", layers: INVERTED },
      ],
      gates: SE_GATES,
      writes: { without: ["head/norm"] },
    },
    { title: "resnet, resnext, wide_resnet", blocks: [...RESNET_ENDS, ...residualBlocks()], gates: [] },
  ],
});
