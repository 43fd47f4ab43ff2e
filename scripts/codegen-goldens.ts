import { basename, join } from "node:path";
import { packageRoot } from "../src/base/package.js";
import { GENERATORS, type LanguageName } from "../src/codegen/registry.js";
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
  // With labels and weights that no one trained; the rest of a page is that of the package above.
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
  const kept = await Promise.all(
    (Object.keys(KEPT) as LanguageName[]).map(async (language) => {
      const generate = await GENERATORS[language].load();
      const { specs, files } = KEPT[language];
      return specs.flatMap((spec) => {
        const subject = codegenSubject(specNetwork(join(packageRoot(), spec)), { batch: undefined });
        return generate(subject).flatMap((file) =>
          "text" in file && files.includes(file.path)
            ? [
                [
                  `test/data/codegen/${language}/${basename(spec, ".json")}/${file.path}.golden`,
                  file.text,
                ] as const,
              ]
            : [],
        );
      });
    }),
  );
  return kept.flat();
}
