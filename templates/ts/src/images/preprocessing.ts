/** How an image gets its size: covering the input or fitting into it, keeping its proportions, or both sides whatever they were. */
export const RESIZE_MODES = ["shorter-side", "exact", "fit"] as const;
export const INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "lanczos"] as const;
export const CHANNEL_ORDERS = ["rgb", "bgr"] as const;
/** Where an image that fits into its input is filled up: at the right and the bottom, or at all sides. */
export const PADDING_SIDES = ["end", "around"] as const;

export type ResizeMode = (typeof RESIZE_MODES)[number];
export type Interpolation = (typeof INTERPOLATIONS)[number];
export type ChannelOrder = (typeof CHANNEL_ORDERS)[number];

/** What fills the part of an input that an image leaves. */
export interface ImagePadding {
  readonly at: (typeof PADDING_SIDES)[number];
  /** A pixel's value, from 0 to 255; null: the mean of each channel, which is 0 once it is normalised. */
  readonly value: number | null;
}

/** What is done to an image before a network sees it; docs/run.md says it in numbers. */
export interface Preprocessing {
  readonly resize: ResizeMode;
  /** Only if the image is resized to fit. */
  readonly padding?: ImagePadding | undefined;
  readonly interpolation: Interpolation;
  /** The part of the resized image's sides that the crop at its centre keeps, over 0 and at most 1. */
  readonly crop: number;
  /** One for each channel, as a part of the largest pixel value. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly channelOrder: ChannelOrder;
}
