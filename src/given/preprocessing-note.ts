import type { Preprocessing } from "../language/preprocessing.js";

/** What is said where a model does not say how it takes images. */
export function defaultPreprocessingNote(model: string, preprocessing: Preprocessing): string {
  const { resize, interpolation, crop, mean, std } = preprocessing;
  return `${model} does not say how it takes images; this is the default: ${resize}, ${interpolation}, crop ${crop}, mean ${mean.join(" ")}, std ${std.join(" ")}`;
}
