import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import type { CodegenSubject, Variant } from "../../src/codegen/subject.js";
import { generatePage } from "../../src/codegen/web/generate.js";
import { variantsFile } from "../../src/codegen/web/variants-file.js";
import { type CodegenOptions, codegen } from "../../src/driver/codegen/codegen.js";
import { withProgram } from "../../src/driver/codegen/program.js";
import { planVariants } from "../../src/driver/codegen/variants.js";
import { compile } from "../../src/driver/compile/compile.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { compilePackage, writeFiles } from "./support.js";

/** The files of a page: which variants a network has, what is said of their weights, and that texts stay texts. */
const test = suite("codegen: files of a page");

const FIXTURES = "test/data/fixtures";

/** What the page of a spec is made of. */
function subjectOf(spec: string, options: Partial<CodegenOptions> = {}): Promise<CodegenSubject> {
  return withProgram(spec, { ...options, language: "web" }, async ({ subject }) => subject);
}

/** The text files of a page, by path. */
async function textsOf(spec: string): Promise<ReadonlyMap<string, string>> {
  const files = generatePage(await subjectOf(spec));
  return new Map(files.flatMap((each) => ("text" in each ? [[each.path, each.text] as const] : [])));
}

async function variantsOf(spec: string, options: Partial<CodegenOptions> = {}): Promise<readonly Variant[]> {
  return (await subjectOf(spec, options)).variants;
}

test("a network's variants are SE, ECA and none, with their published counts", async () => {
  const counts = async (spec: string, options = {}) =>
    (await variantsOf(spec, options)).map(({ id, passes, counts: { parameters } }) => [
      id,
      passes,
      parameters,
    ]);
  const none = ["none", "remove-attention", 4_652_008];
  assert.equal(await counts("specs/b0-se.json"), [
    ["se", "", 5_288_548],
    ["eca", "swap-attention{to=eca}", 4_652_084],
    none,
  ]);
  // SE comes back as the spec's blocks have it, though a pass of the spec has swapped it.
  const [own, se, gone] = await counts("specs/b0-eca.json");
  assert.equal([own?.[0], own?.[2]], ["eca", 4_652_084]);
  assert.equal([se?.[0], se?.[2]], ["se", 5_288_548]);
  assert.equal(gone, none);
  assert.equal(
    (await counts("specs/resnet18-cbam.json")).map(([id]) => id),
    ["cbam", "se", "eca", "none"],
  );
  // Without gates there is nothing to swap; a selection is none.
  assert.equal(
    (await counts("specs/mobilenetv2-100.json")).map(([id]) => id),
    ["none"],
  );
  assert.equal(
    (await counts("specs/skresnet18.json")).map(([id]) => id),
    ["sk"],
  );
  // The caller's passes come first.
  assert.equal(await counts("specs/b0-se.json", { passes: "remove-attention" }), [["none", "", 4_652_008]]);
});

test("a network of nothing but a gate has variants too", () =>
  inTemporaryFolder((folder) => {
    const spec = join(folder, "gate.json");
    const fields = {
      ...{ name: "gate", input: { channels: 16, height: 8, width: 8 }, stem: "none" },
      blocks: { gate: { layers: [{ layer: "attention" }] } },
      stages: [{ block: "gate", repeat: 1, channels: 16, stride: 1, attention: { type: "eca" } }],
      ...{ head: { classifier: false }, features: [{ name: "y", stage: 0 }] },
    };
    writeFileSync(spec, JSON.stringify(fields));
    const ids = planVariants(spec, {}).plans.map(({ id }) => id);
    assert.ok(ids.includes("se"), ids.join(" "));
  }));

