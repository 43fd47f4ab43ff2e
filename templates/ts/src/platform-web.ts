import { type Platform, webPlatform } from "./platform.js";

/** The platform that `#platform` stands for in browsers. */
export async function defaultPlatform(): Promise<Platform> {
  return webPlatform(await import("onnxruntime-web/webgpu"));
}
