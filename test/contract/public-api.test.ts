import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { publicApi, withDeclarations } from "../support/declarations.js";

const { exports } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
  exports: Record<string, string | { types: string }>;
};
const entries = Object.values(exports).flatMap((one) =>
  typeof one === "string" ? [] : [posix.relative("dist", one.types)],
);

/** Parameters of MLlib stand in docs/mllib-reference.md, and Spark's messages are generated from its protocol. */
const pinned = ["engines/spark/mllib/table.d.ts", "engines/spark/wire/spark-connect_pb.d.ts"];

/** A change of what programs see is a change of public-api.txt: `npx vitest run test/contract/public-api.test.ts -u` writes it. */
test("what the package exports is what public-api.txt says", async () => {
  const api = withDeclarations((read) => publicApi(entries, read, pinned));
  await expect(api).toMatchFileSnapshot("public-api.txt");
});

test("a name, its type and the types behind it are all told", () => {
  const files: Record<string, string> = {
    "index.d.ts": 'export type { A } from "./a.js";\nexport { make as build } from "./a.js";\n',
    "a.d.ts":
      'import type { B } from "./b.js";\n/** Told to people. */\nexport interface A {\n    readonly b: B;\n}\nexport declare function make(n: number): A;\nexport declare const hidden: 1;\nexport {};\n',
    "b.d.ts": "export type B = string;\n",
  };
  expect(publicApi(["index.d.ts"], (file) => files[file]!)).toBe(
    [
      "index.d.ts exports",
      "  A",
      "  build",
      "",
      "== a.d.ts",
      "export interface A {\n    readonly b: B;\n}\n",
      "export declare function make(n: number): A;\n",
      "== b.d.ts",
      "export type B = string;\n",
    ].join("\n"),
  );
});
