/** What a user may call a device, and what onnxruntime-node calls it. */
export interface Device {
  readonly provider: string;
  readonly title: string;
  /** What to do where it is missing. */
  readonly remedy: string;
}

/** Every device that onnxruntime-node can have. */
export const DEVICES = {
  cpu: {
    provider: "cpu",
    title: "CPU",
    remedy: "reinstall onnxruntime-node: its binding does not load here",
  },
  webgpu: {
    provider: "webgpu",
    title: "WebGPU (Vulkan, Direct3D 12 or Metal)",
    remedy:
      "needs a GPU driver; on Linux a Vulkan driver and loader (Debian: libvulkan1 and the driver's package; in software: chromium, with VK_ICD_FILENAMES set to its vk_swiftshader_icd.json)",
  },
  cuda: {
    provider: "cuda",
    title: "NVIDIA CUDA",
    remedy:
      "needs an NVIDIA driver, CUDA 12, cuDNN 9 and the libraries that onnxruntime-node's install script downloads",
  },
  tensorrt: {
    provider: "tensorrt",
    title: "NVIDIA TensorRT",
    remedy: "needs what cuda needs and TensorRT 10",
  },
  dml: { provider: "dml", title: "DirectML", remedy: "exists on Windows only" },
  coreml: { provider: "coreml", title: "Core ML", remedy: "exists on macOS only" },
} as const satisfies Record<string, Device>;

export type DeviceName = keyof typeof DEVICES;

export const DEVICE_NAMES = Object.keys(DEVICES) as [DeviceName, ...DeviceName[]];
