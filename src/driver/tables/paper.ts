import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ConventionName } from "../../analysis/conventions/convention.js";
import { InputError } from "../../base/diagnostic.js";
import { didYouMean } from "../../base/suggest.js";
import { packageRoot } from "../../files/package.js";
import { readText } from "../../files/read-file.js";

/** The published values of a paper: `papers/NAME.json`. Ours are not in it; they are counted when asked for. */
export interface PaperFile {
  readonly title: string;
  readonly source: string;
  /** How its numbers are counted and printed, unless a row says otherwise. */
  readonly convention: ConventionName;
  readonly tables: readonly {
    readonly title: string;
    readonly rows: readonly PublishedRow[];
  }[];
}

export interface PublishedRow {
  /** The network in the paper's words. */
  readonly network: string;
  /** The shipped spec that is this network, with `passes` where it is a variant. Left out where ecagen can't build it. */
  readonly spec?: string;
  readonly passes?: string;
  /** The shipped spec that differences and percentages are against. */
  readonly against?: string;
  readonly convention?: ConventionName;
  /** The published values by measure (`MEASURES`). */
  readonly published: Readonly<Record<string, PublishedValue>>;
}

/**
 * A text: the number as the paper prints it, or `< 1 %`.
 * `notAsserted`: what was published, and why ecagen doesn't claim to have the same.
 * `formula`: the paper's formula for one gate of C channels, which is factor · C^power.
 */
export type PublishedValue =
  | string
  | { readonly value: string; readonly notAsserted: string }
  | { readonly formula: string; readonly factor: number; readonly power: number };

function papersFolder(): string {
  return join(packageRoot(), "papers");
}

/** The papers whose numbers ship with ecagen, by file name: `senet`. */
export function paperNames(): readonly string[] {
  return readdirSync(papersFolder())
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

/** @throws InputError for a name that is none of `paperNames()` */
export function readPaper(name: string): PaperFile {
  const names = paperNames();
  if (!names.includes(name)) {
    throw InputError.of("tables/paper", `there are no tables of "${name}"`, {
      hint: didYouMean(name, names) ?? `there are: ${names.join(", ")}`,
    });
  }
  return JSON.parse(readText(join(papersFolder(), `${name}.json`))) as PaperFile;
}
