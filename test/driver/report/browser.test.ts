import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../../src/driver/compile/compile.js";
import { diffPage } from "../../../src/driver/diff/page.js";
import { drawGraph } from "../../../src/driver/graph/graph.js";
import { report } from "../../../src/driver/report/report.js";
import { rewrite } from "../../../src/driver/rewrite/rewrite.js";
import { sweep } from "../../../src/driver/sweep/sweep.js";
import { launchBrowser, testInBrowser } from "../../codegen/page.js";

/** Pages in a browser, as a reader has them: with a keyboard, on a telephone, in the dark, on paper. */
const test = suite("reports in a browser");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let folder = "";
let browser: Browser | undefined;
const at = (name: string): string => join(folder, name);

/** A small network, so that the page is quick; large ones differ in length alone. */
const SMALL = "specs/small.json";
const EXPORT = "test/data/onnx/torchvision-regnet-11.onnx";

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-report-"));
  browser = await launchBrowser();
  await compile(SMALL, { output: at("before.onnx") });
  await rewrite(at("before.onnx"), { swaps: ["se=eca"], output: at("after.onnx") });
  await report([SMALL], { output: at("one.html"), passes: "swap-attention{to=eca}" });
  await report([SMALL, at("before.onnx"), at("after.onnx")], { output: at("three.html") });
  await report([EXPORT], { output: at("export.html") });
  await diffPage([at("before.onnx"), at("after.onnx")], {
    output: at("diff.html"),
    failOn: ["attention-swapped", "macs>+50%"],
  });
  await drawGraph(SMALL, { output: at("graph.html") });
  await drawGraph(SMALL, { output: at("ops.html"), level: "op" });
  const gates = ["kept", "eca", "none", { type: "cbam", ratio: 0.01 }];
  writeFileSync(at("sweep.json"), JSON.stringify({ base: "small", axes: { gates, width: [1, 2] } }));
  await sweep(at("sweep.json"), { report: at("sweep.html"), threads: 1 });
});
test.after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const PAGES = ["one", "three", "export", "diff", "graph", "ops", "sweep"];

interface View {
  readonly width?: number;
  readonly dark?: boolean;
  readonly script?: boolean;
}

