import { basename, join } from "node:path";
import { packageRoot } from "../src/base/package.js";
import { GENERATORS, type LanguageName } from "../src/codegen/registry.js";
import { withProgram } from "../src/driver/codegen.js";

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
};

/**
 * Generated programs that are kept in test/data/codegen, by path, so that a change of what is generated is seen. The ending
 * keeps compilers and linters off them.
 */
export async function codegenGoldens(): Promise<readonly (readonly [file: string, text: string])[]> {
  const kept: (readonly [file: string, text: string])[] = [];
  for (const language of Object.keys(KEPT) as LanguageName[]) {
    const generate = await GENERATORS[language].load();
    const { specs, files } = KEPT[language];
    for (const spec of specs) {
      const program = await withProgram(join(packageRoot(), spec), { language }, async ({ subject }) =>
        generate(subject),
      );
      for (const file of program) {
        if (!("text" in file && files.includes(file.path))) continue;
        kept.push([
          `test/data/codegen/${language}/${basename(spec, ".json")}/${file.path}.golden`,
          file.text,
        ]);
      }
    }
  }
  return kept;
}
