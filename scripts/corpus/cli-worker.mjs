import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";

/*
 * Runs the built command line, the file of the first argument, many times in one process, which has its modules loaded but for the first:
 * that file is evaluated anew for each request, with the request's arguments as the process's own. Exit code and streams are those that
 * it sets and writes. It is no TypeScript, as tsx would transform the program at each run.
 */

const cli = pathToFileURL(process.argv[2] ?? "").href;
let runs = 0;

process.on("message", (request) => {
  void run(request).then((result) => process.send?.(result));
});

/** @param {import("./protocol.js").CliRequest} request @returns {Promise<import("./protocol.js").CliRun>} */
async function run({ args, folder }) {
  process.chdir(folder);
  process.argv = [process.execPath, "ecagen", ...args];
  process.exitCode = undefined;
  const streams = { stdout: captured("stdout"), stderr: captured("stderr") };
  const started = performance.now();
  try {
    await import(`${cli}?run=${runs++}`);
  } finally {
    for (const { restore } of Object.values(streams)) restore();
    for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
  }
  return {
    code: Number(process.exitCode ?? 0),
    stdout: streams.stdout.text(),
    stderr: streams.stderr.text(),
    ms: performance.now() - started,
  };
}

/** Keeps what is written on a stream until `restore`. @param {"stdout" | "stderr"} name */
function captured(name) {
  const stream = process[name];
  const { write } = stream;
  let written = "";
  stream.write = (text) => {
    written += text;
    return true;
  };
  return {
    text: () => written,
    restore() {
      stream.write = write;
    },
  };
}
