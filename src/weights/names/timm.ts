import {
  type BlockNames,
  defineNameMap,
  type GateNames,
  HALVES,
  IMAGENET,
  type ImpliedSetting,
  imageSettings,
  type LayerNames,
} from "./name-map.js";
import { RESIDUAL, RESNET_ENDS, residualBlocks } from "./resnet-blocks.js";

/**
 * timm (https://github.com/huggingface/pytorch-image-models), version 1.0: `timm/models/_efficientnet_blocks.py`,
 * `efficientnet.py`, `mobilenetv3.py`, `resnet.py`, `senet.py` and the modules of `timm/layers`. The path of a gate is
 * `se` whatever its kind.
 */
const GATES: readonly GateNames[] = [
  { of: "se", layers: { reduce: "fc1", norm: "bn", expand: "fc2" } },
  { of: "eca", layers: { conv: "conv" } },
  { of: "ese", layers: { fc: "fc" } },
  {
    of: "cbam",
    layers: {
      "channel.reduce": "channel.fc1",
      "channel.expand": "channel.fc2",
      "spatial.conv": "spatial.conv.conv",
      "spatial.norm": "spatial.conv.bn",
    },
  },
  { of: "gc", when: { fusion: "scale" }, layers: contextLayers("mlp_scale") },
  { of: "gc", when: { fusion: "add" }, layers: contextLayers("mlp_add") },
  { of: "ge", layers: { reduce: "mlp.fc1", expand: "mlp.fc2", gather: "gather" } },
  { of: "sk", layers: { reduce: "fc_reduce", norm: "bn", select: "fc_select" } },
  { of: "nl", layers: { theta: "t", phi: "p", g: "g", out: "z", norm: "norm" } },
];

function contextLayers(bottleneck: string): LayerNames {
  return {
    attention: "conv_attn",
    reduce: `${bottleneck}.fc1`,
    norm: `${bottleneck}.norm`,
    expand: `${bottleneck}.fc2`,
  };
}

const BLOCK = "blocks.{stage}.{index}";

const SEPARABLE: LayerNames = {
  "depthwise.conv": "conv_dw",
  "depthwise.norm": "bn1",
  attention: "se",
  "project.conv": "conv_pw",
  "project.norm": "bn2",
};

/** The three convolutions of a deep stem are one `Sequential`, in which the activations are elements too. */
const DEEP_STEM: BlockNames = {
  of: ["stem"],
  with: "deep",
  at: "",
  layers: [
    {
      "deep.0.conv": "conv1.0",
      "deep.0.norm": "conv1.1",
      "deep.1.conv": "conv1.3",
      "deep.1.norm": "conv1.4",
      conv: "conv1.6",
      norm: "bn1",
    },
  ],
};

/**
 * Blocks with selective kernels, as `skresnet18.json` and `skresnet50.json` define them: `SelectiveKernelBasic` and
 * `SelectiveKernelBottleneck` of `sknet.py`.
 *
 * @param shortcut the convolution's index in the definition's shortcut
 */
function selectiveBlocks(shortcut: number, [conv, norm]: readonly [number, number]): readonly BlockNames[] {
  const convNorm = (ours: string, theirs: string): LayerNames => ({
    [`${ours}.conv`]: `${theirs}.conv`,
    [`${ours}.norm`]: `${theirs}.bn`,
  });
  const kernels = (theirs: string): LayerNames => ({
    ...convNorm("layers.kernels.branches.0.0", `${theirs}.paths.0`),
    ...convNorm("layers.kernels.branches.1.0", `${theirs}.paths.1`),
    "layers.kernels.select": `${theirs}.attn`,
  });
  const projection = {
    [`shortcut.${shortcut}.conv`]: `downsample.${conv}`,
    [`shortcut.${shortcut}.norm`]: `downsample.${norm}`,
  };
  return [
    {
      with: "layers.2",
      at: RESIDUAL,
      layers: [
        {
          ...convNorm("layers.0", "conv1"),
          ...kernels("conv2"),
          ...convNorm("layers.2", "conv3"),
          ...projection,
          attention: "se",
        },
      ],
    },
    {
      with: "layers.kernels.select",
      at: RESIDUAL,
      layers: [{ ...kernels("conv1"), ...convNorm("layers.1", "conv2"), ...projection, attention: "se" }],
    },
  ];
}

const IMAGES = imageSettings(
  "timm/data/constants.py: IMAGENET_DEFAULT_MEAN and _STD, IMAGENET_INCEPTION_MEAN and _STD (0.5)",
  IMAGENET,
  HALVES,
);

