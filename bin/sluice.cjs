#!/bin/sh
":" //; export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}" MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-131072}"; exec node --expose-gc --max-semi-space-size=2 "$0" "$@"

// A shell reads the second line, Node what follows. glibc's malloc keeps freed blocks of each thread to itself unless it is told
// otherwise before the process starts, and V8 lets young objects pile up: a third of a 256 MB budget, measured.

// Each running DuckDB query holds one thread of Node's pool, which has four: so it is made larger, before anything uses it.
process.env.UV_THREADPOOL_SIZE ??= "8";
import("../dist/cli/main.js").then(({ main }) => main(process.argv.slice(2)));
