import { table, verdict } from "../format.js";
import { defineCommand } from "./command.js";

export const doctorCommand = defineCommand({
  usage: "doctor",
  doc: "Check Node.js, onnxruntime-node and each device on this machine",
  positionals: {},
  options: {},
  examples: [["ecagen doctor", "the devices that work here, and the reasons for the others"]],
  async run() {
    const { examine } = await import("../../driver/doctor/doctor.js");
    const report = await examine();
    return {
      json: report,
      ok: report.ok,
      text() {
        const rows = report.checks.map(({ name, ok, detail }) => [
          name,
          ok ? verdict(true) : "not here",
          detail,
        ]);
        const remedies = report.checks.flatMap(({ name, remedy }) =>
          remedy === undefined ? [] : [`  ${name}: ${remedy}\n`],
        );
        const help = remedies.length === 0 ? "" : `\nWhat would help:\n${remedies.join("")}`;
        return `${table(["", "", "found"], rows)}${help}`;
      },
    };
  },
});
