import { elementAt, type Numbers } from "../tensor.js";

/** A sum over channels, as far as it is the same for the whole convolution. */
export interface ChannelSum {
  readonly x: Numbers;
  /** The way from one input to the next, and from one channel to the next. */
  readonly step: number;
  readonly channels: number;
  readonly channelStep: number;
  readonly weight: Numbers;
  /** The way from one channel's weight to the next's. */
  readonly tapStep: number;
}

/** `addChannels` to an output and to the next one, `planeStep` further, with weights `outputStep` further. The same sums, in half the time. */
export function addToTwo(
  y: Numbers,
  target: number,
  planeStep: number,
  length: number,
  sum: ChannelSum,
  source: number,
  tap: number,
  outputStep: number,
): void {
  const { x, step, channels, channelStep, weight, tapStep } = sum;
  const end = target + length;
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    const at = tap + c * tapStep;
    const next = at + outputStep;
    const [v0, v1] = [elementAt(weight, at), elementAt(weight, at + tapStep)];
    const [v2, v3] = [elementAt(weight, at + 2 * tapStep), elementAt(weight, at + 3 * tapStep)];
    const [w0, w1] = [elementAt(weight, next), elementAt(weight, next + tapStep)];
    const [w2, w3] = [elementAt(weight, next + 2 * tapStep), elementAt(weight, next + 3 * tapStep)];
    let from = source + c * channelStep;
    for (let to = target; to < end; to++) {
      const x0 = x[from] as number;
      const x1 = x[from + channelStep] as number;
      const x2 = x[from + 2 * channelStep] as number;
      const x3 = x[from + 3 * channelStep] as number;
      y[to] = (y[to] as number) + v0 * x0 + v1 * x1 + v2 * x2 + v3 * x3;
      y[to + planeStep] = (y[to + planeStep] as number) + w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3;
      from += step;
    }
  }
  addChannels(y, target, length, sum, source, tap, c);
  addChannels(y, target + planeStep, length, sum, source, tap + outputStep, c);
}

/**
 * y[target + i] += Σ_c weight[tap + c·tapStep] · x[source + c·channelStep + i·step] for i of 0 … length - 1, from the channel
 * `first` on. All the work of a convolution is here and in `addToTwo`, so four channels are added in one go over y.
 */
export function addChannels(
  y: Numbers,
  target: number,
  length: number,
  { x, step, channels, channelStep, weight, tapStep }: ChannelSum,
  source: number,
  tap: number,
  first: number,
): void {
  const end = target + length;
  let c = first;
  for (; c + 4 <= channels; c += 4) {
    const w0 = elementAt(weight, tap + c * tapStep);
    const w1 = elementAt(weight, tap + (c + 1) * tapStep);
    const w2 = elementAt(weight, tap + (c + 2) * tapStep);
    const w3 = elementAt(weight, tap + (c + 3) * tapStep);
    let from = source + c * channelStep;
    for (let to = target; to < end; to++) {
      const x0 = x[from] as number;
      const x1 = x[from + channelStep] as number;
      const x2 = x[from + 2 * channelStep] as number;
      const x3 = x[from + 3 * channelStep] as number;
      y[to] = (y[to] as number) + w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3;
      from += step;
    }
  }
  for (; c < channels; c++) {
    const w = elementAt(weight, tap + c * tapStep);
    let from = source + c * channelStep;
    for (let to = target; to < end; to++) {
      y[to] = (y[to] as number) + w * (x[from] as number);
      from += step;
    }
  }
}
