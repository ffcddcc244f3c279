// Makes src/engines/spark/wire/spark-connect_pb.ts from the schema beside it. The code is committed: run this after a change.
// The compilers are fetched for it alone, so that nobody else has to install them.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../bench/cache.mjs";

const tools = cacheFolder("wire-tools");
const wanted = ["@bufbuild/buf@1.75.0", "@bufbuild/protoc-gen-es@2.13.0"];
spawnSync("npm", ["install", "--prefix", tools, "--no-save", "--ignore-scripts", ...wanted], { stdio: "inherit" });

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const template = {
  version: "v2",
  plugins: [
    {
      local: [process.execPath, join(tools, "node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
      out: "src/engines/spark/wire",
      opt: ["target=ts", "import_extension=js"],
    },
  ],
};
const { status } = spawnSync(
  join(tools, "node_modules/.bin/buf"),
  ["generate", "src/engines/spark/wire", "--template", JSON.stringify(template)],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = status ?? 1;
