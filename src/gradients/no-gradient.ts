/** Why something has no derivatives, in words. */
export class NoGradient extends Error {}
