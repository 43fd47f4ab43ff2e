import { cpus, totalmem } from "node:os";
import { packageVersion } from "../base/package.js";
import { DEVICE_NAMES, DEVICES, type DeviceName } from "../runtime/devices.js";
import { loadRuntime } from "../runtime/session.js";
import { probeDevice } from "./devices.js";

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

/** What `ecagen doctor --json` prints. `ok`: everything works that compiling and verifying on the CPU needs. */
export interface DoctorReport {
  readonly ok: boolean;
  readonly checks: readonly DoctorCheck[];
}

/** Tries everything that ecagen needs; a device counts as there when a small model has run on it. */
export async function examine(): Promise<DoctorReport> {
  const machine: DoctorCheck[] = [
    { name: "ecagen", ok: true, detail: packageVersion() },
    { name: "Node.js", ok: true, detail: `${process.version} on ${process.platform} ${process.arch}` },
    {
      name: "machine",
      ok: true,
      detail: `${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`,
    },
    await runtimeCheck(),
  ];
  const devices: DoctorCheck[] = [];
  for (const device of DEVICE_NAMES) devices.push(await tryDevice(device));
  const needed = [...machine, ...devices.filter(({ name }) => name === "device cpu")];
  return { ok: needed.every(({ ok }) => ok), checks: [...machine, ...devices] };
}

async function runtimeCheck(): Promise<DoctorCheck> {
  const name = "onnxruntime-node";
  try {
    const ort = await loadRuntime();
    return { name, ok: true, detail: ort.env.versions.node ?? ort.env.versions.common };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message, remedy: DEVICES.cpu.remedy };
  }
}

async function tryDevice(device: DeviceName): Promise<DoctorCheck> {
  const name = `device ${device}`;
  const { title, remedy } = DEVICES[device];
  const problem = await probeDevice(device);
  return problem === undefined
    ? { name, ok: true, detail: `${title}: a small model ran` }
    : { name, ok: false, detail: problem, remedy };
}
