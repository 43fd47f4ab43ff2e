import { readdirSync, readFileSync } from "node:fs";

/** The pages that a person reads: the README and those of docs/. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .sort(),
];

/** A block between fences: ```json squeezenet.json. */
export interface Fenced {
  readonly page: string;
  readonly language: string;
  /** The file that the page calls it; empty where it has no name. */
  readonly name: string;
  readonly text: string;
}

export function fencedBlocks(page: string): readonly Fenced[] {
  const blocks = readFileSync(page, "utf8").matchAll(/^```(\w+) ?(\S*)\n(.*?)^```/gms);
  return [...blocks].map(([, language = "", name = "", text = ""]) => ({ page, language, name, text }));
}

/** The first words of lines that are typed into a shell. */
const PROGRAMS =
  /^(ecagen|npx|npm|node|cd|cat|git|python|curl|torchrun|tar|apt-get|export|\/usr\/bin\/python3)\b/;

/** The command lines of a page, which stand indented, in their order; one that ends with a backslash goes on in the next. */
export function commandLines(page: string): readonly string[] {
  const text = readFileSync(page, "utf8")
    .replaceAll(/^```.*?^```/gms, "")
    .replaceAll(/\\\n\s+/g, "");
  return [...text.matchAll(/^ {4}(\S.*)$/gm)]
    .map(([, line = ""]) => line)
    .filter((line) => PROGRAMS.test(line));
}
