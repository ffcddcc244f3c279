import { expect, test } from "vitest";
import { text } from "./duckdb/literals.js";

test("text with a NUL is put together, because SQL would end there", () => {
  expect(text("a'b")).toBe("'a''b'");
  expect(text("a\0'b")).toBe("('a' || chr(0) || '''b')");
});
