import type * as z from "zod";
import { convolutions } from "../ops/convolutions.js";
import { elementwise } from "../ops/elementwise.js";
import { MAXIMUM, MEAN, reduceTensor, spatialAxes } from "../ops/reductions.js";
import type { UnaryOp } from "../ops/unary.js";
import { elementAt, type Numbers, runningSum, type Tensor, zeros } from "../tensor.js";
import { elementCount } from "../types.js";

/*
 * The words of the papers' equations, in the run's arithmetic. Modules evaluate their definitions with these, so that a reader
 * sees the equation; the lowerings use none of them.
 */

const CHANNELS = [1];

/** z[n,c] = mean of x[n,c,·,·], as a map of 1×1 (SENet, CVPR 2018, eq. 2); of a signal x[n,c,·], as one of length 1. */
export function channelMeans(x: Tensor): Tensor {
  return reduceTensor(x, spatialAxes(x), MEAN);
}

/** The maximum of each channel, as a map of 1×1. */
export function channelMaxima(x: Tensor): Tensor {
  return reduceTensor(x, spatialAxes(x), MAXIMUM);
}

/** The mean over the channels at each position, as a map of one channel. */
export function positionMeans(x: Tensor): Tensor {
  return reduceTensor(x, CHANNELS, MEAN);
}

/** The maximum over the channels at each position, as a map of one channel. */
export function positionMaxima(x: Tensor): Tensor {
  return reduceTensor(x, CHANNELS, MAXIMUM);
}

/** An activation of every element, as inexact as it is in the run's arithmetic. */
export function activated(activation: UnaryOp, x: Tensor): Tensor {
  return activation.evaluate({ x }, {});
}

/** f of every element. */
export function applied(f: (value: number) => number, x: Tensor): Tensor {
  return { dims: x.dims, data: x.data.map(f) };
}

/** a ⊙ b; sizes of 1 are repeated. */
export function product(a: Tensor, b: Tensor): Tensor {
  return elementwise.mul.evaluate({ a, b }, {});
}

/** a + b; sizes of 1 are repeated. */
export function sum(a: Tensor, b: Tensor): Tensor {
  return elementwise.add.evaluate({ a, b }, {});
}

/** weight * x + b, a convolution. */
export function convolved(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  attributes: z.input<typeof convolutions.conv.attributes>,
): Tensor {
  const { conv } = convolutions;
  return conv.evaluate({ x, weight, bias }, conv.attributes.parse(attributes));
}

/** exp(x) / Σ exp(x), without overflow. */
export function softmaxOf(values: Numbers): Numbers {
  const most = values.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
  const exponentials = values.map((value) => Math.exp(value - most));
  const total = runningSum(values.length, (i) => elementAt(exponentials, i), values);
  return exponentials.map((value) => value / total);
}

/**
 * W·x + b at every position of a map or a signal: y[n,o,p] = b[o] + Σᵢ W[o,i] · x[n,i,p]. With `group` parts, outputs of one
 * part see its inputs only, and W holds those.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor, group = 1): Tensor {
  const [batch, inputs] = [elementAt(x.dims, 0), elementAt(x.dims, 1)];
  const positions = elementCount(x.dims.slice(2));
  const outputs = elementAt(weight.dims, 0);
  const perGroup = inputs / group;
  const y = zeros([batch, outputs, ...x.dims.slice(2)], x);
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const target = (n * outputs + o) * positions;
      y.data.fill(bias?.data[o] ?? 0, target, target + positions);
      const first = n * inputs + Math.floor(o / (outputs / group)) * perGroup;
      for (let i = 0; i < perGroup; i++) {
        const factor = elementAt(weight.data, o * perGroup + i);
        const source = (first + i) * positions;
        for (let p = 0; p < positions; p++) {
          y.data[target + p] = (y.data[target + p] as number) + factor * (x.data[source + p] as number);
        }
      }
    }
  }
  return y;
}

/**
 * The taps of a convolution along the channels: Σⱼ weight(c, j) · y[c + j - (k-1)/2], for each image of
 * y [N, C, 1, 1]. Beyond the channels y is zero, or goes on at the other end.
 */
export function alongChannels(
  y: Tensor,
  kernel: number,
  padding: "zeros" | "circular",
  weight: (channel: number, tap: number) => number,
): Tensor {
  const channels = elementAt(y.dims, 1);
  const data = y.data.map((_, i) => {
    const [c, image] = [i % channels, i - (i % channels)];
    const term = (j: number): number => {
      const position = c + j - (kernel - 1) / 2;
      const inside = position >= 0 && position < channels;
      if (!inside && padding === "zeros") return 0;
      return weight(c, j) * elementAt(y.data, image + (((position % channels) + channels) % channels));
    };
    return runningSum(kernel, term, y.data);
  });
  return { dims: y.dims, data };
}
