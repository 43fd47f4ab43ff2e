import { LIMITS } from "./amounts.js";
import { POOL_PADDINGS } from "./layer-fields.js";
import { isKnown, one, paddingOf, partOf, type Resolver, same } from "./layer-resolver.js";
import type { MovingKind } from "./moving-layers.js";
import { absentValue } from "./named-values.js";

/** How the layers without weights become numbers. */
export const movingResolvers: { readonly [K in MovingKind]: Resolver<K> } = {
  pool({ kind, kernel, stride, padding, countPadding }, at, { amounts, padding: usual, refuse }) {
    const { path, channelsIn } = at;
    if (countPadding && (padding === "ceil" || kind === "max")) {
      const message =
        kind === "max" ? "a maximum counts no pixels" : "what `ceil` adds is no padding that counts";
      refuse({ path: [...path, "countPadding"], message, hint: "leave it out" });
    }
    const strides = amounts.sides(stride, [...path, "stride"], LIMITS.stride, channelsIn);
    const pool = {
      ...partOf(at),
      layer: "pool",
      kind,
      kernel: amounts.sides(kernel, [...path, "kernel"], LIMITS.side, channelsIn),
      stride: strides,
      padding: paddingOf(padding ?? usual, POOL_PADDINGS, at, amounts),
      countPadding,
    } as const;
    return one(pool, at.strideIn * strides[0]);
  },
  "global-pool"({ kind, weights, epsilon }, at, { values, refuse }) {
    const refuseKey = (key: "weights" | "epsilon", message: string): void =>
      refuse({ path: [...at.path, key], message, hint: "leave it out" });
    if (kind === "max" && weights !== undefined) refuseKey("weights", "a maximum has no weights");
    if (kind !== "deviation" && epsilon !== undefined)
      refuseKey("epsilon", "a deviation alone has a least variance");
    const shares = weights === undefined ? undefined : values.get(weights);
    if (weights !== undefined && shares === undefined) {
      refuse({ path: [...at.path, "weights"], message: absentValue(weights) });
    } else if (
      shares !== undefined &&
      isKnown(shares.channels, at.channelsIn) &&
      shares.channels !== at.channelsIn
    ) {
      const message = `weights of ${shares.channels} channels don't fit the ${at.channelsIn} that enter the layer`;
      refuse({ path: [...at.path, "weights"], message });
    }
    const least = kind === "deviation" ? (epsilon ?? LEAST_VARIANCE) : undefined;
    return one({ ...partOf(at), layer: "global-pool", kind, weights, epsilon: least }, ONE_PIXEL);
  },
  attend(layer, at, { amounts, values, refuse }) {
    const { path, channelsIn } = at;
    const heads = amounts.integer(layer.heads, [...path, "heads"], LIMITS.channels, channelsIn);
    if (layer.kind === "softmax" && layer.epsilon !== undefined) {
      refuse({
        path: [...path, "epsilon"],
        message: "the shares of a softmax need no ε",
        hint: "leave it out",
      });
    }
    const channelsOf = (key: "keys" | "values"): number => {
      const shape = values.get(layer[key]);
      if (shape === undefined) refuse({ path: [...path, key], message: absentValue(layer[key]) });
      return shape?.channels ?? Number.NaN;
    };
    const [keys, channels] = [channelsOf("keys"), channelsOf("values")];
    if (isKnown(keys, channelsIn) && keys !== channelsIn) {
      const message = `keys of ${keys} channels don't fit queries of ${channelsIn}`;
      refuse({ path: [...path, "keys"], message });
    }
    const odd = [channelsIn, channels].find((each) => isKnown(each, heads) && each % heads !== 0);
    if (odd !== undefined) {
      refuse({ path: [...path, "heads"], message: `${heads} heads must divide the ${odd} channels` });
    }
    const epsilon = layer.kind === "linear" ? (layer.epsilon ?? LEAST_SHARES) : undefined;
    return same(
      { ...partOf(at, channels), layer: "attend", keys: layer.keys, values: layer.values, heads, epsilon },
      at,
    );
  },
  softmax: ({ over }, at) => same({ ...partOf(at), layer: "softmax", over }, at),
  "blur-pool"({ kernel, stride }, at, { amounts }) {
    const { path, channelsIn } = at;
    const step = amounts.integer(stride, [...path, "stride"], LIMITS.stride, channelsIn);
    const side = amounts.integer(kernel, [...path, "kernel"], LIMITS.blur, channelsIn);
    return one({ ...partOf(at), layer: "blur-pool", kernel: side, stride: step }, at.strideIn * step);
  },
  pad({ pads, mode }, at, { amounts, axes, refuse }) {
    const path = [...at.path, "pads"];
    if (pads.length !== 2 * axes) {
      const message =
        axes === 1
          ? "a signal has two ends, and these are four numbers"
          : "a map has four sides, and these are two numbers";
      refuse({ path, message });
    }
    const [least, most] = LIMITS.pixels;
    const limits = [mode === "reflect" ? 0 : least, most] as const;
    const sides = pads.map((pad, i) => amounts.integer(pad, [...path, i], limits, at.channelsIn));
    return same({ ...partOf(at), layer: "pad", pads: sides, reflects: mode === "reflect" || undefined }, at);
  },
  upsample({ factor, to, mode }, at, { amounts, refuse, values }) {
    const path = [...at.path, "factor"];
    if (factor !== undefined && to !== undefined) {
      refuse({ path, message: "the map is as large as `to`, or `factor` times as large, not both" });
    }
    if (to !== undefined) {
      const stride = values.get(to)?.stride ?? Number.NaN;
      if (!values.has(to)) refuse({ path: [...at.path, "to"], message: absentValue(to) });
      return one({ ...partOf(at), layer: "upsample", to, mode }, stride);
    }
    const sides = amounts.sides(factor ?? 2, path, LIMITS.stride, at.channelsIn);
    return one({ ...partOf(at), layer: "upsample", factor: sides, mode }, at.strideIn / sides[0]);
  },
  slice({ start: from, end: to }, at, { amounts, refuse }) {
    const { path, channelsIn } = at;
    const start = amounts.integer(from, [...path, "start"], LIMITS.position, channelsIn);
    const end = amounts.integer(to, [...path, "end"], LIMITS.channels, channelsIn);
    if (isKnown(start, end, channelsIn) && (end <= start || end > channelsIn)) {
      refuse({
        path: [...path, "end"],
        message: `channels ${start} to ${end} are not among the ${channelsIn} that enter the layer`,
      });
    }
    return same({ ...partOf(at, end - start), layer: "slice", start, end }, at);
  },
  shuffle(layer, at, { amounts, refuse }) {
    const path = [...at.path, "groups"];
    const groups = amounts.integer(layer.groups, path, LIMITS.channels, at.channelsIn);
    if (isKnown(groups, at.channelsIn) && at.channelsIn % groups !== 0) {
      refuse({ path, message: `${groups} groups must divide the ${at.channelsIn} input channels` });
    }
    return same({ ...partOf(at), layer: "shuffle", groups }, at);
  },
  "space-to-depth"({ size, order }, at, { amounts, refuse }) {
    const path = [...at.path, "size"];
    const side = amounts.integer(size, path, LIMITS.stride, at.channelsIn);
    const channels = at.channelsIn * side ** 2;
    if (isKnown(channels) && channels > LIMITS.channels[1]) {
      refuse({ path, message: `${channels} channels are more than ${LIMITS.channels[1]}` });
    }
    return one({ ...partOf(at, channels), layer: "space-to-depth", size: side, order }, at.strideIn * side);
  },
  "depth-to-space"({ size, order }, at, { amounts, refuse }) {
    const path = [...at.path, "size"];
    const side = amounts.integer(size, path, LIMITS.stride, at.channelsIn);
    const channels = at.channelsIn / side ** 2;
    if (isKnown(channels) && !Number.isInteger(channels)) {
      refuse({ path, message: `${side}x${side} pixels must divide the ${at.channelsIn} input channels` });
    }
    return one(
      { ...partOf(at, Math.ceil(channels)), layer: "depth-to-space", size: side, order },
      at.strideIn / side,
    );
  },
};

/** What keeps the root of a variance differentiable, as in SpeechBrain. */
const LEAST_VARIANCE = 1e-12;

/** What keeps the shares of linear attention finite, as in EfficientViT. */
const LEAST_SHARES = 1e-5;

/** The stride of a map of one pixel, whatever the input's size. */
const ONE_PIXEL = Number.POSITIVE_INFINITY;