/** Networks whose weights come from TensorFlow have the same names, and another ε and padding. */
const EFFICIENTNET: readonly ImpliedSetting[] = [
  {
    setting: "epsilon",
    values: [1e-5, 1e-3],
    untold: true,
    source:
      "timm/models/_efficientnet_builder.py: BN_EPS_TF_DEFAULT = 1e-3 in tf_ networks and mobilenetv3_rw, else PyTorch's 1e-5",
  },
  {
    setting: "padding",
    values: ["symmetric", "same"],
    untold: true,
    source: "timm/models/efficientnet.py: pad_type='same' in tf_ networks, else ''",
  },
  ...IMAGES,
];

const RESNET: readonly ImpliedSetting[] = [
  {
    setting: "epsilon",
    values: [1e-5],
    source: "timm/models/resnet.py: norm_layer=nn.BatchNorm2d, eps 1e-05",
  },
  {
    setting: "padding",
    values: ["symmetric"],
    source: "timm/models/resnet.py, Bottleneck: padding=first_dilation; no 'same' padding",
  },
  {
    setting: "stride-at",
    values: ["spatial"],
    source: "timm/models/resnet.py, Bottleneck: stride=1 if use_aa else stride in conv2",
  },
  ...IMAGES,
];

const SENET: readonly ImpliedSetting[] = [
  { setting: "epsilon", values: [1e-5], source: "timm/models/senet.py: nn.BatchNorm2d, eps 1e-05" },
  { setting: "padding", values: ["symmetric"], source: "timm/models/senet.py: padding=1" },
  { setting: "activation", values: ["relu"], source: "timm/models/senet.py: nn.ReLU" },
  { setting: "gate", values: ["sigmoid"], source: "timm/models/senet.py, SEModule: nn.Sigmoid" },
  { setting: "gate-activation", values: ["relu"], source: "timm/models/senet.py, SEModule: nn.ReLU" },
  ...IMAGES,
];

export const timm = defineNameMap({
  kind: "timm",
  title: "timm",
  namings: [
    {
      title: "EfficientNet, MobileNetV2, MobileNetV3",
      blocks: [
        { of: ["stem"], at: "", layers: [{ conv: "conv_stem", norm: "bn1" }] },
        {
          of: ["head"],
          at: "",
          layers: [{ conv: "conv_head", norm: "bn2", classifier: "classifier" }],
        },
        { of: ["conv-norm-act"], at: BLOCK, layers: [{ conv: "conv", norm: "bn1", attention: "se" }] },
        { of: ["depthwise-separable"], at: BLOCK, layers: [SEPARABLE] },
        // Without the expansion it is what timm calls `ds`.
        { of: ["inverted-residual"], without: "expand", at: BLOCK, layers: [SEPARABLE] },
        {
          of: ["inverted-residual"],
          at: BLOCK,
          layers: [
            {
              "expand.conv": "conv_pw",
              "expand.norm": "bn1",
              "depthwise.conv": "conv_dw",
              "depthwise.norm": "bn2",
              attention: "se",
              "project.conv": "conv_pwl",
              "project.norm": "bn3",
            },
          ],
        },
        {
          of: ["fused-inverted-residual"],
          at: BLOCK,
          layers: [
            {
              "expand.conv": "conv_exp",
              "expand.norm": "bn1",
              attention: "se",
              "project.conv": "conv_pwl",
              "project.norm": "bn2",
            },
          ],
        },
      ],
      gates: [{ of: "se", layers: { reduce: "conv_reduce", expand: "conv_expand" } }, ...GATES],
      settings: EFFICIENTNET,
    },
    {
      title: "ResNet, SKNet",
      blocks: [DEEP_STEM, ...RESNET_ENDS, ...residualBlocks({ gate: "se" }), ...selectiveBlocks(0, [0, 1])],
      gates: GATES,
      writes: { without: ["shortcut/pool"] },
      settings: RESNET,
    },
    {
      // Its shortcuts have a pool, or an identity instead, before the convolution.
      title: "ResNet-D",
      blocks: [
        DEEP_STEM,
        ...RESNET_ENDS,
        ...residualBlocks({ gate: "se", downsample: [1, 2] }),
        ...selectiveBlocks(1, [1, 2]),
      ],
      gates: GATES,
      writes: { with: ["shortcut/pool"] },
      settings: RESNET,
    },
    {
      title: "SENet (timm's legacy_ networks)",
      blocks: [
        { of: ["stem"], at: "layer0", layers: [{ conv: "conv1", norm: "bn1" }] },
        { of: ["head"], at: "", layers: [{ classifier: "last_linear" }] },
        ...residualBlocks({ gate: "se_module" }),
      ],
      gates: [{ of: "se", layers: { reduce: "fc1", expand: "fc2" } }],
      settings: SENET,
    },
  ],
});
