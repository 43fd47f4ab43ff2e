import { suite } from "uvu";
import * as assert from "uvu/assert";
import { oneVisibleLine, unseen, visibleText } from "../../src/base/visible-text.js";

const test = suite("base: visible text");

const escaped = (each: string): string => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`;

test("every character of the basic plane is told apart as the tables of Unicode say", () => {
  for (let code = 0; code < 0x10000; code++) {
    const character = String.fromCharCode(code);
    const shown = character.replace(unseen(), escaped);
    assert.is(oneVisibleLine(`a${character}b`), `a${shown}b`);
    const kept = character === "\n" || character === "\t";
    assert.is(visibleText(`a${character}b`), `a${kept ? character : shown}b`);
  }
});

test("the ends of lines stay in a text and are escaped on one line", () => {
  assert.is(visibleText("a\r\nb\rc"), "a\r\nb\\u{d}c");
  assert.is(oneVisibleLine("a\r\nb"), "a\\u{d}\\u{a}b");
});

test.run();
