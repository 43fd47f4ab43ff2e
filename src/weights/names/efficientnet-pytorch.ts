import {
  activationOf,
  type BlockNames,
  defineNameMap,
  HALVES,
  IMAGENET,
  type ImpliedSetting,
  imageSettings,
  type LayerNames,
} from "./name-map.js";

/**
 * EfficientNet-PyTorch by Luke Melas-Kyriazi (https://github.com/lukemelas/EfficientNet-PyTorch):
 * `efficientnet_pytorch/model.py`. Blocks are numbered through the network, and normalisations keep their number where
 * there is no expansion.
 */
const BLOCK: Pick<BlockNames, "at" | "layers"> = {
  at: "_blocks.{nth}",
  layers: [
    {
      "expand.conv": "_expand_conv",
      "expand.norm": "_bn0",
      "depthwise.conv": "_depthwise_conv",
      "depthwise.norm": "_bn1",
      // The gate's layers have no path of their own.
      attention: "",
      "project.conv": "_project_conv",
      "project.norm": "_bn2",
    } satisfies LayerNames,
  ],
};

const UTILS = "efficientnet_pytorch/utils.py";
const SETTINGS: readonly ImpliedSetting[] = [
  { setting: "epsilon", values: [1e-3], source: `${UTILS}, efficientnet(): batch_norm_epsilon=1e-3` },
  {
    setting: "padding",
    values: ["same"],
    source: `${UTILS}, Conv2dStaticSamePadding: "'SAME' mode like TensorFlow"`,
  },
  ...activationOf(
    ["stem-activation", "activation", "head-activation", "gate-activation"],
    "silu",
    "efficientnet_pytorch/model.py: self._swish = MemoryEfficientSwish()",
  ),
  {
    setting: "gate",
    values: ["sigmoid"],
    source: "efficientnet_pytorch/model.py, MBConvBlock.forward: torch.sigmoid(x_squeezed) * x",
  },
  ...imageSettings(
    "EfficientNet-PyTorch's README: mean [0.485, 0.456, 0.406]; with advprop img * 2.0 - 1.0",
    IMAGENET,
    HALVES,
  ),
];

export const efficientnetPytorch = defineNameMap({
  kind: "efficientnet-pytorch",
  title: "EfficientNet-PyTorch",
  namings: [
    {
      title: "EfficientNet",
      blocks: [
        { of: ["stem"], at: "", layers: [{ conv: "_conv_stem", norm: "_bn0" }] },
        { of: ["head"], at: "", layers: [{ conv: "_conv_head", norm: "_bn1", classifier: "_fc" }] },
        { of: ["depthwise-separable", "inverted-residual"], ...BLOCK },
      ],
      gates: [{ of: "se", layers: { reduce: "_se_reduce", expand: "_se_expand" } }],
      settings: SETTINGS,
    },
  ],
});
