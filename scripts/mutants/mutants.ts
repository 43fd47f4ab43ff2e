import { existsSync, readFileSync } from "node:fs";
import { ts } from "ts-morph";
import { randomStream } from "../../src/base/random.js";
import { KINDS, type Kind, type Mutation, mutationsOf } from "./sites.js";

/** A mutation of one of the files, with what a person needs to see it. */
export interface Mutant extends Mutation {
  readonly file: string;
  /** The line where it starts, from 1 on. */
  readonly line: number;
  /** The column there, from 1 on. */
  readonly column: number;
  /** The whole line, without the space around it. */
  readonly code: string;
  /** The text that it replaces. */
  readonly before: string;
}

/** `count` different mutants of the files; their kinds take turns, and within a kind each place is as likely as any other. */
export function chooseMutants(files: readonly string[], seed: number, count: number): readonly Mutant[] {
  const places = new Map<Kind, Mutant[]>(KINDS.map((kind) => [kind, []]));
  for (const file of files) for (const mutant of mutantsOf(file)) places.get(mutant.kind)?.push(mutant);
  const stream = randomStream(seed, "mutants");
  const chosen: Mutant[] = [];
  for (let i = 0; chosen.length < count && i < count * KINDS.length; i++) {
    const left = places.get(KINDS[i % KINDS.length] as Kind) ?? [];
    chosen.push(...left.splice(Math.floor(stream.uniform(0, left.length)), 1));
  }
  return chosen;
}

function mutantsOf(file: string): readonly Mutant[] {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = text.split("\n");
  return mutationsOf(source).map((mutation) => {
    const { line, character } = source.getLineAndCharacterOfPosition(mutation.start);
    const code = (lines[line] ?? "").trim();
    const before = text.slice(mutation.start, mutation.end);
    return { file, ...mutation, line: line + 1, column: character + 1, code, before };
  });
}

/** A mutant of an earlier state of its file, in the present one. Undefined where the line is not there any more. */
export function relocated(mutant: Omit<Mutant, "start" | "end">): Mutant | undefined {
  const { file, line, column, code, before } = mutant;
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  let offset = 0;
  const places = text.split("\n").map((content, i) => {
    const place = { start: offset + column - 1, line: i + 1, content };
    offset += content.length + 1;
    return place;
  });
  const [place] = places
    .filter(({ content, start }) => content.trim() === code && text.startsWith(before, start))
    .sort((a, b) => Math.abs(a.line - line) - Math.abs(b.line - line));
  if (place === undefined) return undefined;
  return { ...mutant, line: place.line, start: place.start, end: place.start + before.length };
}
