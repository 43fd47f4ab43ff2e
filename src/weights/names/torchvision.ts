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

/** `Conv2dNormActivation` pads by (kernel - 1) / 2 on all sides. */
const SYMMETRIC: ImpliedSetting = {
  setting: "padding",
  values: ["symmetric"],
  source: "torchvision/ops/misc.py, Conv2dNormActivation: padding = (kernel_size - 1) // 2 * dilation",
};

const THROUGHOUT = ["stem-activation", "activation", "head-activation"] as const;
const EFFICIENTNET_FILE = "torchvision/models/efficientnet.py";
/** torchvision's gates stand before the projection and squeeze to the mean. */
const GATES: readonly ImpliedSetting[] = [
  {
    setting: "gate-position",
    values: ["spatial"],
    source:
      "torchvision/models/efficientnet.py, MBConv, and mobilenetv3.py, InvertedResidual: before the projection",
  },
  {
    setting: "gate-squeeze",
    values: ["average"],
    source: "torchvision/ops/misc.py, SqueezeExcitation: torch.nn.AdaptiveAvgPool2d(1)",
  },
];
const EFFICIENTNET: readonly ImpliedSetting[] = [
  {
    setting: "epsilon",
    when: { block: "fused-inverted-residual" },
    values: [1e-3],
    source: `${EFFICIENTNET_FILE}, efficientnet_v2_s, _m and _l: norm_layer=partial(nn.BatchNorm2d, eps=1e-03)`,
  },
  {
    setting: "epsilon",
    when: { head: [1280, 1408, 1536, 1792] },
    values: [1e-5],
    source: `${EFFICIENTNET_FILE}, efficientnet_b0 to _b4: norm_layer = nn.BatchNorm2d, whose eps is 1e-05`,
  },
  {
    setting: "epsilon",
    when: { head: [2048, 2304, 2560] },
    values: [1e-3],
    source: `${EFFICIENTNET_FILE}, efficientnet_b5 to _b7: norm_layer=partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)`,
  },
  {
    setting: "epsilon",
    values: [1e-5, 1e-3],
    untold: true,
    source: `${EFFICIENTNET_FILE}: 1e-05 in efficientnet_b0 to _b4, 0.001 in the others`,
  },
  SYMMETRIC,
  ...activationOf(THROUGHOUT, "silu", `${EFFICIENTNET_FILE}: activation_layer=nn.SiLU`),
  ...GATES,
  {
    setting: "gate",
    values: ["sigmoid"],
    source: "torchvision/ops/misc.py, SqueezeExcitation: scale_activation = torch.nn.Sigmoid",
  },
  {
    setting: "gate-activation",
    values: ["silu"],
    source: `${EFFICIENTNET_FILE}: se_layer(…, activation=partial(nn.SiLU, inplace=True))`,
  },
  ...imageSettings(
    "torchvision/transforms/_presets.py, ImageClassification; efficientnet_v2_l: mean=(0.5, 0.5, 0.5)",
    IMAGENET,
    HALVES,
  ),
  {
    setting: "interpolation",
    values: ["bicubic", "bilinear"],
    source: `${EFFICIENTNET_FILE}: interpolation=InterpolationMode.BICUBIC, BILINEAR in efficientnet_v2_s and _m`,
  },
];

const PRESETS = "torchvision/transforms/_presets.py, ImageClassification";
const IMAGES: readonly ImpliedSetting[] = [
  ...imageSettings(`${PRESETS}: mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)`, IMAGENET),
  { setting: "interpolation", values: ["bilinear"], source: `${PRESETS}: InterpolationMode.BILINEAR` },
  {
    setting: "crop",
    values: [0.875, 224 / 232],
    source: "torchvision/models: crop_size=224 of resize_size=256 (IMAGENET1K_V1), of 232 (IMAGENET1K_V2)",
  },
];

const PLAIN_NORM = "norm_layer = nn.BatchNorm2d, whose eps is 1e-05";

const MOBILENETV2_FILE = "torchvision/models/mobilenetv2.py";
/** MobileNetV2's: the code of ECA-Net's authors has them too. */
export const MOBILENETV2_SETTINGS: readonly ImpliedSetting[] = [
  { setting: "epsilon", values: [1e-5], source: `${MOBILENETV2_FILE}: ${PLAIN_NORM}` },
  SYMMETRIC,
  ...activationOf(THROUGHOUT, "relu6", `${MOBILENETV2_FILE}: activation_layer=nn.ReLU6`),
  ...IMAGES,
];

const MOBILENETV3_FILE = "torchvision/models/mobilenetv3.py";
const MOBILENETV3: readonly ImpliedSetting[] = [
  {
    setting: "epsilon",
    values: [1e-3],
    source: `${MOBILENETV3_FILE}: norm_layer = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)`,
  },
  SYMMETRIC,
  {
    setting: "stem-activation",
    values: ["hard_swish"],
    source: `${MOBILENETV3_FILE}: activation_layer=nn.Hardswish`,
  },
  {
    setting: "activation",
    values: ["relu", "hard_swish"],
    source: `${MOBILENETV3_FILE}: nn.Hardswish if cnf.use_hs else nn.ReLU`,
  },
  { setting: "head-activation", values: ["hard_swish"], source: `${MOBILENETV3_FILE}: nn.Hardswish` },
  ...GATES,
  {
    setting: "gate",
    values: ["hard_sigmoid"],
    source: `${MOBILENETV3_FILE}: partial(SElayer, scale_activation=nn.Hardsigmoid)`,
  },
  {
    setting: "gate-activation",
    values: ["relu"],
    source: "torchvision/ops/misc.py, SqueezeExcitation: activation = torch.nn.ReLU",
  },
  ...IMAGES,
];

const RESNET_FILE = "torchvision/models/resnet.py";
/** The ResNets', which other frameworks took over. */
export const RESNET_SETTINGS: readonly ImpliedSetting[] = [
  { setting: "epsilon", values: [1e-5], source: `${RESNET_FILE}: ${PLAIN_NORM}` },
  { setting: "padding", values: ["symmetric"], source: `${RESNET_FILE}, conv3x3: padding=dilation` },
  {
    setting: "stride-at",
    values: ["spatial"],
    source: `${RESNET_FILE}, Bottleneck: self.conv2 = conv3x3(width, width, stride, …)`,
  },
  ...activationOf(["stem-activation", "activation"], "relu", `${RESNET_FILE}: nn.ReLU`),
  ...IMAGES,
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
      settings: EFFICIENTNET,
    },
    {
      title: "mobilenet_v2",
      blocks: MOBILENETV2_BLOCKS,
      gates: [],
      writes: { with: ["head/norm"], without: ["attention"] },
      settings: MOBILENETV2_SETTINGS,
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
      settings: MOBILENETV3,
    },
    {
      title: "resnet, resnext, wide_resnet",
      blocks: [...RESNET_ENDS, ...residualBlocks()],
      gates: [],
      settings: RESNET_SETTINGS,
    },
  ],
});
