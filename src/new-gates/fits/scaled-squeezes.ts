import type { GateResponses } from "../gate-responses.js";

/**
 * How far squeezed values may be off from those of the images, as a part of their size: in a network whose other gates are new, and
 * for other images. What hardly differs between the images, as all noise is alike, would else be taken for what tells them apart,
 * and a small shift of it would open and close gates.
 */
export const DRIFT = 0.05;

/** The squeezed values of images, each channel centred and in units of its own. */
export interface ScaledSqueezes {
  /** (s - centre) / unit, per image n and channel c at n·channels + c. */
  readonly values: Float64Array;
  readonly centre: Float64Array;
  /** √(deviation² + drift²) of each channel; 1 of one that is always 0. */
  readonly unit: Float64Array;
  /** The drift of each channel in its unit, 0 to 1. */
  readonly drift: Float64Array;
}

export function scaledSqueezes({ images, channels, squeeze }: GateResponses): ScaledSqueezes {
  const centre = columnMeans(squeeze, channels);
  const squares = columnMeans(
    squeeze.map((value) => value * value),
    channels,
  );
  const size = squares.map(Math.sqrt);
  const unit = squares.map((square, c) => {
    const deviation = Math.max(0, square - (centre[c] as number) ** 2);
    return Math.sqrt(deviation + (DRIFT * (size[c] as number)) ** 2) || 1;
  });
  return {
    values: Float64Array.from({ length: images * channels }, (_, i) => {
      const c = i % channels;
      return ((squeeze[i] as number) - (centre[c] as number)) / (unit[c] as number);
    }),
    centre,
    unit,
    drift: size.map((each, c) => (DRIFT * each) / (unit[c] as number)),
  };
}

function columnMeans(values: Float64Array, columns: number): Float64Array {
  const means = new Float64Array(columns);
  const rows = values.length / columns;
  values.forEach((value, i) => {
    means[i % columns] = (means[i % columns] as number) + value / rows;
  });
  return means;
}
