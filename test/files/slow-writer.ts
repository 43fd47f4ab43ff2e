// Writes the file named in the arguments slowly and without end; prints a line when a part of it is on the disk.
import { writeAtomically } from "../../src/files/atomic-file.js";

const [file = ""] = process.argv.slice(2);
await writeAtomically([file], async (sink) => {
  for (let i = 0; ; i++) {
    await sink.write(new Uint8Array(1 << 20));
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (i === 3) process.stdout.write("writing\n");
  }
});