/** Opens a page, acts on it, and asserts that it asked for nothing and reported nothing. */
async function onPage(name: string, act: (page: Page) => Promise<void>, view: View = {}): Promise<void> {
  const { width = 1280, dark = false, script = true } = view;
  const context = await (browser as Browser).newContext({
    viewport: { width, height: 900 },
    colorScheme: dark ? "dark" : "light",
    javaScriptEnabled: script,
  });
  const url = pathToFileURL(at(`${name}.html`)).href;
  const [asked, said]: [string[], string[]] = [[], []];
  const page = await context.newPage();
  page.on("request", (request) => asked.push(request.url().split("#")[0] ?? ""));
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  await page.goto(url);
  await act(page);
  assert.equal(
    asked.filter((each) => each !== url),
    [],
    `${name} asks for something`,
  );
  assert.equal(said, [], name);
  await context.close();
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core finds, with everything unfolded. */
async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
  // The page's policy lets no script in but through the debugger, as here.
  await page.evaluate(AXE);
  const violations: readonly Violation[] = await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return violations.map(
    ({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`,
  );
}

for (const name of PAGES) {
  for (const dark of [false, true]) {
    testInBrowser(
      test,
      `${name}, ${dark ? "dark" : "light"}: axe-core finds nothing, and the page fits a telephone`,
      async () => {
        await onPage(name, async (page) => assert.equal(await violationsOn(page), []), { dark });
        const fits = async (page: Page): Promise<void> => {
          const width = await page.evaluate("document.documentElement.scrollWidth");
          assert.is(width, 400);
        };
        await onPage(name, fits, { dark, width: 400 });
      },
    );
  }
}

testInBrowser(test, "axe-core would find a picture without words, and grey text on grey", () =>
  onPage("one", async (page) => {
    await page.evaluate(
      "document.querySelector('[role=img]').removeAttribute('aria-label'); document.querySelector('.lead').style.color = '#ddd'",
    );
    const found = await violationsOn(page);
    assert.equal(
      found.map((each) => each.split(":")[0]),
      ["serious color-contrast", "serious role-img-alt"],
    );
  }),
);

/** The texts of the first cells of the rows that are shown. */
async function blocksOf(page: Page): Promise<readonly string[]> {
  return await page.$$eval("#blocks tbody tr:not([hidden]) th", (cells) =>
    cells.map((each) => each.textContent ?? ""),
  );
}

testInBrowser(test, "the table of blocks sorts by the keyboard, down, up and back", () =>
  onPage("one", async (page) => {
    const original = await blocksOf(page);
    const numbers = (): Promise<readonly number[]> =>
      page.$$eval("#blocks tbody tr", (rows) =>
        rows.map((row) => Number(row.children[6]?.textContent?.replaceAll(",", ""))),
      );
    const head = page.locator("#blocks thead button", { hasText: "parameters" }).first();
    await head.focus();
    await page.keyboard.press("Enter");
    const down = await numbers();
    assert.equal(
      down,
      down.toSorted((a, b) => b - a),
    );
    assert.is(await page.locator("#blocks th[aria-sort=descending]").count(), 1);
    await page.keyboard.press("Space");
    assert.equal(await numbers(), down.toReversed());
    await page.keyboard.press("Enter");
    assert.equal(await blocksOf(page), original);
    assert.is(await page.locator("#blocks th[aria-sort]").count(), 0);
  }),
);

testInBrowser(test, "it filters by words, and says how many rows there are", () =>
  onPage("one", async (page) => {
    const all = await blocksOf(page);
    await page.getByLabel("Filter").first().fill("Inverted eca");
    assert.equal(await blocksOf(page), ["/stages/1/blocks/0", "/stages/1/blocks/1"]);
    assert.is(await page.locator("#blocks output").textContent(), `2 of ${all.length} rows`);
    await page.getByLabel("Filter").first().fill("");
    assert.equal(await blocksOf(page), all);
  }),
);

testInBrowser(test, "of several networks, what differs has a sign and can be had alone", () =>
  onPage("three", async (page) => {
    await page.getByLabel("only what differs").check();
    const shown = await blocksOf(page);
    assert.ok(
      shown.some((each) => each.includes("/stages/0/blocks/0")),
      shown.join(),
    );
    assert.not.ok(
      shown.some((each) => each.includes("/stem")),
      shown.join(),
    );
    assert.ok(
      shown.every((each) => each.startsWith("≠")),
      shown.join(),
    );
  }),
);

testInBrowser(test, "a link to a block unfolds it, with the sizes between its ops", () =>
  onPage("one", async (page) => {
    await page.click("#blocks tbody a[href='#n0-stages-1-blocks-0']");
    const block = page.locator("#n0-stages-1-blocks-0");
    assert.is(await block.getAttribute("open"), "");
    assert.match((await block.locator("svg").textContent()) ?? "", /conv.*8×16×16|32×16×16/);
    await page.locator("#graph svg a", { hasText: "stem" }).click();
    assert.is(await page.locator("#n0-stem").getAttribute("open"), "");
  }),
);

testInBrowser(test, "without JavaScript all of it is there", () =>
  onPage(
    "one",
    async (page) => {
      assert.is((await blocksOf(page)).length, 5);
      await page.locator("#n0-stem summary").click();
      assert.ok(await page.locator("#n0-stem svg").isVisible());
    },
    { script: false },
  ),
);

testInBrowser(test, "pictures are dark in the dark, and light on paper", () =>
  onPage(
    "one",
    async (page) => {
      const ground = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
      const text = (): Promise<string> =>
        page.evaluate("getComputedStyle(document.querySelector('#graph svg text[font-weight]')).fill");
      const gate = (): Promise<string> =>
        page.evaluate("getComputedStyle(document.querySelector('#graph svg [fill=\"#bfe6c8\"]')).fill");
      assert.equal(
        [await ground(), await text(), await gate()],
        ["rgb(17, 24, 31)", "rgb(228, 234, 240)", "rgb(31, 84, 52)"],
      );
      await page.emulateMedia({ media: "print" });
      assert.equal([await text(), await gate()], ["rgb(27, 36, 48)", "rgb(191, 230, 200)"]);
      assert.not(await page.locator("nav").isVisible());
      assert.ok((await page.pdf()).length > 10_000);
    },
    { dark: true },
  ),
);

test.run();
