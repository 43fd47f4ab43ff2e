/**
 * How the gates that a swap made may start.
 *
 * `init`: as the framework initialises them.
 * `neutral`: each as a constant, which leaves the mean response of each channel as it was.
 * `fit`: as near to the old gate's responses as their weights allow.
 */
export const NEW_GATE_STARTS = ["init", "neutral", "fit"] as const;

export type NewGateStart = (typeof NEW_GATE_STARTS)[number];
