import type { Artifact, Generator, InterfaceGenerator } from "./subject.js";

/** A language of generated programs. */
export interface Language {
  /** What is generated, for the help. */
  readonly doc: string;
  /** The files that the driver makes for its programs, always or where there is something to put in. */
  readonly artifacts: readonly Artifact[];
  /** Whether its programs hold the networks against each other that the gates can become. */
  readonly hasVariants: boolean;
  /** Whether they have names of their own for the weights, so that `--names` is about them too. */
  readonly namesWeights: boolean;
  /** Generators are loaded when they are used: that for TypeScript brings a compiler along. */
  readonly load: () => Promise<Generator>;
  /** The same, of a language whose programs only run an ONNX file: for any file. */
  readonly loadRunner?: () => Promise<InterfaceGenerator>;
}

/** The languages that code is generated in. A new one is a folder and a line here. */
export const GENERATORS = {
  ts: {
    doc: "a TypeScript package that runs the network in Node.js and in browsers",
    artifacts: ["model"],
    hasVariants: false,
    namesWeights: false,
    load: async () => (await import("./typescript/generate.js")).generateTypeScript,
    loadRunner: async () => (await import("./typescript/generate.js")).generateTypeScript,
  },
  pytorch: {
    doc: "a PyTorch module and the program that trains it",
    artifacts: ["weights", "old-weights"],
    hasVariants: false,
    namesWeights: true,
    load: async () => (await import("./pytorch/generate.js")).generatePyTorch,
  },
  web: {
    doc: "a page that runs the network in a browser, with SE, with ECA and without gates, side by side",
    artifacts: ["model"],
    hasVariants: true,
    namesWeights: false,
    load: async () => (await import("./web/generate.js")).generatePage,
  },
  json: {
    doc: "the finished numbers of the network that templates are given, as JSON",
    artifacts: [],
    hasVariants: false,
    namesWeights: false,
    load: async () => (await import("./user-templates/data.js")).generateJson,
  },
} as const satisfies Record<string, Language>;

export type LanguageName = keyof typeof GENERATORS;

export const LANGUAGES = Object.keys(GENERATORS) as [LanguageName, ...LanguageName[]];
