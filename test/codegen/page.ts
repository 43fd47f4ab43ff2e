import { spawn, spawnSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { type CodegenOptions, codegen } from "../../src/driver/codegen/codegen.js";
import { skip } from "../skip.js";

/** Generated pages in Debian's browser. */
const CHROMIUM = "/usr/bin/chromium";

/** The Vulkan driver in software that comes with it. */
const SOFTWARE_DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** A test that needs the browser; without it, it is skipped, loudly. */
export function testInBrowser(test: Test, name: string, body: () => Promise<void>): void {
  if (existsSync(CHROMIUM)) test(name, body);
  else skip(name, `there is no ${CHROMIUM}`);
}

/** A browser with a camera that is drawn, and WebGPU on any adapter, one in software too. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      // Browsers refuse their sandbox to root, as whom CI runs.
      "--no-sandbox",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--enable-unsafe-webgpu",
      "--enable-features=Vulkan",
      ...(existsSync(SOFTWARE_DRIVER) ? ["--use-webgpu-adapter=swiftshader"] : []),
    ],
    env: {
      ...process.env,
      ...(existsSync(SOFTWARE_DRIVER) ? { VK_ICD_FILENAMES: SOFTWARE_DRIVER } : {}),
    },
  });
}

/** Generates a page and builds it, as `npm run build` does after `npm install`. */
export async function buildPage(
  spec: string,
  folder: string,
  options: Partial<CodegenOptions> = {},
): Promise<void> {
  await codegen(spec, { ...options, language: "web", output: folder });
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
  const { status, stderr } = spawnSync(process.execPath, ["build.mjs"], { cwd: folder, encoding: "utf8" });
  assert.is(status, 0, stderr);
}

/** Serves a page by its own server, until it is stopped. */
export async function startServer(folder: string): Promise<{ readonly url: string; stop(): void }> {
  const server = spawn(process.execPath, ["serve.mjs"], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((found, lost) => {
    server.stdout.on("data", (text: Buffer) => found(String(text).trim()));
    server.on("exit", (status) => lost(new Error(`serve.mjs ended with ${status}`)));
  });
  return { url, stop: () => server.kill() };
}

/** A page that is open. */
export interface OpenPage {
  readonly page: Page;
  /** What it asked other servers for. */
  readonly strangers: readonly string[];
  /** What went wrong in it. */
  readonly errors: readonly string[];
}

/** Opens a page without any other server in reach. */
export async function openPage(browser: Browser, url: string, script = ""): Promise<OpenPage> {
  // A window of its own, so that no test finds what another one left.
  const context = await browser.newContext();
  const strangers: string[] = [];
  const errors: string[] = [];
  await context.route("**/*", (route) => {
    const asked = route.request().url();
    if (/^(data|blob):/.test(asked) || asked.startsWith(url)) return route.continue();
    strangers.push(asked);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  if (script !== "") await page.addInitScript(script);
  await page.goto(url);
  await idle(page);
  return { page, strangers, errors };
}

/** Waits until the page has done what it was asked for. */
export async function idle(page: Page): Promise<void> {
  await page.waitForSelector("main[aria-busy=false]", { timeout: 60_000 });
}

/** Drops a file on the page, and waits until it is done with it. */
export async function drop(page: Page, name: string, type: string, bytes: Uint8Array): Promise<void> {
  const file = JSON.stringify({ name, type, base64: Buffer.from(bytes).toString("base64") });
  const data = await page.evaluateHandle(`(${TRANSFER})(${file})`);
  await page.dispatchEvent("#drop", "drop", { dataTransfer: data });
  await idle(page);
}

/** What stands in a column. */
export interface ShownColumn {
  readonly id: string;
  readonly title: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
  readonly failure: string | undefined;
  /** In milliseconds; NaN where nothing was measured. */
  readonly latency: number;
  readonly notes: string;
}

/** The columns that are seen. */
export async function readColumns(page: Page): Promise<readonly ShownColumn[]> {
  return await page.evaluate(READ);
}

/** Code of the page's side is text: the tests are checked without the types of browsers. */
const TRANSFER = `({ name, type, base64 }) => {
  const transfer = new DataTransfer();
  const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  transfer.items.add(new File([bytes], name, { type }));
  return transfer;
}`;

const READ = `(() => {
  const text = (root, selector) => root.querySelector(selector)?.textContent?.trim() ?? "";
  return [...document.querySelectorAll(".column:not([hidden])")].map((column) => ({
    id: column.dataset.variant,
    title: text(column, "h2"),
    facts: Object.fromEntries([...column.querySelectorAll("dl > div")].map((fact) => [text(fact, "dt"), text(fact, "dd")])),
    classes: [...column.querySelectorAll(".classes li:not(.failure)")].map((each) => ({
      label: text(each, ".label"),
      probability: Number(each.querySelector(".number").dataset.probability),
    })),
    failure: text(column, ".failure") || undefined,
    latency: Number(column.querySelector("[data-median]")?.dataset.median ?? Number.NaN),
    notes: text(column, ".notes"),
  }));
})()`;
