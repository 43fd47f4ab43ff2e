import { basename, join } from "node:path";
import { GENERATORS, type LanguageName } from "../src/codegen/registry.js";
import type { CodegenSubject, Generator } from "../src/codegen/subject.js";
import { userTemplates } from "../src/codegen/user-templates/generate.js";
import { type ProgramOptions, withProgram } from "../src/driver/codegen/program.js";
import { packageRoot } from "../src/files/package.js";

/** For each language the specs whose programs are kept, and the files that are not the same for all networks. */
const KEPT: {
  readonly [L in LanguageName]: { readonly specs: readonly string[]; readonly files: readonly string[] };
} = {
  // A small one, a large one, one with labels.
  ts: {
    specs: ["specs/small.json", "specs/b0-eca.json", "test/data/codegen/labelled.json"],
    files: ["package.json", "README.md", "src/index.ts"],
  },
  // A small one, a large one, one with blocks of its own.
  pytorch: {
    specs: ["specs/small.json", "specs/b0-eca.json", "specs/skresnet18.json"],
    files: ["README.md", "model.py"],
  },
  // One with labels; what else a page has is that of a package.
  web: {
    specs: ["test/data/codegen/labelled.json"],
    files: ["package.json", "README.md", "src/variants.ts"],
  },
  json: { specs: ["specs/small.json"], files: ["network.json"] },
};

/** The example of templates, and what it makes of a small network, a large one and one with labels. */
const EXAMPLE = "templates/example-model-card";

/** The card that it makes of the small one, which docs/templates.md shows. */
export const EXAMPLE_CARD = "test/data/codegen/templates/small/MODEL-CARD.md.golden";

/**
 * Generated programs that are kept in test/data/codegen, by path, so that a change of what is generated is seen. The ending
 * keeps compilers and linters off them.
 */
export async function codegenGoldens(): Promise<readonly (readonly [file: string, text: string])[]> {
  const kept = await Promise.all(
    (Object.keys(KEPT) as LanguageName[]).map(async (language) => {
      const { specs, files } = KEPT[language];
      const generate = await GENERATORS[language].load();
      return await programs(language, { language }, generate, specs, (path) => files.includes(path));
    }),
  );
  const templates = join(packageRoot(), EXAMPLE);
  const example = userTemplates(templates);
  return [
    ...kept.flat(),
    ...(await programs("templates", { templates }, example, KEPT.ts.specs, () => true)),
  ];
}

/** The files of text that a generator makes of some specs. */
async function programs(
  folder: string,
  options: ProgramOptions,
  generate: Generator,
  specs: readonly string[],
  isKept: (path: string) => boolean,
): Promise<readonly (readonly [file: string, text: string])[]> {
  const made = specs.map(async (spec) => {
    const given = async ({ subject }: { readonly subject: CodegenSubject }) => generate(subject);
    const files = await withProgram(join(packageRoot(), spec), options, given);
    const place = `test/data/codegen/${folder}/${basename(spec, ".json")}`;
    return files.flatMap((file) =>
      "text" in file && isKept(file.path) ? [[`${place}/${file.path}.golden`, file.text] as const] : [],
    );
  });
  return (await Promise.all(made)).flat();
}
