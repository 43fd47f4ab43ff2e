import type { BlockNames, LayerNames } from "./name-map.js";

/** What differs between the frameworks that name a ResNet's blocks as torchvision does. */
interface ResidualNames {
  /** The name of a gate, where there can be one. */
  readonly gate?: string;
  /** The indexes of convolution and normalisation in the shortcut. */
  readonly downsample?: readonly [conv: number, norm: number];
}

/** The name of a block of a ResNet. */
export const RESIDUAL = "layer{stage+1}.{index}";

/** The blocks of a ResNet, a ResNeXt or a Wide ResNet. */
export function residualBlocks({ gate, downsample = [0, 1] }: ResidualNames = {}): readonly BlockNames[] {
  const [conv, norm] = downsample;
  const shared: LayerNames = {
    "shortcut.conv": `downsample.${conv}`,
    "shortcut.norm": `downsample.${norm}`,
    ...(gate === undefined ? {} : { attention: gate }),
  };
  const at = RESIDUAL;
  const numbered = (...layers: readonly string[]): LayerNames =>
    Object.fromEntries(
      layers.flatMap((layer, i) => [
        [`${layer}.conv`, `conv${i + 1}`],
        [`${layer}.norm`, `bn${i + 1}`],
      ]),
    );
  return [
    { of: ["basic"], at, layers: [{ ...numbered("first", "second"), ...shared }] },
    { of: ["bottleneck"], at, layers: [{ ...numbered("reduce", "spatial", "expand"), ...shared }] },
  ];
}

/** One convolution before the blocks, and the classifier after them. */
export const RESNET_ENDS: readonly BlockNames[] = [
  { of: ["stem"], at: "", layers: [{ conv: "conv1", norm: "bn1" }] },
  { of: ["head"], at: "", layers: [{ classifier: "fc" }] },
];
