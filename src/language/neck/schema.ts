import * as z from "zod";
import { once } from "../../base/late.js";
import { late } from "../../base/late-schemas.js";
import { layersSchema } from "../definitions/layer-schema.js";
import { activationName } from "../fields.js";
import { readName, valueName } from "../values.js";

// Between the stages and the outputs of a network that finds things: a neck, and heads over its maps.

const layerActivation = once(() =>
  activationName.optional().describe("Activation of its layers. Default: `defaults.activation`."),
);

export const neckSchema = late(() =>
  z.strictObject({
    activation: layerActivation(),
    layers: layersSchema
      .refine((layers) => layers.length > 0, { error: "a list of one layer or more" })
      .describe(
        "Layers, as in a definition. `from` reads the maps that stages name by `as`, levels such as `C3`, and `input`, the last stage's map.",
      ),
  }),
);

/** How far the applications of a head share their parameters. */
export const SHARES = ["all", "all-but-norms", "none"] as const;

/** The order of the rows that a map becomes. */
export const ROW_ORDERS = ["pixels", "anchors"] as const;

const rows = late(() =>
  z.strictObject({
    values: z
      .int()
      .min(1)
      .max(65536)
      .describe("Numbers per row: those of one anchor. Must divide the channels of the map."),
    order: z
      .enum(ROW_ORDERS)
      .default("pixels")
      .describe(
        "Order of the rows. pixels: all anchors of the first pixel, then those of the next (RetinaNet). anchors: the first anchor of all pixels, then the next (YOLO).",
      ),
  }),
);

const mapHeadSchema = late(() =>
  z.strictObject({
    name: valueName.describe("Name in the network's scopes, parameters and outputs; later heads read it."),
    from: z
      .union([valueName, z.array(readName).min(1).max(64)], {
        error: 'expected a list of maps as ["p3", "p4"], or the name of an earlier head',
      })
      .describe(
        'The maps that the layers are applied to, each separately: `["p3", "p4"]`; or an earlier head, whose results are used.',
      ),
    layers: layersSchema.describe("Layers, as in a definition; named values are those of one application."),
    activation: layerActivation(),
    share: z
      .enum(SHARES)
      .default("all")
      .describe(
        "Which parameters all maps share. all: one set of weights. all-but-norms: each map has its own batch normalisations (EfficientDet). none: each map has its own parameters.",
      ),
    output: z
      .union([z.enum(["maps", "none"]), rows], {
        error: 'expected "maps", "none" or an object with `values`',
      })
      .default("maps")
      .describe(
        "maps: each result is an output, named after head and map. none: only later heads read it. `values`: one output [N, rows, values] of all maps, concatenated.",
      ),
  }),
);

export const mapHeadsSchema = late(() => z.array(mapHeadSchema).min(1).max(64));

export type WrittenMapHead = z.output<typeof mapHeadSchema>;
