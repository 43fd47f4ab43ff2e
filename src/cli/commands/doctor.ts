import { defineCommand } from "./command.js";

export const doctorCommand = defineCommand({
  usage: "doctor",
  doc: "Say what works here: Node.js, onnxruntime-node, and each device tried for real",
  positionals: {},
  options: {},
  examples: [["ecagen doctor", "which devices can run a model here, and what the others lack"]],
  async run() {
    const { examine } = await import("../../driver/doctor.js");
    const report = await examine();
    return {
      json: report,
      ok: report.ok,
      async text() {
        const { table, verdict } = await import("../format.js");
        const rows = report.checks.map(({ name, ok, detail, remedy }) => [
          name,
          ok ? verdict(true) : "not here",
          detail,
          remedy ?? "",
        ]);
        return table(["", "", "found", "what would help"], rows);
      },
    };
  },
});
