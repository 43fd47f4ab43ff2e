import type { AttentionKind } from "../ir/attention/modules.js";

/**
 * The colours of pictures and pages: on white, and on a dark ground. Pictures have the light ones written in them; a page changes them where
 * a reader's screen is dark.
 */
export const COLOURS = {
  ink: { light: "#1b2430", dark: "#e4eaf0" },
  muted: { light: "#56616f", dark: "#a3afbc" },
  line: { light: "#7b8794", dark: "#76828f" },
  block: { light: "#eef2f6", dark: "#222c36" },
  cluster: { light: "#f8fafb", dark: "#182028" },
  grid: { light: "#dfe5ea", dark: "#2c3742" },
  weights: { light: "#4373ac", dark: "#6c9edb" },
  attention: { light: "#c2611a", dark: "#f0a05a" },
  classifier: { light: "#8894a1", dark: "#8e9aa7" },
  best: { light: "#0b7a3e", dark: "#4cc27f" },
} as const satisfies Readonly<Record<string, Colour>>;

export interface Colour {
  readonly light: string;
  readonly dark: string;
}

/** One colour for each kind of gate that papers compare; the others share those that are left. */
const GATES: Readonly<Partial<Record<AttentionKind, Colour>>> = {
  se: { light: "#c9dcfb", dark: "#264671" },
  eca: { light: "#bfe6c8", dark: "#1f5434" },
  cbam: { light: "#fbd9b5", dark: "#6a431a" },
  gc: { light: "#dccdf6", dark: "#493474" },
  coord: { light: "#f9c9d4", dark: "#6f2e40" },
  ese: { light: "#bde4ea", dark: "#1d5560" },
  sk: { light: "#f3e3a4", dark: "#5b4f15" },
};
const OTHERS: readonly Colour[] = [
  { light: "#d7e0b8", dark: "#4a5426" },
  { light: "#e5cdbf", dark: "#5f4434" },
  { light: "#c4cfe0", dark: "#36475f" },
  { light: "#e3c6e6", dark: "#5a3860" },
  { light: "#cde8dc", dark: "#2c5645" },
  { light: "#ead9ae", dark: "#5b4d23" },
];

/** The colour of a kind of gate in a picture. */
export function gateColour(kind: string): string {
  return colourOf(kind).light;
}

function colourOf(kind: string): Colour {
  const known = Object.hasOwn(GATES, kind) ? GATES[kind as AttentionKind] : undefined;
  return known ?? OTHERS[otherOf(kind)] ?? COLOURS.block;
}

function otherOf(kind: string): number {
  const sum = [...kind].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  return sum % OTHERS.length;
}

/** The class of gates of a kind in a page. */
export function gateClass(kind: string): string {
  return Object.hasOwn(GATES, kind) ? `gate-${kind}` : `gate-${otherOf(kind)}`;
}

/** The style of a page that depends on colours: variables, gates, and the colours inside of pictures on a dark ground. */
export function colourRules(): string {
  const gates = [...Object.entries(GATES), ...Object.entries(OTHERS)];
  const all = [...Object.values(COLOURS), ...gates.map(([, colour]) => colour), WHITE];
  const variables = (ground: keyof Colour): string =>
    Object.entries(COLOURS)
      .map(([name, colour]) => `--${name}:${colour[ground]};`)
      .join("");
  const ofGates = (ground: keyof Colour): string =>
    gates.map(([name, colour]) => `.gate-${name}{background:${colour[ground]}}`).join("");
  const inPictures = all.flatMap(({ light, dark }) =>
    ["fill", "stroke"].map((what) => `.picture [${what}="${light}"]{${what}:${dark}}`),
  );
  return [
    `:root{${variables("light")}}`,
    ofGates("light"),
    `@media screen and (prefers-color-scheme:dark){:root{${variables("dark")}}${ofGates("dark")}${inPictures.join("")}}`,
  ].join("\n");
}

/** The ground of pictures and of ops without weights. */
const WHITE: Colour = { light: "white", dark: "#11181f" };
