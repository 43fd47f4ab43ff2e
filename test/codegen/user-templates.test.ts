import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Diagnostic, diagnosticToJson, InputError } from "../../src/base/diagnostic.js";
import { templateData } from "../../src/codegen/user-templates/data.js";
import { type TemplateData, templateDataSchema } from "../../src/codegen/user-templates/data-schema.js";
import { type CodegenOptions, codegen } from "../../src/driver/codegen/codegen.js";
import { codegenSubject } from "../../src/driver/codegen/program.js";
import { stats } from "../../src/driver/stats/stats.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** `codegen --templates`: what becomes of a folder, what the data is, what is refused and with which places. */
const test = suite("codegen: templates of the user");

const SPEC = "specs/small.json";

/** Fills templates in a folder of their own; gives the texts that were written. */
async function fill(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  spec = SPEC,
  options: Partial<CodegenOptions> = {},
): Promise<Readonly<Record<string, string>>> {
  const templates = join(folder, "templates");
  mkdirSync(templates, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(templates, path)), { recursive: true });
    writeFileSync(join(templates, path), text);
  }
  const output = join(folder, "out");
  const report = await codegen(spec, { templates, output, force: true, ...options });
  assert.is(report.templates, templates);
  return Object.fromEntries(
    report.files.map(({ path }) => [path, readFileSync(join(output, path), "latin1")]),
  );
}

/** What is wrong with templates, as `--json` prints it, without the folder's path. */
async function refused(folder: string, files: Readonly<Record<string, string>>, spec = SPEC) {
  let diagnostics: readonly Diagnostic[] = [];
  try {
    await fill(folder, files, spec);
  } catch (error) {
    assert.instance(error, InputError);
    diagnostics = (error as InputError).diagnostics;
  }
  assert.not(existsSync(join(folder, "out")), "nothing is written");
  return diagnostics.map((each) => {
    const { file = "", line, column, message, hint } = diagnosticToJson(each);
    return [`${file.replace(`${join(folder, "templates")}/`, "")}:${line}:${column}`, message, hint ?? ""];
  });
}

test("templates, parts, names with tags and copies", () =>
  inTemporaryFolder(async (folder) => {
    const bytes = Uint8Array.of(0, 255, 13, 10, 128);
    const files = {
      "README.txt.mustache":
        "{{name.text}}: {{parameters.grouped}}\n{{#blocks}}\n  {{> parts/row}}\n{{/blocks}}\n",
      "parts/_row.mustache": "{{number}} {{type}}{{#attention}} {{type}} k={{kernel}}{{/attention}}\n",
      "{{name.snake}}/{{name.pascal}}.json.mustache": '{"classes": {{classes}}}',
      "pictures/{{name.kebab}}.bin": bytes,
      ".hidden": "no",
      ".git/config": "no",
      ".gitignore.mustache": "{{name.kebab}}\n",
    };
    const made = await fill(folder, files);
    assert.equal(Object.keys(made), [
      ".gitignore",
      "README.txt",
      "small/Small.json",
      "pictures/small.bin",
      "ecagen.json",
    ]);
    assert.is(
      made["README.txt"],
      "small: 7,914\n  1 stem\n  2 depthwise-separable se k=\n  3 inverted-residual eca k=3\n  4 inverted-residual eca k=3\n  5 head\n",
    );
    assert.is(made["small/Small.json"], '{"classes": 10}');
    assert.equal(Buffer.from(made["pictures/small.bin"] ?? "", "latin1"), Buffer.from(bytes));
    // A second run finds its own files, and removes what a template has no longer.
    const output = join(folder, "out");
    const again = await codegen(SPEC, { templates: "templates/example-model-card", output });
    assert.equal(again.files.map(({ path }) => path).sort(), ["MODEL-CARD.md", "ecagen.json", "small.h"]);
    assert.not(existsSync(join(output, "pictures/small.bin")));
    writeFileSync(join(output, "small.h"), "changed");
    try {
      await codegen(SPEC, { templates: "templates/example-model-card", output });
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, /small\.h .* was changed/);
    }
  }));

