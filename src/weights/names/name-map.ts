/**
 * How a framework names the parameters that ecagen names after their scope. A map is data: a table by block type and
 * a table by kind of gate for each family of networks. It is read both ways.
 *
 *     stages.2.blocks.0.expand.conv.weight     block /stages/2/blocks/0 of the type inverted-residual,
 *                                              layer expand.conv, tensor weight
 *     blocks.2.0.conv_pw.weight                timm: the block's name, the layer's name, the same last word
 *
 * The last word (weight, bias, running_mean, running_var) is that of PyTorch, and the same everywhere.
 */
export interface NameMap {
  /** What `--names` takes. */
  readonly kind: string;
  readonly title: string;
  /** One for each family of networks that is named in its own way. */
  readonly namings: readonly Naming[];
}

export interface Naming {
  /** The networks that are named so, for people. */
  readonly title: string;
  /** Whether the spec itself says the names: blocks are counted as it has them, and gates of which a block has several have names. */
  readonly own?: boolean;
  /** The first row that fits a block names its layers. */
  readonly blocks: readonly BlockNames[];
  /** The first row that fits a gate names its layers, below the name that `blocks` has for "attention". */
  readonly gates: readonly GateNames[];
  /**
   * The networks that are written under these names, where several namings could name the same blocks. A file is read
   * under any names that it has.
   */
  readonly writes?: NetworkCondition;
  /** What these networks are beyond their names and shapes. Left out: nothing that the names say. */
  readonly settings?: readonly ImpliedSetting[];
}

/** What a setting of a network is about; `implied-settings.ts` of the driver says which fields of a spec it is. */
export type SettingName =
  | "epsilon"
  | "padding"
  | "stride-at"
  | "gate-position"
  | "gate-squeeze"
  | "stem-activation"
  | "activation"
  | "head-activation"
  | "gate"
  | "gate-activation"
  | "mean"
  | "std"
  | "channel-order"
  | "interpolation"
  | "crop";

/** A setting that the networks under a naming have, as numbers that were trained with it need it. */
export interface ImpliedSetting {
  readonly setting: SettingName;
  /** The networks that it is about, where names and shapes tell: the first of a setting's that fits is the one. */
  readonly when?: SettingCondition;
  /** What it can be: one value, or those of networks that neither names nor shapes tell apart. */
  readonly values: readonly SettingValue[];
  /** Whether networks of all values have the same names, so that a reader should know which one the spec takes. */
  readonly untold?: true;
  /** The file, and what in it says so. */
  readonly source: string;
}

export type SettingValue = number | string | readonly number[];

/** What a network has: blocks of a type, and one of these channels before the classifier. */
export interface SettingCondition {
  readonly block?: string;
  readonly head?: readonly number[];
}

/** The mean and deviation of ImageNet's training images, and those that bring values to -1 … 1. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
export const HALVES = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/** What is done to images: RGB, with one of these means and deviations. */
export function imageSettings(
  source: string,
  ...normalizations: readonly { readonly mean: readonly number[]; readonly std: readonly number[] }[]
): readonly ImpliedSetting[] {
  return [
    { setting: "mean", values: normalizations.map(({ mean }) => mean), source },
    { setting: "std", values: normalizations.map(({ std }) => std), source },
    { setting: "channel-order", values: ["rgb"], source },
  ];
}

/** One activation at all of these. */
export function activationOf(
  settings: readonly Extract<SettingName, `${string}activation`>[],
  activation: string,
  source: string,
): readonly ImpliedSetting[] {
  return settings.map((setting) => ({ setting, values: [activation], source }));
}

/** What a network must have and must not have: layers or other scopes below a block, `attention` or `shortcut/pool`. */
export interface NetworkCondition {
  readonly with?: readonly string[];
  readonly without?: readonly string[];
}

export interface BlockNames {
  /** The block's types: those of specs, `stem` and `head`. Left out: every type. */
  readonly of?: readonly string[];
  /** The block's scope, with dots. Left out: every one. */
  readonly scope?: string;
  /** A layer that the block must have, or must not have. */
  readonly with?: string;
  readonly without?: string;
  /** The block's name. It and all names of its layers are patterns: `{stage+1}` and so on, see `BlockNumbers`. */
  readonly at: string;
  /**
   * Layers and their names below the block's; "" instead of a layer stands for all others. Each record is one element
   * of the block, and `#` in its names is the element's number: the count of those before it that the block has. So
   * numbers close up where a block lacks its expansion or its gate, as in PyTorch's `Sequential`.
   */
  readonly layers: readonly LayerNames[];
}

export type LayerNames = Readonly<Record<string, LayerName>>;

/** A name; `linear` where the framework has a fully connected layer, [out, in], for a 1×1 convolution. */
export type LayerName = string | { readonly name: string; readonly linear: true };

export interface GateNames {
  /** The kind of attention. Left out: every kind. */
  readonly of?: string;
  /** Attributes that the gate must have. */
  readonly when?: Readonly<Record<string, unknown>>;
  /** Whether one of several gates of a block has these names too. */
  readonly ofSeveral?: true;
  readonly layers: LayerNames;
}

/** Gives a map its exact type. */
export function defineNameMap<const K extends string>(map: NameMap & { readonly kind: K }): typeof map {
  return map;
}
