import { basename, join } from "node:path";
import { packageRoot } from "../src/base/package.js";
import { GENERATORS } from "../src/codegen/registry.js";
import { codegenSubject } from "../src/driver/codegen.js";
import { specNetwork } from "../src/driver/network.js";

/** Specs whose generated programs are kept, so that a change of what is generated is seen: a small one, a large one, one with labels. */
const SPECS = ["specs/small.json", "specs/b0-eca.json", "test/data/codegen/labelled.json"];
/** The files of a package that are not the same for all networks. */
const OWN_FILES = ["package.json", "README.md", "src/index.ts"];

/** Generated programs that are kept in test/data/codegen, by path. The ending keeps compilers and linters off them. */
export async function codegenGoldens(): Promise<readonly (readonly [file: string, text: string])[]> {
  const generate = await GENERATORS.ts.load();
  return SPECS.flatMap((spec) => {
    const folder = `test/data/codegen/ts/${basename(spec, ".json")}`;
    return generate(codegenSubject(specNetwork(join(packageRoot(), spec)), { batch: undefined })).flatMap(
      (file) =>
        "text" in file && OWN_FILES.includes(file.path)
          ? [[`${folder}/${file.path}.golden`, file.text] as const]
          : [],
    );
  });
}