test("the data is what its schema says, and its numbers are those of stats", () => {
  const specs = [
    "b0-eca",
    "resnet50-se",
    "skresnet18",
    "inception-v3",
    "mobilenetv3-large-100-features",
    "mixnet-s",
  ];
  for (const name of specs) {
    const spec = `specs/${name}.json`;
    const data = dataOf(spec);
    templateDataSchema.parse(data);
    const counts = stats(spec);
    assert.equal(
      [data.parameters.number, data.attentionParameters.number, data.macs.number, data.buffers.number],
      [counts.parameters, counts.attentionParameters, counts.macs, counts.buffers],
    );
    assert.equal(
      data.blocks.map(({ parameters, macs }) => [parameters.number, macs.number]),
      counts.blocks.map(({ parameters, macs }) => [parameters, macs]),
    );
    const sizes = (trainable: boolean) =>
      data.weights
        .filter((each) => each.trainable === trainable)
        .reduce((all, { shape }) => all + shape.elements, 0);
    assert.equal([sizes(true), sizes(false)], [counts.parameters, counts.buffers]);
    assert.is(new Set(data.weights.map(({ identifier }) => identifier)).size, data.weights.length);
    for (const [i, block] of data.blocks.entries()) {
      if (i > 0) assert.equal(block.input, data.blocks[i - 1]?.output, block.path);
    }
  }
});

test("necks and heads have the activation and the maps that are theirs", () =>
  inTemporaryFolder((folder) => {
    const conv = (channels: number): object => ({ layer: "conv", channels });
    const stage = { block: "conv-norm-act", stride: 2 };
    const spec = join(folder, "two.json");
    const described = {
      input: { channels: 3, height: 64, width: 64 },
      defaults: { activation: "silu" },
      stem: { channels: 8, stride: 2 },
      stages: [
        { ...stage, channels: 16, as: "c2" },
        { ...stage, channels: 24 },
      ],
      neck: {
        activation: "relu",
        layers: [
          { ...conv(12), as: "p3" },
          { ...conv(12), from: "c2", as: "p2" },
        ],
      },
      heads: [
        { name: "a", from: ["p2", "p3"], activation: "tanh", layers: [conv(6)], output: { values: 3 } },
        { name: "b", from: ["p3"], layers: [conv(6)] },
      ],
      head: { classes: 5 },
    };
    writeFileSync(spec, JSON.stringify(described));
    const found = dataOf(spec).blocks.map(({ path, activation, input, output }) => [
      ...[path, activation, input.text],
      ...[output.channels, output.height, output.text],
    ]);
    assert.equal(found, [
      ["stem", "silu", "3 × 64 × 64", 8, 32, "8 × 32 × 32"],
      ["stages.0.blocks.0", "silu", "8 × 32 × 32", 16, 16, "16 × 16 × 16"],
      ["stages.1.blocks.0", "silu", "16 × 16 × 16", 24, 8, "24 × 8 × 8"],
      ["neck", "relu", "24 × 8 × 8", 12, 16, "12 × 16 × 16"],
      ["head", "silu", "24 × 8 × 8", 5, null, "5"],
      // Two rows of three numbers for each of 16 · 16 and 8 · 8 pixels.
      ["heads.a", "tanh", "12 × 16 × 16", 3, null, "640 × 3"],
      ["heads.b", "silu", "12 × 8 × 8", 6, 8, "6 × 8 × 8"],
    ]);
  }));

test("a signal has channels and a length, and no height", () => {
  const { input, blocks } = dataOf("specs/ecapa-tdnn-512.json");
  assert.equal([input.channels, input.height, input.width], [80, null, 200]);
  assert.equal(blocks[0]?.output, { channels: 512, height: null, width: 200, text: "512 × 200" });
});

