// Makes src/engines/spark/wire/spark-connect_pb.ts from the schema beside it. The code is committed: run this after a change.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const template = {
  version: "v2",
  plugins: [
    {
      local: [process.execPath, join(root, "node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
      out: "src/engines/spark/wire",
      opt: ["target=ts", "import_extension=js"],
    },
  ],
};
const { status } = spawnSync(
  join(root, "node_modules/.bin/buf"),
  ["generate", "src/engines/spark/wire", "--template", JSON.stringify(template)],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = status ?? 1;
