import { basename, join } from "node:path";
import { packageRoot } from "../src/base/package.js";
import { GENERATORS, type LanguageName } from "../src/codegen/registry.js";
import type { Generator } from "../src/codegen/subject.js";
import { userTemplates } from "../src/codegen/user-templates/generate.js";
import { codegenSubject } from "../src/driver/codegen.js";
import { specNetwork } from "../src/driver/network.js";

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
      return programs(language, await GENERATORS[language].load(), specs, (path) => files.includes(path));
    }),
  );
  const example = userTemplates(join(packageRoot(), EXAMPLE));
  return [...kept.flat(), ...programs("templates", example, KEPT.ts.specs, () => true)];
}

/** The files of text that a generator makes of some specs. */
function programs(
  folder: string,
  generate: Generator,
  specs: readonly string[],
  isKept: (path: string) => boolean,
): readonly (readonly [file: string, text: string])[] {
  return specs.flatMap((spec) => {
    const subject = codegenSubject(specNetwork(join(packageRoot(), spec)), { batch: undefined });
    const place = `test/data/codegen/${folder}/${basename(spec, ".json")}`;
    return generate(subject).flatMap((file) =>
      "text" in file && isKept(file.path) ? [[`${place}/${file.path}.golden`, file.text] as const] : [],
    );
  });
}
