import { existsSync } from "node:fs";
import { CPU_REMEDY, type RuntimePackage } from "./installed.js";

/** What a user may call a device, and what ONNX Runtime calls it. */
export interface Device {
  readonly provider: string;
  readonly title: string;
  /** What to do where it is missing, on this machine. */
  readonly remedy: () => string;
}

const { platform, arch } = process;
/** The file that every NVIDIA driver for Linux brings. */
const NVIDIA_DRIVER = "/proc/driver/nvidia/version";

/** Every device that onnxruntime-node can have, and that of onnxruntime-web. */
export const DEVICES = {
  cpu: {
    provider: "cpu",
    title: "CPU",
    remedy: () => CPU_REMEDY,
  },
  wasm: {
    provider: "wasm",
    title: "WebAssembly (onnxruntime-web)",
    remedy: () => "npm install onnxruntime-web",
  },
  webgpu: { provider: "webgpu", title: "WebGPU (Vulkan, Direct3D 12 or Metal)", remedy: webgpuRemedy },
  cuda: { provider: "cuda", title: "NVIDIA CUDA", remedy: () => cudaRemedy("CUDA 12 and cuDNN 9") },
  tensorrt: {
    provider: "tensorrt",
    title: "NVIDIA TensorRT",
    remedy: () => cudaRemedy("CUDA 12, cuDNN 9 and TensorRT 10"),
  },
  dml: {
    provider: "dml",
    title: "DirectML",
    remedy: () =>
      platform === "win32" ? "needs a Direct3D 12 driver" : "exists on Windows only; take webgpu here",
  },
  coreml: {
    provider: "coreml",
    title: "Core ML",
    remedy: () =>
      platform === "darwin" ? "needs an Apple silicon Mac" : "exists on Apple silicon only; take webgpu here",
  },
} as const satisfies Record<string, Device>;

export type DeviceName = keyof typeof DEVICES;

/** Whether a device is the processor: as the library runs on it, or as WebAssembly does. */
export function isProcessor(device: DeviceName): boolean {
  return device === "cpu" || device === "wasm";
}

/** The package that has a device; undefined for what is installed. */
export function packageOf(device: DeviceName): RuntimePackage | undefined {
  return device === "wasm" ? "onnxruntime-web" : undefined;
}

export const DEVICE_NAMES = Object.keys(DEVICES) as [DeviceName, ...DeviceName[]];

function webgpuRemedy(): string {
  if (platform === "win32") return "needs a Direct3D 12 driver of the GPU's vendor";
  if (platform === "darwin") return arch === "arm64" ? "needs Metal" : "exists on Apple silicon only";
  if (arch !== "x64") return `onnxruntime-node has no WebGPU for ${platform} ${arch}`;
  return [
    "needs the Vulkan loader (Debian: libvulkan1) and the Vulkan driver of a GPU (its vendor's package; in a container the driver's",
    "libraries and its manifest in /usr/share/vulkan/icd.d); without a GPU: apt-get install chromium libvulkan1 and",
    "VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json",
  ].join(" ");
}

function cudaRemedy(libraries: string): string {
  if (platform !== "linux" || arch !== "x64") {
    return `onnxruntime-node has it for Linux x64 only, this is ${platform} ${arch}; take webgpu`;
  }
  const driver = existsSync(NVIDIA_DRIVER) ? "" : "an NVIDIA driver (none is loaded here), ";
  return [
    `needs ${driver}${libraries} in LD_LIBRARY_PATH, and the provider's libraries, which onnxruntime-node's install script downloads`,
    "(ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js); webgpu needs the driver alone",
  ].join(" ");
}
