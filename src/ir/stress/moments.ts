import { erfOf } from "../ops/error-function.js";

/**
 * What is known of the numbers of a tensor before there are any, over images, channels and positions. A layer's
 * weights are chosen by the moments of its operand, so that signals neither fade nor explode at any depth.
 */
export interface Moments {
  /** Mean of the squares; positive. */
  readonly power: number;
  /** Mean over the channels of the square of each channel's mean: what is left after pooling a large map. */
  readonly steady: number;
  /**
   * Mean of all numbers, whose square is a part of `steady`; left out, 0. It is what sums keep of rectified signals: a
   * shortcut that is never negative makes its sum with a branch mostly positive, and then a ReLU takes little away.
   */
  readonly mean?: number;
}

/** The deviation of a channel's positions around the channel's mean: the part that depends on the input. */
export function variation({ power, steady }: Moments): number {
  return Math.sqrt(Math.max(0, power - steady));
}

/** A number that is drawn once for each channel. */
export function perChannel(power: number): Moments {
  return { power, steady: power };
}

/** The mean over a map: what varies from position to position averages out. */
export function pooled({ power, steady, mean = 0 }: Moments, positions: number): Moments {
  return { power: steady + (power - steady) / positions, steady, mean };
}

/**
 * The largest of `count` numbers that vary by themselves. That of n normal ones lies about Φ⁻¹((n - 3/8) / (n + 1/4))
 * deviations up (Blom, Statistical Estimates and Transformed Beta-Variables, 1958), and its own deviation is about half
 * of theirs; neighbours in a map are alike, so this is more than it will be.
 */
export function maximum(x: Moments, count: number): Moments {
  if (count === 1) return x;
  const around = variation(x);
  const rise = around * normalQuantile((count - 3 / 8) / (count + 1 / 4));
  const mean = (x.mean ?? 0) + rise;
  const steady = x.steady + mean ** 2 - (x.mean ?? 0) ** 2;
  return { power: steady + (around / 2) ** 2, steady, mean };
}

/** Φ⁻¹ of a share over one half, by halving: Φ(x) = (1 + erf(x / √2)) / 2. */
function normalQuantile(share: number): number {
  let [low, high] = [0, 10];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if ((1 + erfOf(middle / Math.SQRT2)) / 2 < share) low = middle;
    else high = middle;
  }
  return low;
}

/** The sum of two tensors that don't depend on each other. */
export function sum(a: Moments, b: Moments): Moments {
  const [meanA, meanB] = [a.mean ?? 0, b.mean ?? 0];
  const cross = 2 * meanA * meanB;
  return { power: a.power + b.power + cross, steady: a.steady + b.steady + cross, mean: meanA + meanB };
}

/** Two tensors one after the other. */
export function averaged(a: Moments, b: Moments): Moments {
  return {
    power: (a.power + b.power) / 2,
    steady: (a.steady + b.steady) / 2,
    mean: ((a.mean ?? 0) + (b.mean ?? 0)) / 2,
  };
}

/** The product of two independent tensors. */
export function product(a: Moments, b: Moments): Moments {
  return { power: a.power * b.power, steady: a.steady * b.steady, mean: (a.mean ?? 0) * (b.mean ?? 0) };
}

/** The product with independent numbers whose mean square is `factor` and which are of one sign, as those of a gate. */
export function scaled({ power, steady, mean = 0 }: Moments, factor: number): Moments {
  return { power: power * factor, steady: steady * factor, mean: mean * Math.sqrt(factor) };
}

/** Sums of products with independent numbers of both signs: whatever mean there was is gone. */
export function mixed(x: Moments, factor: number): Moments {
  return { ...scaled(x, factor), mean: 0 };
}

/**
 * f(x), where each channel of x has a mean of N(mean, steady - mean²) around which its positions vary by
 * N(0, power - steady).
 */
export function applied(f: (x: number) => number, x: Moments): Moments {
  const centre = x.mean ?? 0;
  const [spread, around] = [Math.sqrt(Math.max(0, x.steady - centre ** 2)), variation(x)];
  let square = 0;
  let squareOfMean = 0;
  let total = 0;
  for (const channel of STANDARD_NORMAL) {
    let mean = 0;
    for (const position of STANDARD_NORMAL) {
      const y = f(centre + spread * channel.x + around * position.x);
      mean += position.share * y;
      square += channel.share * position.share * y * y;
    }
    squareOfMean += channel.share * mean * mean;
    total += channel.share * mean;
  }
  return { power: square, steady: squareOfMean, mean: total };
}

/** Points of N(0, 1) up to four deviations, and their shares: accurate to a percent, which is enough here. */
const STANDARD_NORMAL = normalGrid(4, 33);

function normalGrid(
  limit: number,
  points: number,
): readonly { readonly x: number; readonly share: number }[] {
  const weighed = Array.from({ length: points }, (_, i) => {
    const x = limit * ((2 * i) / (points - 1) - 1);
    return { x, weight: Math.exp((-x * x) / 2) };
  });
  const total = weighed.reduce((all, { weight }) => all + weight, 0);
  return weighed.map(({ x, weight }) => ({ x, share: weight / total }));
}
