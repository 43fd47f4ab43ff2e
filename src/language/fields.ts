import * as z from "zod";
import { ACTIVATION_NAMES } from "../ir/activations.js";

/** More channels than any published network has; a spec that asks for more has a typo. */
export const MAX_CHANNELS = 65536;

/** A number of channels. */
export const channelCount = z.int().min(1).max(MAX_CHANNELS);

/** The side of a square kernel, in pixels. That it is odd is a rule, `KernelIsOdd`. */
export const kernelSize = z.int().min(1).max(63);

/** The step of a convolution, in pixels of its input, in both directions. */
export const strideSize = z.int().min(1).max(16);

export const activationName = z.enum(ACTIVATION_NAMES);

/** The factor by which a block widens its input. No published network goes over 16. */
export const expansionFactor = z.number().positive().max(64);
