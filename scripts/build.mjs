// Compiles the kernels (AssemblyScript to one .wasm) and the TypeScript sources, skipping what is up to date.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const run = (name, args) => {
  const done = spawnSync(process.execPath, [join(root, "node_modules", name), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
};

const kernels = join(root, "src/kernels");
// What the files share lies in a folder of its own: the exports of a file named here are exports of the module.
const sources = readdirSync(kernels).filter((file) => file.endsWith(".assembly.ts"));
const shared = readdirSync(join(kernels, "shared")).map((file) => join("shared", file));
const wasm = join(kernels, "kernels.wasm");
const newest = Math.max(0, ...[...sources, ...shared].map((file) => statSync(join(kernels, file)).mtimeMs));
if (sources.length > 0 && (!existsSync(wasm) || statSync(wasm).mtimeMs < newest)) {
  run("assemblyscript/bin/asc.js", [
    ...sources.map((file) => `src/kernels/${file}`),
    ..."--outFile src/kernels/kernels.wasm --runtime stub --importMemory --enable simd --memoryBase 1024 -O3 --noAssert".split(
      " ",
    ),
  ]);
}
mkdirSync(join(root, "dist/kernels"), { recursive: true });
if (existsSync(wasm)) copyFileSync(wasm, join(root, "dist/kernels/kernels.wasm"));
// What was compiled from a file that has moved or gone would be found, tested and packed still.
for (const file of readdirSync(join(root, "dist"), { recursive: true }).filter((name) => /\.js$/.test(name))) {
  const source = join(root, "src", file.slice(0, -".js".length));
  if (existsSync(`${source}.ts`) || existsSync(`${source}.tsx`)) continue;
  for (const made of [file, file.replace(/\.js$/, ".d.ts")]) rmSync(join(root, "dist", made), { force: true });
}
// last, because it stops the build on an error, and everything else should be there even then
run("typescript/bin/tsc", ["-p", "tsconfig.json"]);