test("what is said of weights is true of each variant", async () => {
  const spec = `${FIXTURES}/effnet_se.json`;
  const weights = `${FIXTURES}/effnet_se.safetensors`;
  const said = async (options: Partial<CodegenOptions>) =>
    (await variantsOf(spec, options)).map(({ id, weights: { file, initial, dropped } }) => [
      id,
      file,
      initial > 0,
      dropped > 0,
    ]);
  assert.equal(await said({}), [
    ["se", undefined, false, false],
    ["eca", undefined, false, false],
    ["none", undefined, false, false],
  ]);
  assert.equal(await said({ weights }), [
    ["se", "effnet_se.safetensors", false, false],
    ["eca", "effnet_se.safetensors", true, true],
    ["none", "effnet_se.safetensors", false, true],
  ]);
  const variantWeights = [
    `eca=${FIXTURES}/effnet_eca.safetensors`,
    `none=${FIXTURES}/effnet_none.safetensors`,
  ];
  assert.equal(await said({ weights, variantWeights }), [
    ["se", "effnet_se.safetensors", false, false],
    ["eca", "effnet_eca.safetensors", false, false],
    ["none", "effnet_none.safetensors", false, false],
  ]);
  assert.equal(
    (await said({ variantWeights })).map(([, file]) => file),
    [undefined, "effnet_eca.safetensors", "effnet_none.safetensors"],
  );
});

test("the page's notes on weights warn where nobody trained them", () =>
  inTemporaryFolder(async (folder) => {
    const spec = `${FIXTURES}/effnet_se.json`;
    const weights = `${FIXTURES}/effnet_se.safetensors`;
    const { variants } = await codegen(spec, { language: "web", output: folder, weights });
    assert.equal(
      variants?.map(({ id }) => id),
      ["se", "eca", "none"],
    );
    assert.ok(variants?.every(({ weights }) => weights?.names !== undefined));
    const data = await evaluate(readFileSync(join(folder, "src/variants.ts"), "utf8"));
    assert.equal(
      data.variants.map(({ weights: { trained } }) => trained),
      [true, false, false],
    );
    assert.match(data.variants[1]?.weights.text ?? "", /tensors? of new, untrained gates/);
    assert.match(data.variants[2]?.weights.text ?? "", /trained with gates that are not here/);
  }));

test("the weights of a page of an ONNX file are the file's", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "small.onnx");
    await compile("specs/small.json", { output: file });
    const { variants, weights } = await codegen(file, { language: "web", output: join(folder, "page") });
    assert.equal(
      variants?.map(({ id, weights }) => [id, weights?.initial.length, weights?.dropped.length]),
      [
        ["se_eca", 0, 0],
        ["se", 8, 2],
        ["eca", 1, 4],
        ["none", 0, 6],
      ],
    );
    assert.equal([weights?.file, weights?.loaded], [file, 28]);
    const data = await evaluate(readFileSync(join(folder, "page", "src/variants.ts"), "utf8"));
    assert.is(data.variants[0]?.weights.text, "Weights of small.onnx.");
    assert.match(data.variants[2]?.weights.text ?? "", "small.onnx, and 1 tensor of new, untrained gates.");
    // A gate of the same kind and name can be a new one.
    const passes = "swap-attention{to={type=eca,kernel=5}}";
    const swapped = await codegen(file, { language: "pytorch", output: join(folder, "module"), passes });
    assert.is(swapped.weights?.initial.length, 3);
  }));

test("weights for a variant that there is not, and other mistakes, are refused together", async () => {
  const refusal = async (language: CodegenOptions["language"], variantWeights: readonly string[]) =>
    inTemporaryFolder(async (folder) => {
      try {
        await codegen("specs/b0-se.json", { language, output: join(folder, "out"), variantWeights });
      } catch (error) {
        assert.instance(error, InputError);
        assert.equal(readdirSync(folder), []);
        return (error as InputError).diagnostics.map(({ message, hint }) => `${message}; ${hint}`);
      }
      return [];
    });
  assert.equal(await refusal("web", ["ecaa=x.pt", "eca", "none=x.pt", "none=y.pt"]), [
    '--variant-weights: there is no variant "ecaa"; did you mean "eca"?',
    '--variant-weights takes VARIANT=FILE, not "eca"; variants are se, eca, none',
    "--variant-weights: none is given twice; undefined",
  ]);
  assert.equal(await refusal("ts", ["eca=x.pt"]), [
    "programs of --lang ts hold one network; give its weights by --weights; --variant-weights is for --lang web",
  ]);
});

