import type { Convention, ConventionName } from "./convention.js";
import { eca } from "./eca.js";
import { efficientnet } from "./efficientnet.js";
import { exact } from "./exact.js";
import { senet } from "./senet.js";

/** Every convention. A new one is its file, its name in `CONVENTION_NAMES`, and a line here. */
export const conventions = { exact, senet, eca, efficientnet } as const satisfies {
  readonly [N in ConventionName]: Convention<N>;
};
