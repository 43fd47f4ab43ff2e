import * as z from "zod";
import { ATTENTION_TYPES } from "../ir/attention/modules.js";

// What a file of weights calls the layers of a network, where no framework does.

/** A name below another: words with dots between them. Patterns have `{stage}` and the like in them. */
const namePattern = z
  .string()
  .max(200)
  .regex(/^[^\s#]*$/, { error: "a name has no spaces and no #" });

const layerNames = z
  .record(z.string().max(200), namePattern)
  .describe('Layers, by their paths, and their names; `""` stands for all that are not there.');

const partNamesSchema = z.strictObject({
  at: namePattern.describe(
    "What stands before the names of its layers, as `layer{stage+1}.{index}`; the stage, the block's index in it, and `{nth}`, its index of all, count from 0. `{scope}` is ecagen's own name.",
  ),
  layers: layerNames.describe(
    'Layers, by their paths below the block, and what they are called; what stands below one keeps its name. `""` stands for all that are not there.',
  ),
});

export const weightNamesSchema = z.strictObject({
  blocks: z
    .record(z.string().max(200), partNamesSchema)
    .default({})
    .describe(
      "By the word for a block, one's own or another, `stem`, `head`, `neck`, or a path as `heads.boxes`. Blocks that are not there keep ecagen's names.",
    ),
  gates: z
    .partialRecord(z.enum(ATTENTION_TYPES), layerNames)
    .default({})
    .describe(
      "By the type of a gate its layers and their names, below the name that its block has for `attention`. Gates that are not there keep ecagen's names.",
    ),
});

/** The names of a spec's weights in files that are of no framework. */
export type WeightNames = z.output<typeof weightNamesSchema>;
