import * as z from "zod";
import { late } from "../base/late-schemas.js";
import { MAX_CHANNELS } from "./fields.js";

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

const perChannel = (value: z.ZodNumber) => z.array(value).min(1).max(MAX_CHANNELS).optional();

export const preprocessingSchema = z.strictObject({
  resize: z
    .enum(RESIZE_MODES)
    .default("shorter-side")
    .describe(
      "How the image is resized. shorter-side: keeps the proportions; the shorter side becomes the input's size divided by `crop`. exact: both sides become that. fit: keeps the proportions; the whole image fits into that size, and `padding` fills the rest (letterbox).",
    ),
  padding: late(() =>
    z.strictObject({
      at: z
        .enum(PADDING_SIDES)
        .default("end")
        .describe(
          "end: at the right or the bottom (torchvision, mmdetection). around: at both sides, the image in the middle (YOLO).",
        ),
      value: z
        .number()
        .min(0)
        .max(255)
        .nullable()
        .default(null)
        .describe(
          "Value of the padding, from 0 to 255. null: `mean`, which becomes 0 in the network's input (torchvision).",
        ),
    }),
  )
    .optional()
    .describe('Padding of an image with `"resize": "fit"`. Default: the mean, at the end.'),
  interpolation: z
    .enum(INTERPOLATIONS)
    .default("bicubic")
    .describe("How pixels are interpolated: the filters of Pillow, widened where the image shrinks."),
  crop: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.875)
    .describe("Side of the centre crop as a fraction of the resized image's side (timm's `crop_pct`)."),
  mean: perChannel(z.number().min(-1e3).max(1e3)).describe(
    "Subtracted from each channel, whose values are from 0 to 1, in the order of `channelOrder`; one number per channel, or one for all. Default: that of ImageNet for three channels, else 0.5.",
  ),
  std: perChannel(z.number().min(1e-6).max(1e3)).describe(
    "Divisor of each channel after that; one number per channel, or one for all. Default: that of ImageNet for three channels, else 0.5.",
  ),
  channelOrder: z
    .enum(CHANNEL_ORDERS)
    .default("rgb")
    .describe("Order of the channels in the network's input."),
});

/** The mean and standard deviation of ImageNet's training images, as timm and torchvision use them. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const PLAIN = 0.5;

/** A spec's preprocessing with all defaults filled in. */
export function resolvePreprocessing(
  section: z.output<typeof preprocessingSchema>,
  channels: number,
): Preprocessing {
  const { resize, interpolation, crop, channelOrder } = section;
  const padding = section.padding ?? (resize === "fit" ? ({ at: "end", value: null } as const) : undefined);
  const each = (key: keyof typeof IMAGENET): readonly number[] => {
    const given = section[key] ?? (channels === 3 ? IMAGENET[key] : [PLAIN]);
    const [first = PLAIN] = given;
    return given.length === 1 ? Array<number>(channels).fill(first) : given;
  };
  return {
    resize,
    ...(padding === undefined ? {} : { padding }),
    ...{ interpolation, crop, mean: each("mean"), std: each("std"), channelOrder },
  };
}

/** What is done to images for a network that says nothing of it. */
export function defaultPreprocessing(channels: number): Preprocessing {
  return resolvePreprocessing(preprocessingSchema.parse({}), channels);
}

/** Reads what `JSON.stringify` made of a `Preprocessing`. Undefined for a text that is none. */
export function parsePreprocessing(text: string): Preprocessing | undefined {
  const section = preprocessingSchema.safeParse(jsonOf(text)).data;
  if (section?.mean === undefined || section.std?.length !== section.mean.length) return undefined;
  return resolvePreprocessing(section, section.mean.length);
}

/** The names of a classifier's classes, in the order of its outputs. */
export const labelsSchema = z.array(z.string().min(1).max(500)).min(1).max(1_000_000);

/** Reads what `JSON.stringify` made of labels. Undefined for a text that is none. */
export function parseLabels(text: string): readonly string[] | undefined {
  return labelsSchema.safeParse(jsonOf(text)).data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
