import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";

/**
 * The numbers that a page of the documentation claims in a sentence, which must stand there once: the groups of `sentence`,
 * in which a space is any white space.
 */
export function claimsIn(page: string, sentence: RegExp): readonly number[] {
  const pattern = new RegExp(sentence.source.replaceAll(" ", "\\s+"), "g");
  const found = [...readFileSync(page, "utf8").matchAll(pattern)];
  assert.is(found.length, 1, `${page} has ${found.length} sentences like ${sentence}`);
  return (found[0] ?? []).slice(1).map((text) => Number(text.replaceAll(",", "")));
}
