import * as z from "zod";
import { once } from "../base/late.js";
import { late } from "../base/late-schemas.js";
import { ATTENTION_TYPES } from "../ir/attention/modules.js";

// What a file of weights calls the layers of a network, where no framework does.

/** A name below another: words with dots between them. Patterns have `{stage}` and the like in them. */
const namePattern = once(() =>
  z
    .string()
    .max(200)
    .regex(/^[^\s#]*$/, { error: "a name has no spaces and no #" }),
);

const layerNames = once(() =>
  z
    .record(z.string().max(200), namePattern())
    .describe('Names of layers, by their paths; `""` is for all layers that are not listed.'),
);

const partNamesSchema = late(() =>
  z.strictObject({
    at: namePattern().describe(
      "Prefix of the names of its layers, such as `layer{stage+1}.{index}`. `{stage}`, `{index}` (the block's index in its stage) and `{nth}` (its index in the network) count from 0. `{scope}` is ecagen's name.",
    ),
    layers: layerNames().describe(
      'Names of layers, by their paths below the block; the rest of the path stays. `""` is for all layers that are not listed.',
    ),
  }),
);

export const weightNamesSchema = late(() =>
  z.strictObject({
    blocks: z
      .record(z.string().max(200), partNamesSchema)
      .default({})
      .describe(
        "Names by block: a block type, a block that the spec defines, `stem`, `head`, `neck`, or a path such as `heads.boxes`. Other blocks keep ecagen's names.",
      ),
    gates: z
      .partialRecord(z.enum(ATTENTION_TYPES), layerNames())
      .default({})
      .describe(
        "Names of the layers of gates, by the gate's type, below the block's name for `attention`. Gates that are not listed keep ecagen's names.",
      ),
  }),
);

/** The names of a spec's weights in files that are of no framework. */
export type WeightNames = z.output<typeof weightNamesSchema>;
