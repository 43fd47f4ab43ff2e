// Loaded before the command line: kills the process at one of its calls that change files, half of a write being done, and says how
// many calls there were where it isn't reached. KILL_AT is the number of the call, from 1. With FAIL_WITH=ENOSPC the call fails with
// that instead.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const at = Number(process.env.KILL_AT);
let calls = 0;

/** Counts a call, and dies in its place. */
function counted(beforehand) {
  calls++;
  if (calls !== at) return;
  beforehand?.();
  const code = process.env.FAIL_WITH;
  if (code !== undefined) throw Object.assign(new Error(`${code}, made by a test`), { code });
  process.kill(process.pid, "SIGKILL");
}

for (const name of ["fsyncSync", "linkSync", "renameSync", "rmSync"]) {
  const original = fs[name];
  fs[name] = (...args) => {
    counted();
    return original(...args);
  };
}
const { open } = fs.promises;
fs.promises.open = async (...args) => {
  const handle = await open(...args);
  for (const name of ["write", "sync"]) {
    const original = handle[name].bind(handle);
    handle[name] = (...given) => {
      counted(() => {
        if (name === "write") fs.writeSync(handle.fd, given[0], 0, given[0].length >> 1);
      });
      return original(...given);
    };
  }
  return handle;
};
syncBuiltinESMExports();
process.on("exit", () => process.stderr.write(`calls: ${calls}\n`));
