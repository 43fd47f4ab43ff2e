import { Defect } from "../base/diagnostic.js";

/** Channels, height and width of one image. */
export interface InputImage {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Channels and length of one signal, as of a recording. */
export interface InputSignal {
  readonly channels: number;
  readonly length: number;
}

/** What goes into a network. */
export type NetworkInput = InputImage | InputSignal;

/** Axes of maps beside batch and channels: height and width, or the length. */
export type MapAxes = 1 | 2;

export function isSignal(input: NetworkInput): input is InputSignal {
  return "length" in input;
}

/** The image that goes into a network of images. */
export function imageOf(input: NetworkInput): InputImage {
  if (isSignal(input)) throw new Defect("the input is a signal");
  return input;
}

/** The sizes of an input after its channels. */
export function placesOfInput(input: NetworkInput): readonly number[] {
  return isSignal(input) ? [input.length] : [input.height, input.width];
}

export function axesOf(input: NetworkInput): MapAxes {
  return isSignal(input) ? 1 : 2;
}
