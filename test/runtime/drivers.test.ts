import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { vulkanAdapter, vulkanDrivers } from "../../src/runtime/drivers.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("runtime: drivers");

test("Vulkan drivers are those that the environment names, with what is wrong with them", () =>
  inTemporaryFolder((folder) => {
    const manifest = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    mkdirSync(join(folder, "lib"));
    writeFileSync(join(folder, "lib", "driver.so"), "");
    const icd = (library_path: unknown): string => JSON.stringify({ ICD: { library_path } });
    const files = [
      manifest("good.json", icd("./lib/driver.so")),
      manifest("by-name.json", icd("libGLX_nvidia.so.0")),
      manifest("missing.json", icd("/no/such/driver.so")),
      manifest("odd.json", icd(undefined)),
      join(folder, "none.json"),
    ];
    const found = vulkanDrivers({ VK_ICD_FILENAMES: files.join(":") });
    assert.equal(
      found.map(({ problem }) => problem),
      [
        undefined,
        undefined,
        "its library /no/such/driver.so is missing",
        "it names no library",
        "there is no such file",
      ],
    );
    assert.is(found[0]?.library, join(folder, "lib", "driver.so"));
    const [first] = vulkanDrivers({ VK_DRIVER_FILES: files[1], VK_ICD_FILENAMES: files[0] });
    assert.is(first?.manifest, files[1], "the newer variable goes first");
  }));

test("the adapter's name is read from the words of the Vulkan loader", () => {
  const said = [
    "DRIVER:           Found ICD manifest file /usr/share/vulkan/icd.d/nvidia_icd.json",
    'DRIVER | LAYER:          Using "NVIDIA H100 80GB HBM3" with driver: "libGLX_nvidia.so.0"',
  ].join("\n");
  assert.is(vulkanAdapter(said), "NVIDIA H100 80GB HBM3");
  assert.is(vulkanAdapter("something else"), undefined);
});

test.run();
