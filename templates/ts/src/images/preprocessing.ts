/** How an image gets its size: its shorter side, keeping its proportions, or both sides whatever they were. */
export const RESIZE_MODES = ["shorter-side", "exact"] as const;
export const INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "lanczos"] as const;
export const CHANNEL_ORDERS = ["rgb", "bgr"] as const;

export type ResizeMode = (typeof RESIZE_MODES)[number];
export type Interpolation = (typeof INTERPOLATIONS)[number];
export type ChannelOrder = (typeof CHANNEL_ORDERS)[number];

/** What is done to an image before a network sees it; docs/run.md says it in numbers. */
export interface Preprocessing {
  readonly resize: ResizeMode;
  readonly interpolation: Interpolation;
  /** The part of the resized image's sides that the crop at its centre keeps, over 0 and at most 1. */
  readonly crop: number;
  /** One for each channel, as a part of the largest pixel value. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly channelOrder: ChannelOrder;
}
