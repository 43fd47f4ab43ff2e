import { eca } from "./eca.js";
import { efficientnet } from "./efficientnet.js";
import { exact } from "./exact.js";
import { senet } from "./senet.js";

/** Every convention. A new one is its file and a line here. */
export const conventions = { exact, senet, eca, efficientnet } as const;

export type ConventionName = keyof typeof conventions;

export const CONVENTION_NAMES = Object.keys(conventions) as [ConventionName, ...ConventionName[]];
