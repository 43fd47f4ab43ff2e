import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../src/base/package.js";
import { galleryIndexText } from "../src/driver/gallery-index.js";
import { GALLERY_INDEX } from "../src/driver/list.js";
import { specDocs } from "../src/spec/docs.js";
import { specJsonSchema } from "../src/spec/schema.js";
import { attentionDocs } from "./attention-docs.js";

/*
 * Writes the files that are made of the code: schema/ecagen.schema.json, docs/spec.md, docs/attention.md and
 * the index of the gallery.
 *
 *     node --import tsx scripts/generate.ts             writes them
 *     node --import tsx scripts/generate.ts --check     writes nothing; exits 1 where they differ
 */

const generated: readonly (readonly [file: string, text: string])[] = [
  ["schema/ecagen.schema.json", `${JSON.stringify(specJsonSchema(), null, 2)}\n`],
  ["docs/spec.md", specDocs()],
  [GALLERY_INDEX, galleryIndexText()],
  ["docs/attention.md", attentionDocs(packageRoot())],
];

const checking = process.argv.includes("--check");

for (const [name, text] of generated) {
  const file = join(packageRoot(), name);
  if (textOf(file) === text) continue;
  if (checking) {
    console.error(`${name} is not what the code makes: run \`node --import tsx scripts/generate.ts\``);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.error(`wrote ${name}`);
  }
}

/** The file's text with the line ends that are written here; undefined where there is no file. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch {
    return undefined;
  }
}