test("a network that tells no classes apart has no page, nor has one for batches", async () => {
  const refusal = async (spec: string, options: Partial<CodegenOptions> = {}) => {
    const subject = await subjectOf(spec, options);
    try {
      generatePage(subject);
    } catch (error) {
      assert.instance(error, InputError);
      return (error as InputError).diagnostics[0]?.code;
    }
    return undefined;
  };
  assert.is(await refusal("specs/b0-eca-features.json"), "codegen/no-classifier");
  assert.is(await refusal("specs/small.json", { batch: 2 }), "codegen/page-batch");
  assert.is(await refusal("specs/small.json", { batch: 1 }), undefined);
});

test("texts of a spec are literals of one file, whatever they are", async () => {
  const [variant] = await variantsOf("specs/small.json");
  assert.ok(variant !== undefined);
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(
        fc.constantFrom("</script>", "`", "$\u007bx}", '"', "'", "\\", "*/", "\n", "\u2028", "__proto__"),
        { maxLength: 6 },
      )
      .map((parts) => parts.join("")),
  );
  await fc.assert(
    fc.asyncProperty(text, text, text, async (name, description, file) => {
      const weights = { ...variant.weights, file };
      const code = variantsFile({ name, description, variants: [{ ...variant, weights }] });
      const data = await evaluate(code);
      assert.equal(data.network, { name, description });
      assert.ok(data.variants[0]?.weights.text.includes(file));
    }),
    { numRuns: 40 },
  );
});

test("no other file of a page has anything of a spec", async () => {
  const OWN = ["package.json", "README.md", "src/index.ts", "src/variants.ts"];
  const common = async (spec: string) => [...(await textsOf(spec))].filter(([path]) => !OWN.includes(path));
  const files = await common("test/data/codegen/labelled.json");
  assert.ok(files.length > 20);
  assert.equal(files, await common("specs/b0-se.json"));
});

test("the number of runs that the page and its README speak of is the one that it does", async () => {
  const texts = await textsOf("specs/small.json");
  const runs = /RUNS = (\d+);/.exec(texts.get("src/page/timing.ts") ?? "")?.[1];
  for (const path of ["index.html", "README.md"]) {
    assert.ok(texts.get(path)?.includes(`the median of ${runs} runs`), path);
  }
});

test("pages type-check under strict", () =>
  inTemporaryFolder(async (folder) => {
    const specs = [
      "small",
      "b0-se",
      "b0-eca",
      "b0-cbam",
      "resnet18-se",
      "skresnet18",
      "mobilenetv2-100",
      "mobilenetv3-large-100",
    ];
    for (const [i, spec] of [
      ...specs.map((each) => `specs/${each}.json`),
      "test/data/codegen/labelled.json",
    ].entries()) {
      const texts = await textsOf(spec);
      if (i === 0) writeFiles(folder, texts);
      // Pages differ in two files of code.
      const own = [...texts].filter(([path]) => /^src\/(index|variants)\.ts$/.test(path));
      assert.is(own.length, 2);
      writeFiles(
        folder,
        new Map(
          own.map(([path, text]) => [path.replace("src/", `src/${i}/`), text.replaceAll('"./', '"../')]),
        ),
      );
    }
    compilePackage(folder);
  }));

interface Data {
  readonly network: { readonly name: string; readonly description: string };
  readonly variants: readonly { readonly weights: { readonly trained: boolean; readonly text: string } }[];
}

/** What a file of data exports when it is run. */
async function evaluate(code: string): Promise<Data> {
  const { code: script } = await transform(code, { loader: "ts", charset: "ascii" });
  return (await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`)) as Data;
}

test.run();
