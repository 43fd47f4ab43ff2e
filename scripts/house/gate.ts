import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** What one kind of gate touches. */
export interface GateFiles {
  readonly files: number;
  /** Those outside of the gate's own files and of registries, where it is no more than an import and a row of one line. */
  readonly elsewhere: number;
}

/** Any of the ways to name the gate GC: `gc`, `lowerGc`, `gcEmitter`, `GlobalContext`. */
const NAMES_GC = /\bgc\b|Gc\b|\bgc[A-Z]|GlobalContext/;

/** The hand-written files of src/, templates/ and test/ that name the gate GC, which has been there for long. */
export function filesNamingGc(tree: string): readonly string[] {
  const files = ["src", "templates", "test"].flatMap((folder) =>
    readdirSync(join(tree, folder), { recursive: true, encoding: "utf8" }).map(
      (file) => `${folder}/${file.split(sep).join("/")}`,
    ),
  );
  return files
    .filter((file) => /\.(ts|py|mustache)$/.test(file) && !file.startsWith("test/data/"))
    .filter((file) => NAMES_GC.test(readFileSync(join(tree, file), "utf8")))
    .sort();
}

/** The files of the worked example of an attention module in docs/extending.md. */
export function filesOfAWorkedGate(tree: string): GateFiles {
  const page = join(tree, "docs/extending.md");
  const [, section = ""] = (existsSync(page) ? readFileSync(page, "utf8") : "").split(
    /^## An attention module$/m,
  );
  const parts = [...(section.split(/^## /m)[0]?.matchAll(/^```(ts|py|diff) (\S+)\n(.*?)^```$/gms) ?? [])];
  const elsewhere = parts.filter(
    ([, form, , text = ""]) => form === "diff" && (text.match(/^\+/gm)?.length ?? 0) > 2,
  );
  const names = new Set(parts.map(([, , file]) => file));
  return { files: names.size, elsewhere: new Set(elsewhere.map(([, , file]) => file)).size };
}
