import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";

const project = join(import.meta.dirname, "../..");

interface Module {
  /** Top-level declarations by name, without comments; overloads of one name follow each other. */
  readonly declared: Map<string, string>;
  /** Names that stand for one of another module. */
  readonly elsewhere: Map<string, { readonly file: string; readonly name: string }>;
  readonly exported: Set<string>;
}

/** What a declaration file says, as the compiler writes it: one statement begins at the start of a line. */
export function moduleOf(file: string, text: string): Module {
  const found: Module = { declared: new Map(), elsewhere: new Map(), exported: new Set() };
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^[ \t]*\n/gm, "");
  for (const statement of bare.split(/\n(?=[a-z])/)) {
    const link = /^(import|export)(?: type)? \{([^}]*)\}(?: from "(\.[^"]*)")?/.exec(statement);
    if (link) {
      const [, kind, names, from] = link;
      for (const each of names!.split(",")) {
        const [name = "", as = name] = each
          .replace(/\btype\b/, "")
          .trim()
          .split(/\s+as\s+/);
        if (name === "") continue;
        if (from) found.elsewhere.set(as, { file: besides(file, from), name });
        if (kind === "export") found.exported.add(as);
      }
      continue;
    }
    const own = /^(export )?(?:declare )?(?:abstract )?(?:interface|type|class|const|let|function|enum) ([\w$]+)/.exec(
      statement,
    );
    if (!own) continue;
    const [, isExported, name] = own;
    if (isExported) found.exported.add(name!);
    found.declared.set(name!, [found.declared.get(name!), statement.trim()].filter(Boolean).join("\n"));
  }
  return found;
}

const besides = (file: string, from: string): string => posix.join(posix.dirname(file), from.replace(/\.js$/, ".d.ts"));

/** The exported names of some modules, and the declarations that they lead to, each under its file; `pinned` files are held elsewhere. */
export function publicApi(
  entries: readonly string[],
  read: (file: string) => string,
  pinned: readonly string[] = [],
): string {
  const modules = new Map<string, Module>();
  const at = (file: string): Module => {
    if (!modules.has(file)) modules.set(file, moduleOf(file, read(file)));
    return modules.get(file)!;
  };
  const reached = new Map<string, Map<string, string>>();
  const reach = (file: string, name: string): void => {
    if (pinned.includes(file)) return;
    const { declared, elsewhere } = at(file);
    const link = elsewhere.get(name);
    if (link) {
      reach(link.file, link.name);
      return;
    }
    const text = declared.get(name);
    const here = reached.get(file) ?? new Map<string, string>();
    if (text === undefined || here.has(name)) return;
    reached.set(file, here.set(name, text));
    for (const [, from, other] of text.matchAll(/import\("(\.[^"]*)"\)\.([\w$]+)/g))
      reach(besides(file, from!), other!);
    // A name before a colon or a parenthesis is a property or a parameter, and one after a dot another module's.
    for (const [word] of text.matchAll(/(?<![\w$.#"])[A-Za-z_$][\w$]*(?![\w$]|\??[:(])/g))
      if (word !== name && (declared.has(word) || elsewhere.has(word))) reach(file, word);
  };
  const lines: string[] = [];
  for (const entry of entries) {
    const names = [...at(entry).exported].sort();
    lines.push(`${entry} exports`, ...names.map((name) => `  ${name}`), "");
    for (const name of names) reach(entry, name);
  }
  for (const [file, texts] of [...reached].sort(([a], [b]) => (a < b ? -1 : 1)))
    lines.push(`== ${file}`, ...[...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => `${text}\n`));
  return lines.join("\n");
}

/** Declarations of all sources as they are now, written by the compiler; works while `work` runs. */
export function withDeclarations<T>(work: (read: (file: string) => string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "sluice-declarations-"));
  try {
    const tsc = join(project, "node_modules/typescript/bin/tsc");
    const flags = [
      "--emitDeclarationOnly",
      "--noCheck",
      "--incremental",
      "false",
      "--tsBuildInfoFile",
      "null",
      "--outDir",
      folder,
    ];
    execFileSync(process.execPath, [tsc, "-p", "tsconfig.json", ...flags], { cwd: project, stdio: "pipe" });
    return work((file) => readFileSync(join(folder, file), "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
