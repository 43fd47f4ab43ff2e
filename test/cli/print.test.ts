import picocolors from "picocolors";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { coloured, print, withoutColours } from "../../src/cli/print.js";

const test = suite("cli: the one way to the terminal");
const { green } = picocolors.createColors(true);

/** What `print` sends to stdout. */
function printed(text: string): string {
  const { write } = process.stdout;
  let sent = "";
  process.stdout.write = (chunk: string | Uint8Array): boolean => {
    sent += chunk;
    return true;
  };
  try {
    print("stdout", text);
  } finally {
    process.stdout.write = write;
  }
  return sent;
}

test("what a caller forgot to make visible is made so here", () => {
  for (const hidden of ["\x1b[2J", "\x9b31m", "\u202e", "\u200b", "\x07"]) {
    const sent = printed(`a${hidden}b\n`);
    assert.not(sent.includes(hidden), JSON.stringify(sent));
    assert.match(sent, /^a.+b\n$/);
  }
});

test("ends of lines stay, a return to the start of a line does not", () => {
  assert.is(printed("a,b\r\n1,2\r\n"), "a,b\r\n1,2\r\n");
  assert.is(printed("a\rb\n"), "a\\u{d}b\n");
});

test("colours of ecagen's own get through, those inside of what is coloured don't", () => {
  assert.is(printed(coloured(green, "ok")), "\x1b[32mok\x1b[39m");
  const sent = printed(coloured(green, "\x1b[31mred"));
  assert.is(sent.split("\x1b").length, 3, JSON.stringify(sent));
  assert.is(withoutColours(coloured(green, "ok")), "ok");
});

test.run();
