import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { galleryIndexText } from "../src/driver/list/gallery-index.js";
import { GALLERY_INDEX } from "../src/driver/list/list.js";
import { packageRoot } from "../src/files/package.js";
import { specJsonSchema } from "../src/language/json-schema.js";
import { sweepJsonSchema } from "../src/language/sweep/json-schema.js";
import { apiDocs } from "./api-docs.js";
import { attentionDocs } from "./attention-docs.js";
import { cliDocs } from "./cli-docs.js";
import { codegenGoldens, EXAMPLE_CARD } from "./codegen-goldens.js";
import { corpusDocs } from "./corpus-docs.js";
import { diagnosticsDocs } from "./diagnostics-docs.js";
import { galleryDocs } from "./gallery-docs.js";
import { graphDocs } from "./graph-docs.js";
import { jsonSchemas } from "./json-schemas/json-schemas.js";
import { mutationDocs } from "./mutants-docs.js";
import { networksSurveyDocs } from "./networks-survey-docs.js";
import { papersDocs } from "./papers-docs.js";
import { walkReference } from "./reference-table.js";
import { specDocs } from "./spec-docs.js";
import { templateDocs } from "./template-docs.js";
import { typeScriptTemplates } from "./typescript-templates.js";
import { verificationDocs } from "./verify-survey-docs.js";

/*
 * Writes the files that are made of the code: schema/ecagen.schema.json, schema/sweep.schema.json, those of --json in schema/json/, docs/api.md, docs/spec.md, docs/attention.md,
 * docs/diagnostics.md, docs/papers.md, docs/verify-survey.md, docs/corpus.md, docs/graphs.md with its pictures, docs/networks-survey.md, docs/templates.md, docs/gallery.md, docs/cli.md, the index of the gallery, the code that generated
 * TypeScript packages share with ecagen, and the generated programs that are kept.
 *
 *     node --import tsx scripts/generate.ts             writes them
 *     node --import tsx scripts/generate.ts --check     writes nothing; exits 1 where they differ
 */

const families = walkReference();
const goldens = await codegenGoldens();
const exampleCard = new Map(goldens).get(EXAMPLE_CARD) ?? "";

const generated: readonly (readonly [file: string, text: string])[] = [
  ["schema/ecagen.schema.json", `${JSON.stringify(specJsonSchema(), null, 2)}\n`],
  ["schema/sweep.schema.json", `${JSON.stringify(sweepJsonSchema(), null, 2)}\n`],
  ...jsonSchemas(),
  ["docs/api.md", apiDocs()],
  ["docs/spec.md", specDocs()],
  [GALLERY_INDEX, galleryIndexText()],
  ["docs/attention.md", attentionDocs(packageRoot())],
  ["docs/gallery.md", galleryDocs(families)],
  ["docs/diagnostics.md", diagnosticsDocs()],
  ["docs/papers.md", papersDocs()],
  ["docs/mutation.md", mutationDocs(packageRoot())],
  ["docs/verify-survey.md", verificationDocs()],
  ["docs/corpus.md", corpusDocs()],
  ["docs/networks-survey.md", networksSurveyDocs()],
  ...(await graphDocs()),
  ...typeScriptTemplates(),
  ...goldens,
  ["docs/templates.md", templateDocs(exampleCard)],
  ["docs/cli.md", cliDocs()],
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
