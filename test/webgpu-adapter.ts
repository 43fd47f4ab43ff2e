import { existsSync } from "node:fs";
import { vulkanDrivers } from "../src/runtime/drivers.js";
import { tryDevice } from "../src/trials/devices.js";

/** The Vulkan driver in software that Debian's package chromium brings. */
const SOFTWARE_DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/**
 * The adapter on which WebGPU runs a model here; undefined where there is none. Where the machine has no other
 * Vulkan driver, the one in software is taken, also by the processes that the test starts.
 */
export async function webgpuAdapter(): Promise<{ readonly name: string | undefined } | undefined> {
  const hasDriver = vulkanDrivers().some(({ problem }) => problem === undefined);
  if (process.platform === "linux" && !hasDriver && existsSync(SOFTWARE_DRIVER)) {
    process.env.VK_ICD_FILENAMES = SOFTWARE_DRIVER;
  }
  const { problem, adapter } = await tryDevice("webgpu");
  return problem === undefined ? { name: adapter } : undefined;
}
