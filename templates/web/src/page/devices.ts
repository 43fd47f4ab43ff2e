import type { Device } from "../index.js";

/** A device that a page can run networks on. */
export interface PageDevice {
  readonly device: Extract<Device, "cpu" | "webgpu">;
  readonly title: string;
  /** Why it can't be had here; undefined where it can. */
  readonly problem: string | undefined;
}

/** What is used of WebGPU; TypeScript's own types have it in late versions only. */
interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(): Promise<{ readonly info: AdapterInfo } | null>;
}

/** The devices, those that can't be had too. */
export async function pageDevices(): Promise<readonly PageDevice[]> {
  return [
    { device: "cpu", title: "CPU, WebAssembly", problem: undefined },
    { device: "webgpu", title: "GPU, WebGPU", problem: await webgpuProblem() },
  ];
}

/** What a network that is loaded runs on, as exactly as the browser says. */
export async function describeDevice(device: Device): Promise<string> {
  const { env } = await import("onnxruntime-web/webgpu");
  if (device === "cpu") {
    const threads = env.wasm.numThreads ?? 1;
    return `CPU, WebAssembly, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
  }
  if (device !== "webgpu") return device;
  // The adapter that the runtime took, which need not be the one that the page would be given.
  const { adapterInfo } = (await env.webgpu.device) as { readonly adapterInfo?: AdapterInfo };
  return `GPU, WebGPU${adapterInfo === undefined ? "" : `, ${nameOf(adapterInfo)}`}`;
}

async function webgpuProblem(): Promise<string | undefined> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  if (gpu === undefined) {
    return isSecureContext ? "this browser does not have WebGPU" : "WebGPU needs https or localhost";
  }
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter === null ? "WebGPU finds no adapter here" : undefined;
}

function nameOf({ vendor, architecture, description, isFallbackAdapter }: AdapterInfo): string {
  const name =
    description || [vendor, architecture].filter((each) => each !== "").join(" ") || "unnamed adapter";
  return isFallbackAdapter === true ? `${name}, in software` : name;
}
