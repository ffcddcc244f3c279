import { expect, test } from "vitest";
import { visible } from "./visible.js";

test("what a terminal would obey is written out; what it shows stays", () => {
  expect(visible("a\u001b]0;title\u0007b", {})).toBe("a\\x1b]0;title\\x07b");
  expect(visible("50 %\r100 %\u009b2J\u202eevil", {})).toBe("50 %\\x0d100 %\\x9b2J\\u202eevil");
  expect(visible("two\nlines\tand a tab, é 数 👍🏽", {})).toBe("two\nlines\tand a tab, é 数 👍🏽");
});

test("our own colours pass to a terminal alone, no other sequence does", () => {
  const before = process.env["FORCE_COLOR"];
  process.env["FORCE_COLOR"] = "1";
  try {
    expect(visible("\u001b[31mred\u001b[39m \u001b[8mhidden", {})).toBe("\u001b[31mred\u001b[39m \\x1b[8mhidden");
    process.env["FORCE_COLOR"] = "0";
    expect(visible("\u001b[31mred", {})).toBe("\\x1b[31mred");
  } finally {
    if (before === undefined) delete process.env["FORCE_COLOR"];
    else process.env["FORCE_COLOR"] = before;
  }
});
