// In the place of src/runtime/worker.ts: dies in a run as native code does.
process.send({ version: "0", backends: [] });
process.on("message", ({ call }) => {
  if (call === "open") {
    const ports = [{ name: "x", dtype: "float32", dims: [1] }];
    process.send({ answer: { session: 0, inputs: ports, outputs: ports, ms: 0 } });
  } else {
    console.error("the driver's last words");
    process.kill(process.pid, "SIGSEGV");
  }
});