test("blocks have the numbers of EfficientNet-B0's table", () => {
  // EfficientNet (ICML 2019), table 1: operator, resolution and channels of what enters each stage.
  const stages = dataOf("specs/b0-se.json").stages.map(({ input, blocks: [block, ...others] }) => [
    block?.expansion,
    block?.kernel,
    `${input.height}x${input.width}`,
    block?.output.channels,
    1 + others.length,
  ]);
  assert.equal(stages, [
    [null, 3, "112x112", 16, 1],
    [6, 3, "112x112", 24, 2],
    [6, 5, "56x56", 40, 2],
    [6, 3, "28x28", 80, 3],
    [6, 5, "14x14", 112, 3],
    [6, 5, "14x14", 192, 4],
    [6, 3, "7x7", 320, 1],
  ]);
  const swapped = dataOf("specs/b0-se.json", "swap-attention{to=eca}").blocks.flatMap(
    ({ attention }) => attention,
  );
  assert.equal([...new Set(swapped.map(({ type }) => type))], ["eca"]);
  assert.ok(swapped.every(({ kernel, squeezed }) => typeof kernel === "number" && squeezed === null));
  assert.is(dataOf("specs/b0-se.json").blocks[1]?.attention[0]?.squeezed, 8);
});

test("--lang json is the data", () =>
  inTemporaryFolder(async (output) => {
    const { files } = await codegen(SPEC, { language: "json", output: join(output, "a") });
    assert.equal(
      files.map(({ path }) => path),
      ["network.json", "ecagen.json"],
    );
    assert.equal(JSON.parse(readFileSync(join(output, "a", "network.json"), "utf8")), dataOf(SPEC));
  }));

test("names that are not there are errors with their places, all at once, in sections that are not entered too", () =>
  inTemporaryFolder(async (folder) => {
    const found = await refused(folder, {
      "a.md.mustache":
        "# {{nmae.text}}\n\n{{#labels}}\n  {{txt}}\n{{/labels}}\n{{#stages}}{{#blocks}}{{> row}}{{/blocks}}{{/stages}}\n",
      "_row.mustache": "{{path}} {{parameters.numbr}}",
      "b.c.mustache":
        "{{name}} {{blocks}} {{> roww}} {{weights.length}} {{toString}} {{#blocks}}{{stage.index}}{{/blocks}}",
      "{{nam.kebab}}.c.mustache": "{{parameters.number}}",
    });
    const unknown = (name: string): string => `the data has nothing called ${JSON.stringify(name)} here`;
    const page = "docs/templates.md lists what templates are given";
    assert.equal(found, [
      ["{{nam.kebab}}.c.mustache:1:1", unknown("nam.kebab"), 'did you mean "name.kebab"?'],
      ["a.md.mustache:1:3", unknown("nmae.text"), 'did you mean "name.text" or "input.text"?'],
      ["a.md.mustache:4:3", unknown("txt"), 'did you mean "text"?'],
      [
        "_row.mustache:1:10",
        unknown("parameters.numbr"),
        'did you mean "parameters.number" or "parameters" or "parameters.grouped"?',
      ],
      [
        "b.c.mustache:1:1",
        "name has several values",
        "name one: name.text, name.kebab, name.snake, name.constant, name.camel, name.pascal",
      ],
      [
        "b.c.mustache:1:10",
        "blocks is a list",
        "{{#blocks}} ... {{/blocks}} writes something for each of its items",
      ],
      ["b.c.mustache:1:21", 'there is no part "roww"', 'did you mean "row"?'],
      ["b.c.mustache:1:32", unknown("weights.length"), page],
      ["b.c.mustache:1:51", unknown("toString"), page],
      ["b.c.mustache:1:75", unknown("stage.index"), page],
    ]);
  }));

