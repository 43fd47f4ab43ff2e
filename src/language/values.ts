import * as z from "zod";
import { once } from "../base/late.js";
import { late } from "../base/late-schemas.js";
import { MAX_CHANNELS } from "./fields.js";

// Named values: a layer or a stage names its result, and later ones begin with it.

/**
 * How several maps become one: one after the other along the channels, or element by element. `weighted`: their sum by trained
 * weights, the fast normalised fusion of EfficientDet (Tan et al., CVPR 2020, section 3.3).
 */
export const JOINS = ["concat", "sum", "mean", "product", "weighted"] as const;
export type JoinWord = (typeof JOINS)[number];

/** The name of what a block, or the network, begins with. */
export const INPUT_VALUE = "input";
/** The name of what the stem leads to. */
export const STEM_VALUE = "stem";

const NAME = "[a-z][A-Za-z0-9_-]{0,39}";

/** A name begins with a small letter: `C4` is a level of the pyramid. */
export const valueName = z.string().regex(new RegExp(`^${NAME}$`), {
  error: "a value's name has letters, digits, _ and -, and begins with a small letter",
});

/** What can be read by name: a value, or in necks and heads a level. */
export const readName = z.string().regex(new RegExp(`^(${NAME}|C[0-9])$`), {
  error:
    "a value's name has letters, digits, _ and -, and begins with a small letter; a level is C and a digit",
});

/** Every level that a name can be. */
export const LEVEL_NAMES: readonly string[] = Array.from({ length: 10 }, (_, level) => `C${level}`);

const names = once(() =>
  z
    .array(readName)
    .max(64)
    .refine((list) => list.length > 1, { error: "a list has two names or more" }),
);
const joined = once(() =>
  z
    .strictObject({
      concat: names().optional().describe("The maps concatenated along the channels."),
      sum: names().optional().describe("Their sum."),
      mean: names().optional().describe("Their mean."),
      product: names().optional().describe("Their product, element by element."),
      weighted: names()
        .optional()
        .describe(
          "Their weighted sum, with trained weights w: Σ wᵢ · xᵢ / (Σ wᵢ + 0.0001), each w at least 0.",
        ),
    } satisfies { readonly [H in JoinWord]: z.ZodType })
    .refine((ways) => Object.keys(ways).length === 1, { error: `expected one of ${JOINS.join(", ")}` }),
);

const fromSchema: z.ZodType<WrittenFrom> = late(() =>
  z.union([readName, names(), joined()], {
    error: 'expected a name, a list of names, or an object such as { "sum": ["c3", "up4"] }',
  }),
);

/** What `from` says: one name; several, whose maps stand one after the other; or several and how they are joined. */
export type WrittenFrom =
  | string
  | readonly string[]
  | { readonly [H in JoinWord]?: readonly string[] | undefined };

/** What layers and stages say of named values. */
export const valueFields = once(() => ({
  as: valueName.optional().describe("Name of the result, for `from` of later items."),
  from: fromSchema
    .optional()
    .describe(
      'Its input, by name: `"c3"`; a list of names, whose maps are concatenated; or names with a way to join them: `{ "sum": ["c3", "up4"] }`, also `concat`, `mean`, `product` and `weighted`. Default: the previous result.',
    ),
}));

/** Named values that are read, and how they become one map. Of one name, that value itself. */
export interface Reading<N> {
  readonly how: JoinWord;
  readonly names: readonly N[];
}

/** What `from` reads. */
export function readingOf(from: WrittenFrom): Reading<string> {
  if (typeof from === "string") return { how: "concat", names: [from] };
  if (isList(from)) return { how: "concat", names: from };
  const how = JOINS.find((each) => from[each] !== undefined) ?? "concat";
  return { how, names: from[how] ?? [] };
}

function isList(from: WrittenFrom): from is readonly string[] {
  return Array.isArray(from);
}

/** What is known of a map while a spec is resolved; NaN where it is refused already. */
export interface MapShape {
  readonly channels: number;
  /** How many pixels of the network's or block's input one of the map stands for, along its height; below 1 in an enlarged map. */
  readonly stride: number;
}

/**
 * What several maps are together, and why they can't be joined, if so; in words of `what` they are, and what they `cannot`. Whether they
 * are equally large is seen when the network is built, as strides don't tell it of maps of one pixel.
 */
export function joinedShape(
  how: JoinWord,
  maps: readonly MapShape[],
  { what = "maps", cannot = `have no ${how}` } = {},
): { readonly shape: MapShape; readonly problem?: string } {
  const [first = { channels: Number.NaN, stride: Number.NaN }] = maps;
  const channels = maps.map((map) => map.channels);
  const unknown = { ...first, channels: Number.NaN };
  if (how === "concat") {
    const all = channels.reduce((sum, each) => sum + each, 0);
    return all > MAX_CHANNELS
      ? { shape: unknown, problem: `${all} channels are more than ${MAX_CHANNELS}` }
      : { shape: { ...first, channels: all } };
  }
  const differ = new Set(channels.filter((each) => !Number.isNaN(each))).size > 1;
  return differ
    ? { shape: unknown, problem: `${what} of ${channels.join(", ")} channels ${cannot}` }
    : { shape: first };
}
