// RESULTS.md: a section for each contest, replaced when that contest runs again.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const preface = `# Results

Written by \`npm run bench\`. Whole processes, start-up included, taking turns on one machine; the median where a run takes
under a minute. Peers without the time and memory they take to judge. Ratio: Sluice / it, below 1 is faster. Peers are pinned in
\`bench/peers.mjs\`.
`;

/** Writes `sections` (text by title) into the file and keeps those of other titles. */
export function saveSections(file, sections) {
  const kept = existsSync(file) ? sectionsOf(readFileSync(file, "utf8")) : {};
  const all = Object.entries({ ...kept, ...sections });
  writeFileSync(file, `${preface}\n${all.map(([title, text]) => `## ${title}\n\n${text.trim()}\n`).join("\n")}`);
}

function sectionsOf(text) {
  const [, ...parts] = text.split(/^## /m);
  return Object.fromEntries(parts.map((each) => [each.slice(0, each.indexOf("\n")), each.slice(each.indexOf("\n"))]));
}