test("templates that are not well formed, and parts that have themselves in them, are errors with their places", () =>
  inTemporaryFolder(async (folder) => {
    const found = await refused(folder, {
      "a.md.mustache": "{{#blocks}}\n{{/stages}}",
      "b.md.mustache": "x {{/blocks}}",
      "c.md.mustache": "x\n{{#blocks}}",
      "d.md.mustache": "{{name",
      "e.md.mustache": "{{> loop}}",
      "_loop.mustache": "\n{{> parts/back}}",
      "parts/_back.mustache": "{{> loop}}",
    });
    assert.equal(found, [
      ["a.md.mustache:2:1", "the section {{#blocks}} is not closed here", ""],
      ["b.md.mustache:1:3", "there is no section that {{/blocks}} could close", ""],
      ["c.md.mustache:2:12", "the section {{#blocks}} is not closed here", ""],
      ["d.md.mustache:1:7", "a tag is not closed", ""],
      ["parts/_back.mustache:1:1", "a part has itself in it: loop → parts/back → loop", ""],
    ]);
  }));

test("texts of a spec are refused where no escape is known, and written raw where that is said", () =>
  inTemporaryFolder(async (folder) => {
    const wrong = await refused(folder, {
      "run.sh.mustache": "{{name.kebab}} {{description}} {{macs.number}}",
    });
    assert.equal(wrong, [
      [
        "run.sh.mustache:1:16",
        "description can be any text, and for files of this ending ecagen knows no escape",
        "where any text is safe, write {{{description}}}; name.snake and the like always are",
      ],
    ]);
    const raw = await fill(join(folder, "raw"), { "run.sh.mustache": "{{{description}}}" });
    assert.match(raw["run.sh"] ?? "", /^A network for demonstrations/);
  }));

test("names of outputs stay in the folder, are names, and are not taken twice", () =>
  inTemporaryFolder(async (folder) => {
    const hostile = join(folder, "hostile.json");
    writeFileSync(hostile, JSON.stringify({ extends: resolve(SPEC), name: "../../up/.." }));
    const safe = await fill(join(folder, "safe"), { "{{name.text}}.md.mustache": "" }, hostile);
    assert.equal(Object.keys(safe), ["..-..-up-...md", "ecagen.json"]);
    const wrong: readonly (readonly [path: string, message: RegExp])[] = [
      ["{{{name.text}}}.md.mustache", /"\.\.\/\.\.\/up\/\.\.\.md" can't be the name of a file in the folder/],
      ["{{#batch}}x{{.mustache", /a tag is not closed/],
      ["ecagen.json.mustache", /ecagen\.json is the file in which ecagen lists/],
    ];
    for (const [i, [path, message]] of wrong.entries()) {
      const [[, found] = []] = await refused(join(folder, `${i}`), { [path]: "" }, hostile);
      assert.match(found ?? "", message);
    }
    const twice = await refused(join(folder, "twice"), { "{{name.kebab}}.md.mustache": "", "Small.md": "" });
    assert.equal(
      twice.map(([, message]) => message),
      ['two files of the templates would be "Small.md"'],
    );
  }));

test("either a language or a folder of templates with something in it, outside of the output", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "out");
    mkdirSync(join(folder, "empty"));
    for (const [options, code] of [
      [{}, "codegen/what"],
      [{ language: "ts", templates: "templates" }, "codegen/what"],
      [{ templates: join(folder, "none") }, "file/no-folder"],
      [{ templates: SPEC }, "file/no-folder"],
      [{ templates: join(folder, "empty") }, "codegen/no-templates"],
      [{ templates: folder }, "codegen/own-templates"],
    ] as const) {
      const error = await codegen(SPEC, { ...options, output }).then(
        () => undefined,
        (each: unknown) => each,
      );
      assert.instance(error, InputError);
      assert.is((error as InputError).diagnostics[0]?.code, code);
    }
    assert.not(existsSync(output));
  }));

function dataOf(spec: string, passes?: string): TemplateData {
  return templateData(codegenSubject(specNetwork(spec, { passes }), { batch: undefined }));
}

test.run();
