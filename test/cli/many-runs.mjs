// Runs the built command line many times in one process, the folder of which is that of the runs: starting a process takes longer
// than most commands. Gets the arguments of each run as a message, and answers with what it printed and its exit code.

import { pathToFileURL } from "node:url";

const cli = pathToFileURL(process.argv[2]).href;
let runs = 0;

process.on("message", async (args) => {
  const printed = { stdout: "", stderr: "" };
  const writes = ["stdout", "stderr"].map((name) => {
    const stream = process[name];
    const { write } = stream;
    stream.write = (text) => {
      printed[name] += text;
      return true;
    };
    return () => {
      stream.write = write;
    };
  });
  process.argv.splice(2, Infinity, ...args);
  process.exitCode = undefined;
  try {
    await import(`${cli}?run=${runs++}`);
    process.send({ code: process.exitCode ?? 0, ...printed });
  } catch (error) {
    process.send({ code: 70, ...printed, stderr: `${printed.stderr}${error}` });
  } finally {
    for (const restore of writes) restore();
  }
});
