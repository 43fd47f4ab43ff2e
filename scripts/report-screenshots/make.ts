import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { report } from "../../src/driver/report/report.js";
import { packageRoot } from "../../src/files/package.js";
import { launchBrowser } from "../../test/codegen/page.js";
import { inTemporaryFolder } from "../../test/temporary-folder.js";

/*
 * Makes the pictures in docs/reports/: the report of EfficientNet-B0 without gates, with SE and with ECA, as Debian's chromium shows it.
 *
 *     npm run screenshot:reports
 */

const SPECS = ["none", "se", "eca"].map((kind) => join("specs", `b0-${kind}.json`));
const FOLDER = join("docs", "reports");

interface Shot {
  readonly name: string;
  readonly specs: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly dark: boolean;
  /** What is at the top of the picture; left out, that of the page. */
  readonly section?: string;
}

const SHOTS: readonly Shot[] = [
  { name: "one", specs: SPECS.slice(2), width: 1280, height: 1080, dark: false },
  { name: "graph", specs: SPECS.slice(2), width: 1280, height: 800, dark: true, section: "graph" },
  { name: "three", specs: SPECS, width: 1280, height: 760, dark: false, section: "blocks" },
  { name: "telephone", specs: SPECS.slice(2), width: 400, height: 860, dark: true },
];

await inTemporaryFolder(async (folder) => {
  process.chdir(packageRoot());
  mkdirSync(FOLDER, { recursive: true });
  const browser = await launchBrowser();
  try {
    for (const { name, specs, width, height, dark, section } of SHOTS) {
      const output = join(folder, `${name}.html`);
      await report(specs, { output });
      const page = await browser.newPage({
        viewport: { width, height },
        colorScheme: dark ? "dark" : "light",
        reducedMotion: "reduce",
      });
      await page.goto(pathToFileURL(output).href);
      if (section === "graph")
        await page.evaluate("document.querySelectorAll('#graph details')[2].open = true");
      if (section !== undefined)
        await page.evaluate(`document.getElementById("${section}").scrollIntoView()`);
      const seen = await page.screenshot();
      const file = join(FOLDER, `${name}.png`);
      await sharp(seen).png({ palette: true, colours: 64, effort: 10 }).toFile(file);
      console.log(`wrote ${file}`);
      await page.close();
    }
  } finally {
    await browser.close();
  }
});
