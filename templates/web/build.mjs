import { copyFile, cp, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// Makes site/: the page, what runs the networks, and the networks.
const here = dirname(fileURLToPath(import.meta.url));
const site = join(here, "site");

await rm(site, { recursive: true, force: true });
await mkdir(site);
await build({
  absWorkingDir: here,
  entryPoints: { page: "src/page/main.ts" },
  outdir: site,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  // The runtime stays a file of its own, since its threads begin by loading it again.
  splitting: true,
  logLevel: "warning",
});

// It looks for its WebAssembly beside itself; which file that is, its code says.
const runtime = fileURLToPath(import.meta.resolve("onnxruntime-web/webgpu"));
const wanted = new Set((await readFile(runtime, "utf8")).match(/ort-wasm[\w.-]*\.wasm/g));
if (wanted.size === 0) throw new Error(`${runtime} names no WebAssembly file`);
for (const file of wanted) await copyFile(join(dirname(runtime), file), join(site, file));

for (const name of ["index.html", "page.css", "models"]) {
  await cp(join(here, name), join(site, name), { recursive: true });
}
console.log("site/ is built");
