import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";

/** A Vulkan driver as its manifest names it. */
export interface VulkanDriver {
  /** The manifest, a JSON file. */
  readonly manifest: string;
  /** The driver's library; undefined where the manifest can't be read. */
  readonly library: string | undefined;
  /** What is wrong with it, as far as the files tell. */
  readonly problem: string | undefined;
}

/** Where the Vulkan loader looks on Linux, when the environment names no manifests. */
const MANIFEST_FOLDERS = ["/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"];

/** The variables that name manifests instead of the folders, the newer first. */
export const MANIFEST_VARIABLES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] as const;

/** The Vulkan drivers that the loader finds on Linux by their manifests. */
export function vulkanDrivers(
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly VulkanDriver[] {
  const named = MANIFEST_VARIABLES.map((name) => env[name]).find(
    (value) => value !== undefined && value !== "",
  );
  const manifests = named === undefined ? MANIFEST_FOLDERS.flatMap(manifestsIn) : named.split(delimiter);
  return manifests.filter((each) => each !== "").map(readManifest);
}

/** The version line of a loaded NVIDIA driver, on Linux; undefined where there is none. */
export function nvidiaDriver(): string | undefined {
  try {
    return readFileSync("/proc/driver/nvidia/version", "utf8")
      .split("\n")[0]
      ?.replace(/^NVRM version:\s*/, "")
      .trim();
  } catch {
    return undefined;
  }
}

/**
 * The GPU that a Vulkan program has taken, from what the loader writes on stderr with `VK_LOADER_DEBUG=driver`:
 *
 *     Using "SwiftShader Device (Subzero)" with driver: "/usr/lib/chromium/./libvk_swiftshader.so"
 */
export function vulkanAdapter(stderr: string): string | undefined {
  return /Using "(.*?)" with driver:/.exec(stderr)?.[1];
}

function manifestsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function readManifest(manifest: string): VulkanDriver {
  try {
    const { ICD } = JSON.parse(readFileSync(manifest, "utf8")) as { ICD?: { library_path?: unknown } };
    const path = ICD?.library_path;
    if (typeof path !== "string") return { manifest, library: undefined, problem: "it names no library" };
    // A bare name is searched for by the dynamic linker, a path is relative to the manifest.
    const library = isAbsolute(path) || !path.includes("/") ? path : join(dirname(manifest), path);
    const missing = library.includes("/") && !existsSync(library);
    return { manifest, library, problem: missing ? `its library ${library} is missing` : undefined };
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message;
    return { manifest, library: undefined, problem: why };
  }
}
