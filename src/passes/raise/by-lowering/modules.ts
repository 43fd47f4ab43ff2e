import type { AttentionType } from "../../../ir/attention/modules.js";
import type { OpName } from "../../../ir/ops/registry.js";

/** What the ops between a map and a result have in them, from which a module's options can be guessed. */
export interface Facts {
  /** Channels that convolutions make. */
  readonly widths: readonly number[];
  /** Longest sides of kernels. */
  readonly kernels: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly kinds: ReadonlySet<string>;
}

export interface Guessed {
  readonly type: AttentionType;
  /** The op that ends it. */
  readonly last: OpName;
  /** Ops without which it is not there. */
  readonly needs: readonly OpName[];
  /** Whether it is a module of signals [N, C, L] too. */
  readonly ofSignals?: true;
  /** The options that it may have, without activations and ε, which are read. */
  guess(facts: Facts): readonly Readonly<Record<string, unknown>>[];
}

const BOTH = [true, false] as const;

/** Modules whose ops only ecagen writes in this form: they are found as what their lowering makes of them. */
export const GUESSED: readonly Guessed[] = [
  {
    type: "nl",
    last: "add",
    needs: ["matmul", "transpose"],
    guess: ({ widths }) =>
      widths.flatMap((channels) =>
        (["embedded-gaussian", "dot-product"] as const).flatMap((pairwise) =>
          BOTH.map((scaled) => ({ channels, pairwise, scaled })),
        ),
      ),
  },
  {
    type: "a2",
    last: "add",
    needs: ["matmul", "softmax"],
    guess: ({ widths }) => widths.map((channels) => ({ channels })),
  },
  {
    type: "bam",
    last: "add",
    needs: ["global_avg_pool", "sigmoid", "mul"],
    guess: ({ widths, dilations }) =>
      widths.flatMap((channels) => dilations.map((dilation) => ({ channels, dilation }))),
  },
  {
    type: "gsop",
    last: "mul",
    needs: ["matmul", "sub", "transpose"],
    guess: ({ widths, strides }) =>
      widths.flatMap((channels) => strides.map((stride) => ({ channels, stride }))),
  },
  {
    type: "coord",
    last: "mul",
    needs: ["reduce_mean", "concat", "slice"],
    guess: ({ widths }) => widths.map((channels) => ({ channels })),
  },
  {
    type: "eca-ns",
    last: "mul",
    needs: ["global_avg_pool", "transpose", "sigmoid"],
    ofSignals: true,
    guess: ({ kernels }) => kernels.filter((kernel) => kernel % 2 === 1).map((kernel) => ({ kernel })),
  },
  {
    type: "ge",
    last: "mul",
    needs: ["conv"],
    guess: ({ widths, kinds }) => gathers(kinds).flatMap((gather) => withExcite(gather, widths)),
  },
  {
    type: "ge",
    last: "mul",
    needs: ["avg_pool"],
    guess: ({ widths, kinds }) => gathers(kinds).flatMap((gather) => withExcite(gather, widths)),
  },
  {
    type: "se",
    last: "mul",
    needs: ["conv"],
    guess: ({ widths, kinds }) =>
      kinds.size > 5
        ? []
        : widths.flatMap((channels) => BOTH.map((bias) => ({ squeeze: "none", channels, bias }))),
  },
];

/** The gathers of gather-excite that are not a mean over the whole map. */
function gathers(kinds: ReadonlySet<string>) {
  const extents = [2, 4, 8, 16];
  if (kinds.has("avg_pool")) return extents.map((extent) => ({ extent, parameters: false }));
  return [0, ...extents].map((extent) => ({ extent, parameters: true }));
}

function withExcite(gather: object, widths: readonly number[]) {
  return [{ ...gather, mlp: false }, ...widths.map((channels) => ({ ...gather, mlp: true, channels }))];
}
