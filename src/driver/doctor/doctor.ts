import { cpus, freemem, totalmem } from "node:os";
import { Deadline } from "../../base/deadline.js";
import { packageVersion } from "../../files/package.js";
import { DEVICE_NAMES, DEVICES, type DeviceName } from "../../runtime/devices.js";
import { MANIFEST_VARIABLES, nvidiaDriver, vulkanDrivers } from "../../runtime/drivers.js";
import { installedRuntime } from "../../runtime/installed.js";
import { type RuntimeOptions, startRuntime } from "../../runtime/session.js";
import { tryDevice } from "../../trials/devices.js";

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

/** The output of `ecagen doctor --json`. `ok`: everything works that compiling and verifying on the CPU needs. */
export interface DoctorReport {
  readonly ok: boolean;
  readonly checks: readonly DoctorCheck[];
}

/** Seconds after which a device that does not answer counts as not working. */
const PATIENCE = 120;

/** Checks everything that ecagen needs; a device is available if a small model runs on it. */
export async function examine(options: Omit<RuntimeOptions, "deadline"> = {}): Promise<DoctorReport> {
  const machine: DoctorCheck[] = [
    { name: "ecagen", ok: true, detail: packageVersion() },
    { name: "Node.js", ok: true, detail: `${process.version} on ${process.platform} ${process.arch}` },
    {
      name: "processor",
      ok: true,
      detail: `${cpus().length} cores, ${cpus()[0]?.model.trim() ?? "unknown"}`,
    },
    { name: "memory", ok: true, detail: `${gibibytes(totalmem())}, ${gibibytes(freemem())} of it free` },
    await runtimeCheck(options),
  ];
  const devices: DoctorCheck[] = [];
  for (const device of DEVICE_NAMES) devices.push(await deviceCheck(device, options));
  const processor = devices.some(({ name, ok }) => ok && (name === "device cpu" || name === "device wasm"));
  return {
    ok: processor && machine.every(({ ok }) => ok),
    checks: [...machine, ...driverChecks(), ...devices],
  };
}

async function runtimeCheck(options: RuntimeOptions): Promise<DoctorCheck> {
  const name = installedRuntime() ?? "onnxruntime-node";
  try {
    const runtime = await startRuntime({ ...options, deadline: new Deadline(PATIENCE) });
    const { version, backends } = runtime;
    runtime.close();
    return { name, ok: true, detail: `${version}, built with ${backends.join(", ")}` };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message, remedy: DEVICES.cpu.remedy() };
  }
}

async function deviceCheck(device: DeviceName, options: RuntimeOptions): Promise<DoctorCheck> {
  const name = `device ${device}`;
  const { title, remedy } = DEVICES[device];
  try {
    const { problem, adapter } = await tryDevice(device, { ...options, deadline: new Deadline(PATIENCE) });
    if (problem !== undefined) return { name, ok: false, detail: problem, remedy: remedy() };
    return {
      name,
      ok: true,
      detail: `${title}: a small model ran${adapter === undefined ? "" : ` on ${adapter}`}`,
    };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message, remedy: remedy() };
  }
}

/** What Linux' files tell of GPU drivers; nothing elsewhere. */
function driverChecks(): readonly DoctorCheck[] {
  if (process.platform !== "linux") return [];
  const nvidia = nvidiaDriver();
  const variable = MANIFEST_VARIABLES.find((name) => (process.env[name] ?? "") !== "");
  const vulkan = vulkanDrivers().map(({ manifest, library, problem }): DoctorCheck => {
    const name = "Vulkan driver";
    if (problem === undefined) return { name, ok: true, detail: `${manifest}: ${library}` };
    const remedy =
      variable === undefined ? "install the driver's package again" : `correct the variable ${variable}`;
    return { name, ok: false, detail: `${manifest}: ${problem}`, remedy };
  });
  return [
    nvidia === undefined
      ? {
          name: "NVIDIA driver",
          ok: false,
          detail: "none is loaded",
          remedy: "needed for cuda and tensorrt only",
        }
      : { name: "NVIDIA driver", ok: true, detail: nvidia },
    ...(vulkan.length > 0
      ? vulkan
      : [
          {
            name: "Vulkan driver",
            ok: false,
            detail: "no manifest is found",
            remedy: DEVICES.webgpu.remedy(),
          },
        ]),
  ];
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
