import * as z from "zod";
import { once, withLate } from "../../base/late.js";
import { late } from "../../base/late-schemas.js";

/** How the numbers that a head has for an anchor become its box. */
interface BoxDecoder<Schema extends z.ZodObject> {
  /** Its options; `type` is the spec's word. */
  readonly schema: Schema;
  /** Whether boxes are relative to anchors. Without, a pixel has one box. */
  readonly hasAnchors: boolean;
  /** How many numbers a box is made of. */
  readonly numbers: (decoder: z.output<Schema>) => number;
  /** Options that have a value for each map, if they are lists. */
  readonly perMap?: keyof z.output<Schema> & string;
}

/** Gives a decoder its exact type. Its options are made when they are needed. */
function boxDecoder<Schema extends z.ZodObject>(
  decoder: Omit<BoxDecoder<Schema>, "schema"> & { readonly schema: () => Schema },
): BoxDecoder<Schema> {
  return withLate(decoder, "schema", decoder.schema);
}

const at = once(() =>
  z
    .enum(["corner", "centre"])
    .default("corner")
    .describe(
      "The point of a pixel's cell that its boxes are relative to. corner: the upper left one (torchvision). centre: the middle (EfficientDet, YOLOv8).",
    ),
);

const offsets = boxDecoder({
  schema: () =>
    z.strictObject({
      type: z
        .literal("offsets")
        .describe(
          "An anchor is moved and resized: centre + t · side, side · exp(t), where exp(t) is at most 62.5 (Girshick et al., R-CNN, CVPR 2014, appendix C).",
        ),
      order: z
        .enum(["xy", "yx"])
        .default("xy")
        .describe(
          "Order of the numbers. xy: those of x, y, width and height. yx: y, x, height, width (EfficientDet).",
        ),
      at: at(),
    }),
  hasAnchors: true,
  numbers: () => 4,
});

const reach = once(() => z.number().positive().max(16));

const cells = boxDecoder({
  schema: () =>
    z.strictObject({
      type: z
        .literal("cells")
        .describe(
          "A centre near the middle of the pixel's cell, and a multiple of the anchor's sides: numbers of x, y, width and height (Redmon and Farhadi, YOLOv3, 2018, section 2.1).",
        ),
      reach: z
        .union([reach(), z.array(reach()).min(1).max(64)], {
          error: "expected a number, or a list of one for each map",
        })
        .default(1)
        .describe(
          "Cells that centres are spread over: middle + reach · (sigmoid(t) - 1/2). One number, or a list of one per map. YOLOv4: its `scale_x_y`; YOLOv5: 2.",
        ),
      sides: z
        .enum(["exp", "square"])
        .default("exp")
        .describe("exp: anchor · exp(t) (YOLOv4). square: anchor · (2 · sigmoid(t))² (YOLOv5)."),
    }),
  hasAnchors: true,
  numbers: () => 4,
  perMap: "reach",
});

const distances = boxDecoder({
  schema: () =>
    z.strictObject({
      type: z
        .literal("distances")
        .describe(
          "Distances of the left, top, right and bottom side from a point of the pixel, in units of the map's stride (Tian et al., FCOS, ICCV 2019, section 3.1).",
        ),
      bins: z
        .int()
        .min(1)
        .max(1024)
        .default(1)
        .describe(
          "Numbers per distance. 1: the distance. More: logits whose softmax weighs 0, 1, 2 … (Li et al., Generalized Focal Loss, NeurIPS 2020, section 3; YOLOv8 has 16).",
        ),
      at: at(),
    }),
  hasAnchors: false,
  numbers: ({ bins }) => 4 * bins,
});

/** Every decoder by the spec's word. A new one is its definition, a line here, and its builder in `networks/detection/decoders.ts`. */
export const boxDecoders = { offsets, cells, distances } as const;

export type DecoderType = keyof typeof boxDecoders;

/** A decoder with its options. */
export type DecoderOf<T extends DecoderType> = z.output<(typeof boxDecoders)[T]["schema"]>;
export type ResolvedDecoder = { [T in DecoderType]: DecoderOf<T> }[DecoderType];

const DECODER_TYPES = Object.keys(boxDecoders) as [DecoderType, ...DecoderType[]];

export const decoderSchema = late(() =>
  z.union(
    [z.enum(DECODER_TYPES), z.discriminatedUnion("type", [offsets.schema, cells.schema, distances.schema])],
    {
      error: `expected ${DECODER_TYPES.map((type) => JSON.stringify(type)).join(", ")} or an object with a type`,
    },
  ),
);

/** A decoder with the defaults of its options, if only its type is given. */
export function resolveDecoder(written: z.output<typeof decoderSchema>): ResolvedDecoder {
  if (typeof written !== "string") return written;
  return boxDecoders[written].schema.parse({ type: written }) as ResolvedDecoder;
}

/** What a decoder asks of the heads and anchors. */
export function decoderNeeds(decoder: ResolvedDecoder): {
  readonly hasAnchors: boolean;
  readonly numbers: number;
  /** An option that is a list, with its length: one value for each map. */
  readonly perMap?: { readonly option: string; readonly count: number };
} {
  const definition = boxDecoders[decoder.type] as BoxDecoder<z.ZodObject>;
  const { hasAnchors, perMap: option } = definition;
  const values = option === undefined ? undefined : (decoder as Readonly<Record<string, unknown>>)[option];
  const needs = { hasAnchors, numbers: definition.numbers(decoder) };
  return option !== undefined && Array.isArray(values)
    ? { ...needs, perMap: { option, count: values.length } }
    : needs;
}
