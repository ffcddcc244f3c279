#!/usr/bin/env node
// Each running DuckDB query holds one thread of Node's pool, which has four: so it is made larger, before anything uses it.
process.env.UV_THREADPOOL_SIZE ??= "16";
import("../dist/cli/main.js").then(({ main }) => main(process.argv.slice(2)));
