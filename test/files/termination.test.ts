import { spawn } from "node:child_process";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("base: termination");
const MODULE = new URL("../../src/files/termination.ts", import.meta.url).href;

/** Sends a signal to a program of its own as soon as it prints something; what ended it, and after how many milliseconds. */
async function signalled(program: string, signal: NodeJS.Signals): Promise<{ by: unknown; ms: number }> {
  const code = `import { onTermination, withoutListeners } from ${JSON.stringify(MODULE)};\n${program}`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const sent = performance.now();
  child.kill(signal);
  const [code_, by] = await once(child, "exit");
  return { by: by ?? code_, ms: performance.now() - sent };
}

test("a signal between many short waits is not lost", async () => {
  // Each wait ends in the turn of the event loop in which the signal's event would come.
  const program = `
    const end = setTimeout(() => process.exit(5), 5000);
    console.log("waiting");
    for (;;) {
      const stop = onTermination(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      for (const until = performance.now() + 2; performance.now() < until; );
      stop();
    }`;
  for (let i = 0; i < 3; i++) assert.is((await signalled(program, "SIGINT")).by, "SIGINT");
});

test("a signal ends a long computation at once", async () => {
  const program = `
    const stop = onTermination(() => {});
    await new Promise((resolve) => setTimeout(resolve, 10));
    stop();
    await withoutListeners();
    process.stdout.write("computing");
    for (const until = performance.now() + 20000; performance.now() < until; );`;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const { by, ms } = await signalled(program, signal);
    assert.is(by, signal);
    assert.ok(ms < 10000, `${ms} ms`);
  }
});

test("what has to be done is done once, before the signal ends the process", async () => {
  const program = `
    import { writeSync } from "node:fs";
    for (const name of ["a", "b"]) onTermination(() => writeSync(1, name));
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const code = `import { onTermination } from ${JSON.stringify(MODULE)};\n${program}`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (data: Buffer) => {
    if (printed === "") child.kill("SIGTERM");
    printed += data;
  });
  const [, by] = await once(child, "close");
  assert.is(by, "SIGTERM");
  assert.is(printed, "ready\nab");
});

test.run();
