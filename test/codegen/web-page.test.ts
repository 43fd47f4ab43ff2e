import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { count } from "../../src/base/numbers.js";
import { run } from "../../src/driver/run/run.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { skip } from "../skip.js";
import {
  buildPage,
  drop,
  idle,
  launchBrowser,
  openPage,
  readColumns,
  startServer,
  testInBrowser,
} from "./page.js";

/** A generated page, built and served as its README says, in a browser that reaches no other server. */
const test = suite("codegen: pages in a browser");

/** The package that makes the pictures is optional. */
const sharp = await import("sharp").then(
  (loaded) => loaded.default,
  () => undefined,
);

/** What would end an element, a script, a string or an attribute. */
const LABELS = [
  "cat",
  "<script>document.title = 'broken'</script>",
  "</title><img src=x onerror=\"document.title = 'broken'\">",
  "`$\u007bdocument.title = 'broken'}` \"quoted\" 'quoted' \\",
  "*/ //  --> &amp; &lt;b&gt;",
  "{{name}} \u{1f415} élevé",
  "javascript:alert(1)",
];

const NAME = "</title><script>document.title = 'broken'</script>";

/** The spec's own network and what its gates can become: its file, and the passes by which ecagen makes it. */
const VARIANTS = [
  { id: "se_eca", title: "SE + ECA", passes: undefined },
  { id: "se", title: "SE", passes: "swap-attention{to={type=se,ratio=0.25}}" },
  { id: "eca", title: "ECA", passes: "swap-attention{to=eca}" },
  { id: "none", title: "No gates", passes: "remove-attention" },
] as const;

/** One page of the spec, served, and the picture that is dropped on it. */
interface Place {
  readonly browser: Browser;
  readonly url: string;
  readonly spec: string;
  readonly folder: string;
  readonly png: string;
}

/** A test that needs the browser; all of them share one page. */
function inBrowser(name: string, body: (place: Place) => Promise<void>): void {
  if (sharp === undefined) skip(name, "sharp is not installed");
  else testInBrowser(test, name, async () => body(await place()));
}

let made: Promise<Place> | undefined;
const undo: (() => unknown)[] = [];

function place(): Promise<Place> {
  made ??= makePlace();
  return made;
}

async function makePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "ecagen-page-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const spec = join(folder, "spec.json");
  const content = {
    name: NAME,
    description: LABELS.join(" "),
    extends: resolve("specs/small.json"),
    head: { classes: LABELS.length },
    labels: LABELS,
    expect: null,
  };
  writeFileSync(spec, JSON.stringify(content));
  const page = join(folder, "page");
  await buildPage(spec, page);
  const png = join(folder, "picture.png");
  assert.ok(sharp !== undefined);
  await sharp(picture(), { raw: { width: 90, height: 70, channels: 3 } })
    .png()
    .toFile(png);
  const server = await startServer(page);
  undo.push(() => server.stop());
  const browser = await launchBrowser();
  undo.push(() => browser.close());
  return { browser, url: server.url, spec, folder: page, png };
}

test.after(async () => {
  for (const each of undo.reverse()) await each();
});

function picture(): Uint8Array {
  return Uint8Array.from(
    { length: 90 * 70 * 3 },
    (_, i) => ((i % 3) * 85 + Math.floor(i / 270) * 3 + i) % 256,
  );
}

inBrowser(
  "a dropped picture gets the classes of `ecagen run`, beside the counts of each variant",
  async ({ browser, url, spec, folder, png }) => {
    const { page, strangers, errors } = await openPage(browser, url);
    assert.equal(
      (await readColumns(page)).map(({ id, title }) => ({ id, title })),
      VARIANTS.map(({ id, title }) => ({ id, title })),
    );
    await drop(page, "picture.png", "image/png", readFileSync(png));
    assert.is(await page.textContent("#status"), "Done.");
    const columns = await readColumns(page);
    for (const [i, { id, passes }] of VARIANTS.entries()) {
      const column = columns[i];
      assert.ok(column !== undefined);
      const { outputs } = await run(join(folder, "models", `${id}.onnx`), { inputs: [png] });
      const top = outputs[0]?.top?.[0] ?? [];
      assert.is(top.length, 5);
      assert.equal(
        column.classes.map(({ label }) => label),
        top.map(({ label }) => label),
      );
      for (const [rank, { probability }] of top.entries()) {
        const shown = column.classes[rank]?.probability ?? Number.NaN;
        assert.ok(Math.abs(shown - probability) <= 1e-5, `${id}, ${rank}: ${shown} and ${probability}`);
      }
      const counts = countNetwork(specNetwork(spec, { passes }).graph);
      assert.is(column.facts.Parameters, count(counts.parameters));
      assert.is(column.facts["Multiply-accumulates"], count(counts.macs));
      assert.match(
        column.facts["of them in gates"] ?? "",
        id === "none" ? /^none$/ : `${count(counts.attentionParameters)} in 3 gates`,
      );
      assert.match(column.facts["Ran on"] ?? "", /^CPU, WebAssembly, \d+ threads?$/);
      assert.ok(column.latency > 0);
      assert.match(column.notes, /^Not trained: the initial weights of seed 0\./);
      if (passes !== undefined) assert.ok(column.notes.endsWith(passes));
    }
    // The variants are different networks.
    assert.is(new Set(columns.map(({ classes }) => classes[0]?.probability)).size, VARIANTS.length);
    // A camera's JPEG, which is turned as its EXIF data says.
    const jpeg = join(folder, "picture.jpg");
    assert.ok(sharp !== undefined);
    await sharp(png).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toFile(jpeg);
    await drop(page, "picture.jpg", "image/jpeg", readFileSync(jpeg));
    const { outputs } = await run(join(folder, "models", "none.onnx"), { inputs: [jpeg] });
    const shown = (await readColumns(page))[3]?.classes ?? [];
    assert.is(await page.getAttribute("#picture", "aria-label"), "picture.jpg, 70 by 90 pixels");
    const expected = outputs[0]?.top?.[0] ?? [];
    assert.is(expected.length, 5);
    for (const [rank, { label, probability }] of expected.entries()) {
      assert.is(shown[rank]?.label, label);
      assert.ok(Math.abs((shown[rank]?.probability ?? Number.NaN) - probability) <= 1e-3);
    }
    assert.is(await page.title(), NAME.replace(/\s+/g, " "));
    assert.is(await page.textContent("h1"), NAME);
    assert.equal([strangers, errors], [[], []]);
    await page.context().close();
  },
);

