import type { Value } from "../../ir/graph.js";
import { elementCount, featureMap, gatedChannels, placesOf, refuse } from "../../ir/types.js";
import type { MovingKind } from "../../language/definitions/moving-layers.js";
import { buildAttend } from "./attend.js";
import { numberOf } from "./joins.js";
import { type Builder, named } from "./layer-builders.js";
import type { LayerBuilder } from "./layers.js";

/** How the layers without weights become ops. */
export const movingBuilders: { readonly [K in MovingKind]: Builder<K> } = {
  pool: (layers, x, { name, kind, countPadding, ...window }) =>
    kind === "max" ? layers.maxPool(x, name, window) : layers.avgPool(x, name, window, { countPadding }),
  "global-pool"(layers, x, { name, kind, weights, epsilon }, { values }) {
    const shares = weights === undefined ? undefined : named(values, weights);
    if (epsilon !== undefined) return deviation(layers, x, name, shares, epsilon);
    if (kind === "max") return layers.op("global_max_pool", [x], {}, name);
    return meanOver(layers, x, shares, name);
  },
  attend: buildAttend,
  softmax(layers, x, { name, over }) {
    const [, channels] = gatedChannels(x.type, "x");
    const places = placesOf(x.type, "x");
    if (over === "channels" || places.length === 1) {
      return layers.op("softmax", [x], { axis: over === "channels" ? 1 : 2 }, name);
    }
    const flat = layers.op("reshape", [x], { shape: [0, channels, elementCount(places)] }, `${name}/flat`);
    const shares = layers.op("softmax", [flat], { axis: 2 }, name);
    return layers.op("reshape", [shares], { shape: [0, channels, ...places] }, `${name}/map`);
  },
  // A binomial filter is means of two neighbours, again and again.
  "blur-pool"(layers, x, { name, kernel, stride }) {
    const each = Math.floor((stride - 1 + kernel - 1) / 2);
    const edge = [0, 0, ...placesOf(x.type, "x").map(() => each)];
    let y: Value = layers.op("reflect_pad", [x], { before: edge, after: edge }, `${name}/pad`);
    for (let i = 1; i < kernel; i++) {
      const last = i === kernel - 1;
      y = layers.avgPool(y, last ? `${name}/blur` : `${name}/blur/${i - 1}`, {
        kernel: 2,
        stride: last ? stride : 1,
        padding: "valid",
      });
    }
    return y;
  },
  pad: (layers, x, { name, ...pad }) => layers.framed(x, name, pad),
  upsample(layers, x, { name, factor, to, mode }, { values }) {
    const wanted = to && placesOf(named(values, to).type, "the map that it gets as large as");
    const scales = placesOf(x.type, "x").map(
      (size, axis) => factor?.[axis] ?? scaleTo(Number(wanted?.[axis]), size),
    );
    return layers.op("resize", [x], { scales: [1, 1, ...scales], ...UPSAMPLING[mode] }, name);
  },
  slice: (layers, x, { name, start, end }) => layers.op("slice", [x], { axis: 1, start, end }, name),
  shuffle(layers, x, { name, groups }) {
    const [, channels] = gatedChannels(x.type, "x");
    const places = placesOf(x.type, "x");
    return regrouped(layers, x, name, {
      split: [0, groups, channels / groups, ...places],
      permutation: [0, 2, 1, ...places.map((_, i) => i + 3)],
      merged: [0, channels, ...places],
    });
  },
  "space-to-depth"(layers, x, { name, size, order }) {
    const [, channels, height, width] = featureMap(x.type, "x");
    const [rows, columns] = [Number(height) / size, Number(width) / size];
    layers.checked(name, () => {
      if (!Number.isInteger(rows) || !Number.isInteger(columns))
        refuse(`a map of ${height}x${width} has no whole blocks of ${size}x${size} pixels`);
    });
    return regrouped(layers, x, name, {
      split: [0, channels, rows, size, columns, size],
      permutation: order === "pixel" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4],
      merged: [0, channels * size ** 2, rows, columns],
    });
  },
  "depth-to-space"(layers, x, { name, size, order, channels }) {
    const [, , height, width] = featureMap(x.type, "x");
    const [rows, columns] = [Number(height), Number(width)];
    const inPixels = order === "pixel";
    return regrouped(layers, x, name, {
      split: inPixels ? [0, size, size, channels, rows, columns] : [0, channels, size, size, rows, columns],
      permutation: inPixels ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3],
      merged: [0, channels, rows * size, columns * size],
    });
  },
};

/** Σ w · x over the pixels of each channel, or their mean. */
function meanOver(layers: LayerBuilder, x: Value, shares: Value | undefined, name: string): Value {
  if (shares === undefined) return layers.op("global_avg_pool", [x], {}, name);
  const axes = placesOf(x.type, "x").map((_, i) => i + 2);
  return layers.op("reduce_sum", [layers.multiply(x, shares, `${name}/weighted`)], { axes }, name);
}

/** √max(Σ w · (x - Σ w · x)², ε) over the pixels of each channel. */
function deviation(
  layers: LayerBuilder,
  x: Value,
  name: string,
  shares: Value | undefined,
  epsilon: number,
): Value {
  const mean = meanOver(layers, x, shares, `${name}/mean`);
  const apart = layers.op("sub", [x, mean], {}, `${name}/apart`);
  const squares = layers.op("pow", [apart, numberOf(layers, `${name}/two`, 2)], {}, `${name}/squares`);
  const variance = meanOver(layers, squares, shares, `${name}/variance`);
  const least = layers.op(
    "max",
    [variance, numberOf(layers, `${name}/epsilon`, epsilon)],
    {},
    `${name}/least`,
  );
  return layers.op("sqrt", [least], {}, name);
}

/** How PyTorch's `interpolate` finds pixels, in ONNX's words. */
const UPSAMPLING = {
  nearest: { mode: "nearest", coordinates: "asymmetric", rounding: "floor" },
  bilinear: { mode: "linear", coordinates: "half_pixel" },
} as const;

/** A map whose axes are split, put in another order, and merged. Named `layer/split`, `layer/turn` and `layer/merge`. */
function regrouped(
  layers: LayerBuilder,
  x: Value,
  layer: string,
  { split, permutation, merged }: { readonly [step in "split" | "permutation" | "merged"]: number[] },
): Value {
  const parts = layers.op("reshape", [x], { shape: split }, `${layer}/split`);
  const turned = layers.op("transpose", [parts], { permutation }, `${layer}/turn`);
  return layers.op("reshape", [turned], { shape: merged }, `${layer}/merge`);
}

/** The float32 by which a size becomes the wanted one, whether the product is rounded to float32 before it is rounded down or not. */
function scaleTo(wanted: number, size: number): number {
  const scale = Math.fround(wanted / size);
  return scale * size < wanted ? Math.fround(scale * (1 + 2 ** -23)) : scale;
}
