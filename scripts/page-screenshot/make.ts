import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { packageRoot } from "../../src/files/package.js";
import { buildPage, idle, launchBrowser, startServer } from "../../test/codegen/page.js";
import { inTemporaryFolder } from "../../test/temporary-folder.js";
import { PYTHON } from "../python.js";

/*
 * Makes docs/page.png: three networks are trained on drawn shapes by the training loop that ecagen generates, and their page
 * is shown in Debian's chromium with a picture that is drawn here. It takes some minutes on one core, and needs PyTorch.
 *
 *     npm run screenshot                the networks are trained anew
 *     npm run screenshot -- FOLDER      they stay in the folder, and are taken from there if they are in it
 */

const SPEC = join(packageRoot(), "scripts/page-screenshot/shapes.json");
const PICTURE = "docs/page.png";

/** How ecagen makes the variants of the spec, and how they are trained. */
const VARIANTS = { se: undefined, eca: "swap-attention{to=eca}", none: "remove-attention" } as const;
const TRAINING = ["--train-images", "4096", "--val-images", "512", "--epochs", "12"];

/** A cross on a gradient, which is none of the images that the networks were trained on. */
const SHAPE = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="360">
  <defs><linearGradient id="ground" x2="1" y2="1"><stop stop-color="#27506b"/><stop offset="1" stop-color="#4a7d6f"/></linearGradient></defs>
  <rect width="480" height="360" fill="url(#ground)"/>
  <g stroke="#f0e2c0" stroke-width="46" transform="translate(250 176) rotate(8)"><path d="M-80-80L80 80M80-80L-80 80"/></g>
</svg>`;

/** Trains a variant, unless it is there. Gives its weights, in a file of its name, which the page shows. */
async function trained(folder: string, variant: keyof typeof VARIANTS): Promise<string> {
  const code = join(folder, variant);
  const weights = join(folder, `${variant}.safetensors`);
  if (existsSync(weights)) return weights;
  await codegen(SPEC, { language: "pytorch", output: code, passes: VARIANTS[variant] });
  console.log(`training ${variant}`);
  const { status } = spawnSync(PYTHON, ["-B", "train.py", ...TRAINING], {
    cwd: code,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`train.py ended with ${status}`);
  copyFileSync(join(code, "run", "weights.safetensors"), weights);
  return weights;
}

/** Shows the picture on the page of the variants, and writes what is seen. */
async function shoot(folder: string, site: string): Promise<void> {
  const weights = await trained(folder, "se");
  const variantWeights = [`eca=${await trained(folder, "eca")}`, `none=${await trained(folder, "none")}`];
  await buildPage(SPEC, site, { weights, variantWeights });
  const picture = join(site, "cross.png");
  writeFileSync(picture, await sharp(Buffer.from(SHAPE)).png().toBuffer());
  const server = await startServer(site);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 960, height: 800 } });
    await page.goto(server.url);
    await idle(page);
    await page.setInputFiles("#file", picture);
    await idle(page);
    const seen = await page.screenshot({ fullPage: true });
    await sharp(seen).png({ palette: true, effort: 10 }).toFile(join(packageRoot(), PICTURE));
  } finally {
    await browser.close();
    server.stop();
  }
}

await inTemporaryFolder((site) => shoot(process.argv[2] ?? join(site, "trained"), join(site, "page")));
console.log(`wrote ${PICTURE}`);