inBrowser(
  "WebGPU runs the whole of every variant, or nothing is shown as if it had",
  async ({ browser, url, png }) => {
    const { page, errors } = await openPage(browser, url);
    // Two of the variants: WebGPU in software is slow.
    for (const id of ["se_eca", "eca"]) await page.uncheck(`input[value=${id}]`);
    await drop(page, "picture.png", "image/png", readFileSync(png));
    const onCpu = await readColumns(page);
    assert.is(onCpu.length, 2);
    const option = page.locator("input[value=webgpu]");
    if (await option.isDisabled()) {
      skip("pages on WebGPU", "the browser finds no WebGPU adapter");
    } else {
      await option.check();
      await idle(page);
      const onGpu = await readColumns(page);
      console.log(`  ran on: ${onGpu[0]?.facts["Ran on"]}`);
      for (const [i, column] of onGpu.entries()) {
        assert.is(column.failure, undefined);
        assert.match(column.facts["Ran on"] ?? "", /^GPU, WebGPU, ./);
        assert.equal(
          column.classes.map(({ label }) => label),
          onCpu[i]?.classes.map(({ label }) => label),
        );
        for (const [rank, { probability }] of column.classes.entries()) {
          assert.ok(Math.abs(probability - (onCpu[i]?.classes[rank]?.probability ?? Number.NaN)) <= 1e-3);
        }
      }
      assert.equal(errors, []);
    }
    await page.context().close();

    // An adapter that is there when the page looks, and gone when the runtime does.
    const fleeting = `let asked = 0;
      Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => asked++ === 0 ? { info: {} } : null } });`;
    const { page: gone } = await openPage(browser, url, fleeting);
    await gone.check("input[value=webgpu]");
    await drop(gone, "picture.png", "image/png", readFileSync(png));
    for (const { failure, facts, classes, latency } of await readColumns(gone)) {
      assert.match(failure ?? "", /can't run here on webgpu/);
      assert.equal([facts["Ran on"], classes, latency], ["–", [], Number.NaN]);
    }
    await gone.context().close();

    const without = `Object.defineProperty(navigator, "gpu", { value: undefined });`;
    const { page: none } = await openPage(browser, url, without);
    assert.ok(await none.locator("input[value=webgpu]").isDisabled());
    assert.match((await none.textContent("#devices")) ?? "", /this browser does not have WebGPU/);
    await none.context().close();
  },
);

inBrowser(
  "the camera, files, the choice of variants, and what is no picture",
  async ({ browser, url, png }) => {
    const { page, strangers, errors } = await openPage(browser, url);
    await page.click("#camera");
    await idle(page);
    await page.click("#take");
    await idle(page);
    assert.match(
      (await page.getAttribute("#picture", "aria-label")) ?? "",
      /^A picture of the camera, \d+ by \d+ pixels$/,
    );
    assert.ok(await page.isVisible("#picture"));
    assert.not.ok(await page.isVisible("#video"));
    assert.equal(
      (await readColumns(page)).map(({ classes }) => classes.length),
      [5, 5, 5, 5],
    );

    await page.uncheck("input[value=se]");
    await idle(page);
    await page.setInputFiles("#file", png);
    await idle(page);
    const columns = await readColumns(page);
    assert.equal(
      columns.map(({ id }) => id),
      ["se_eca", "eca", "none"],
    );
    assert.ok(columns.every(({ classes, latency }) => classes.length === 5 && latency > 0));
    assert.is(await page.getAttribute("#picture", "aria-label"), "picture.png, 90 by 70 pixels");

    await drop(page, "notes.txt", "text/plain", Buffer.from("no picture"));
    assert.is(await page.textContent("#status"), "notes.txt can't be read as a picture");
    assert.equal([strangers, errors], [[], []]);
    await page.context().close();
  },
);

test.run();
