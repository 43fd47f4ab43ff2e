import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { coreBundle } from "../../scripts/core-bundle/options.js";
import { diagnosticToJson, InputError } from "../../src/base/diagnostic.js";
import type * as core from "../../src/core.js";
import { type CompileOptions, compile } from "../../src/driver/compile/compile.js";
import { diff } from "../../src/driver/diff/diff.js";
import { stats } from "../../src/driver/stats/stats.js";
import { launchBrowser, testInBrowser } from "../codegen/page.js";

/** The core as one file for web pages: its size, and that it gives there what the command line gives. */
const test = suite("core: in a browser");

const MOST_BYTES = 1_500_000;
const MOST_COMPRESSED = 450_000;

interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page, and what its content security policy had to forbid. */
  readonly errors: readonly string[];
}

let bundled: Promise<Uint8Array> | undefined;
let opened: Promise<OpenPage> | undefined;
const undo: (() => unknown)[] = [];

function bundle(): Promise<Uint8Array> {
  bundled ??= build({ ...coreBundle(), write: false, outdir: "." }).then(
    ({ outputFiles }) => outputFiles[0]?.contents ?? new Uint8Array(0),
  );
  return bundled;
}

/** A page without anything but the core, which may make no code of texts. */
async function openPage(): Promise<OpenPage> {
  const content = await bundle();
  const server = createServer(({ url }, response) => {
    const isCore = url === "/core.js";
    response.setHeader("Content-Type", isCore ? "text/javascript" : "text/html");
    response.setHeader("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src data:");
    response.end(isCore ? content : "<!doctype html><link rel=icon href=data:><title>core</title>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(() => server.close());
  const browser: Browser = await launchBrowser();
  undo.push(() => browser.close());
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return { page, errors };
}

function openedPage(): Promise<OpenPage> {
  opened ??= openPage();
  return opened;
}

const folder = mkdtempSync(join(tmpdir(), "ecagen-core-"));
undo.push(() => rmSync(folder, { recursive: true, force: true }));
test.after(async () => {
  for (const each of undo.reverse()) await each();
});

/** A spec as a file for the command line and as a text for the page. */
function written(name: string, content: unknown): { readonly file: string; readonly text: string } {
  const [file, text] = [join(folder, `${name}.json`), JSON.stringify(content, null, 2)];
  writeFileSync(file, text);
  return { file, text };
}

const SHIPPED = Object.fromEntries(
  ["b0-se", "b0-eca", "small"].map((name) => [name, readFileSync(`specs/${name}.json`, "utf8")]),
);

const SMALL_B0 = written("small-b0", {
  name: "b0-eca-64",
  extends: "b0-eca",
  input: { height: 64, width: 64 },
});
const OF_SMALL = written("of-small", {
  extends: "small",
  head: { classes: 7 },
  passes: [{ pass: "swap-attention", from: "eca", to: { type: "se" } }],
});

test("it is one file, smaller than its limits", async () => {
  const content = await bundle();
  assert.ok(content.length > 100_000 && content.length <= MOST_BYTES, `${content.length} bytes`);
  const compressed = gzipSync(content).length;
  assert.ok(compressed <= MOST_COMPRESSED, `${compressed} bytes compressed`);
});

test("a page's code type-checks against it, with no types of Node.js", () => {
  const { status, stdout } = spawnSync("npx", ["tsc", "-p", "test/core/tsconfig.json"], {
    encoding: "utf8",
  });
  assert.is(status, 0, stdout);
});

const COMPILED: readonly [what: string, spec: { file: string; text: string }, options: CompileOptions][] = [
  ["b0-eca at 64x64", SMALL_B0, {}],
  ["a spec that extends a shipped one", OF_SMALL, { seed: 3 }],
  ["half precision, a fixed batch, another opset", OF_SMALL, { precision: "fp16", batch: 2, opset: 13 }],
];
for (const [what, { file, text }, options] of COMPILED) {
  testInBrowser(test, `the same bytes and counts: ${what}`, async () => {
    const { page, errors } = await openedPage();
    const found = await page.evaluate(
      async ({ file, text, specs, options }) => {
        const { loadNetwork, compileNetwork, countsOf }: typeof core = await import("/core.js" as string);
        const network = loadNetwork(text, { file, specs });
        const { bytes } = compileNetwork(network, options as core.ExportOptions);
        const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes));
        return { sha256: [...new Uint8Array(digest)], bytes: bytes.length, counts: countsOf(network) };
      },
      { file, text, specs: SHIPPED, options: options as Record<string, unknown> },
    );
    const output = join(folder, "model.onnx");
    const report = await compile(file, { ...options, output });
    assert.equal(
      [found.bytes, Buffer.from(found.sha256).toString("hex")],
      [report.bytes, createHash("sha256").update(readFileSync(output)).digest("hex")],
    );
    const { parameters, macs, blocks } = stats(file);
    assert.equal(
      [found.counts.parameters, found.counts.macs, found.counts.blocks],
      [parameters, macs, JSON.parse(JSON.stringify(blocks))],
    );
    assert.equal(errors, []);
  });
}

testInBrowser(test, "the same diff", async () => {
  const { page, errors } = await openedPage();
  const found = await page.evaluate(async (specs) => {
    const { loadNetwork, diffNetworks }: typeof core = await import("/core.js" as string);
    const [a, b] = ["b0-se", "b0-eca"].map((name) => loadNetwork(specs[name] ?? "", { file: name, specs }));
    if (a === undefined || b === undefined) throw new Error("two specs");
    return diffNetworks(a, b);
  }, SHIPPED);
  const { a, b, ...report } = diff("specs/b0-se.json", "specs/b0-eca.json");
  assert.equal([a, b], ["specs/b0-se.json", "specs/b0-eca.json"]);
  assert.ok(found.changes.length >= 16);
  assert.equal(found, JSON.parse(JSON.stringify(report)));
  assert.equal(errors, []);
});

testInBrowser(test, "the same diagnostics of broken specs", async () => {
  const { page, errors } = await openedPage();
  const broken = [
    written("broken", {
      extends: "small",
      stem: { channels: 16, kernel: 4 },
      stages: [{ block: "inverted-residul", channels: 24 }, "ir_r2_k3_s2"],
      hed: {},
    }),
    written("misspelt", { extends: "b0-ecca" }),
    { ...written("torn", {}), text: '{ "stages": [ }' },
    written("circle", { extends: "circle" }),
  ];
  writeFileSync(join(folder, "torn.json"), '{ "stages": [ }');
  for (const { file, text } of broken) {
    const found = await page.evaluate(
      async ({ file, text, specs }) => {
        const { loadNetwork, InputError, diagnosticToJson }: typeof core = await import("/core.js" as string);
        try {
          loadNetwork(text, { file, specs });
          return [];
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          return error.diagnostics.map(diagnosticToJson);
        }
      },
      { file, text, specs: { ...SHIPPED, circle: text } },
    );
    const problems = problemsOf(() => stats(file));
    assert.ok(problems.length > 0, file);
    assert.equal(
      found.map(({ code, line, column, path }) => ({ code, line, column, path })),
      problems.map(({ code, line, column, path }) => ({ code, line, column, path })),
    );
    // A hint names the specs that are there, which are others in the page.
    if (!/misspelt|circle/.test(file)) assert.equal(found.map(withoutFolder), problems.map(withoutFolder));
  }
  assert.equal(errors, []);
});

/** Of a shipped spec the page knows the name alone. */
function withoutFolder(problem: core.DiagnosticJson): core.DiagnosticJson {
  return { ...problem, file: basename(problem.file ?? "", ".json") };
}

function problemsOf(act: () => unknown): readonly core.DiagnosticJson[] {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map(diagnosticToJson);
    throw error;
  }
  return [];
}

test.run();
