import { DeviceError } from "../base/diagnostic.js";
import { packageVersion } from "../base/package.js";
import { GraphBuilder } from "../ir/builder.js";
import { tensorType } from "../ir/types.js";
import { encodeModel } from "../onnx/export.js";
import { modelBytes } from "../onnx/write.js";
import { DEVICES, type DeviceName } from "../runtime/devices.js";
import { openSession } from "../runtime/session.js";

/** The devices that `auto` tries, the most specialised first; the CPU is always there. */
const PREFERENCE = ["coreml", "cuda", "dml", "webgpu", "cpu"] as const satisfies readonly DeviceName[];

/** The device that a request means: `auto` is the first that really runs a small model here. */
export async function chooseDevice(requested: DeviceName | "auto"): Promise<DeviceName> {
  if (requested !== "auto") return requested;
  for (const device of PREFERENCE) {
    if ((await probeDevice(device)) === undefined) return device;
  }
  throw new DeviceError("no device can run a model here, not even the CPU", DEVICES.cpu.remedy);
}

/** Runs a small model on a device. Gives what went wrong; undefined when the result was right. */
export async function probeDevice(device: DeviceName): Promise<string | undefined> {
  try {
    const session = await openSession(probeModel(), { device });
    try {
      const data = Float32Array.of(-1, 0, 1, 2);
      const y = (await session.run(new Map([["x", { dims: [1, 1, 2, 2], data }]]))).get("y")?.data;
      const right = y !== undefined && data.every((each, i) => y[i] === Math.max(each, 0));
      return right ? undefined : "a small model gave a wrong result";
    } finally {
      await session.close();
    }
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

/** y = max(x, 0) over [1, 1, 2, 2]: every provider has it. */
function probeModel(): Uint8Array {
  const builder = new GraphBuilder("probe");
  const x = builder.input("x", tensorType([1, 1, 2, 2]));
  const y = builder.op("relu", [x], {}, { scope: "/y" });
  const options = { producerVersion: packageVersion(), metadata: {} };
  return modelBytes(encodeModel(builder.finish([y]), options), { seed: 0 });
}
