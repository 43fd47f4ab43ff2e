import type { Generator } from "./subject.js";

interface Language {
  /** What is generated, for the help. */
  readonly doc: string;
  /** Generators are loaded when they are used: that for TypeScript brings a compiler along. */
  readonly load: () => Promise<Generator>;
  /** Whether the program has names of its own for the weights, so that `--names` is about it too. */
  readonly namesWeights?: true;
}

/** The languages that code is generated in. A new one is a folder and a line here. */
export const GENERATORS = {
  ts: {
    doc: "a TypeScript package that runs the network in Node.js and in browsers",
    load: async () => (await import("./typescript/generate.js")).generateTypeScript,
  },
  pytorch: {
    doc: "a PyTorch module and the program that trains it",
    load: async () => (await import("./pytorch/generate.js")).generatePyTorch,
    namesWeights: true,
  },
  json: {
    doc: "the finished numbers of the network that templates are given, as JSON",
    load: async () => (await import("./json/generate.js")).generateJson,
  },
} as const satisfies Record<string, Language>;

export type LanguageName = keyof typeof GENERATORS;

export const LANGUAGES = Object.keys(GENERATORS) as [LanguageName, ...LanguageName[]];
