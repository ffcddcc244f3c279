/** The report's only style sheet: system fonts, both colour schemes, and paper. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --raised: #f3f3ee; --ink: #1d2226; --quiet: #5f6970; --line: #dcddd6;
  --accent: #1f6f8b; --accent-soft: #1f6f8b26; --other: #8a8f94; --warm: #b4532a; --warm-soft: #b4532a1f;
  --c0: #1f6f8b; --c1: #d98e3f; --c2: #7aa36a; --c3: #9a7fb5; --c4: #b8b4a6; --c5: #c56b6b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181b; --raised: #1e2327; --ink: #e4e6e4; --quiet: #9aa4aa; --line: #333a3f;
    --accent: #6bb8d0; --accent-soft: #6bb8d030; --other: #7d868c; --warm: #e08a5e; --warm-soft: #e08a5e26;
    --c0: #5aa9c3; --c1: #d9a05c; --c2: #8fb981; --c3: #b09ac9; --c4: #7d7a70; --c5: #d08383;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
.page { display: grid; grid-template-columns: 13rem minmax(0, 60rem); gap: 0 3.5rem; justify-content: center; padding: 0 1.5rem; }
nav { position: sticky; top: 0; align-self: start; padding-top: 4.2rem; font-size: .9rem; max-height: 100vh; overflow: auto; }
nav h2 { all: unset; display: block; color: var(--quiet); font-size: .8rem; margin-bottom: .5rem; }
nav ol { list-style: none; margin: 0; padding: 0; border-left: 1px solid var(--line); }
nav a { display: block; padding: .2rem 0 .2rem .9rem; color: var(--quiet); text-decoration: none; margin-left: -1px; border-left: 1px solid transparent; }
nav a:hover, nav a:focus-visible { color: var(--accent); border-color: var(--accent); }
main { padding: 3.2rem 0 5rem; }
header .kind { color: var(--quiet); margin: 0; font-size: .95rem; }
h1 { font-size: 2.3rem; line-height: 1.15; letter-spacing: -.02em; margin: .1rem 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; letter-spacing: -.01em; margin: 3.4rem 0 .9rem; padding-top: 1.1rem; border-top: 1px solid var(--line); }
section:first-of-type h2 { border: 0; margin-top: 1.4rem; padding: 0; }
h3 { font-size: 1.08rem; margin: 2.2rem 0 .6rem; }
p { margin: .6rem 0; max-width: 44rem; }
.lead { font-size: 1.18rem; max-width: 46rem; overflow-wrap: anywhere; }
.note { color: var(--quiet); font-size: .88rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(10rem, 45%), 1fr)); gap: 1rem; margin: 1.6rem 0; }
.tiles > div { background: var(--raised); border-radius: .6rem; padding: .9rem 1.1rem; }
.tiles dt { color: var(--quiet); font-size: .9rem; }
.tiles dd { margin: 0; display: flex; flex-direction: column; font-size: .86rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.tiles b { font-size: 1.9rem; font-weight: 600; color: var(--ink); line-height: 1.3; letter-spacing: -.01em; }
.warnings { border-left: 3px solid var(--warm); background: var(--warm-soft); border-radius: 0 .5rem .5rem 0; padding: .7rem 1.2rem; margin: 1.6rem 0; max-width: 46rem; }
.warnings h3 { margin: 0 0 .2rem; color: var(--warm); }
.warnings ul { margin: .2rem 0; padding-left: 1.1rem; }
ul { padding-left: 1.2rem; } li { margin: .25rem 0; max-width: 44rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 1.3rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding-bottom: .5rem; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .36rem 1rem .36rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th, thead td { color: var(--quiet); font-weight: 500; font-size: .86rem; white-space: nowrap; }
tbody th { font-weight: 500; }
th.long { overflow-wrap: anywhere; min-width: 8rem; max-width: 20rem; }
.number { text-align: right; white-space: nowrap; }
.strong { font-weight: 600; } .quiet { color: var(--quiet); }
tr.dropped th, tr.dropped td { color: var(--quiet); }
tr.dropped th { text-decoration: line-through; text-decoration-thickness: 1px; }
.effects td, .effects th { vertical-align: middle; }
.picture { width: 30%; min-width: 9rem; text-align: center; }
.whisker { display: block; width: 100%; min-width: 9rem; height: auto; }
.whisker .more { fill: var(--accent); } .whisker .less { fill: var(--warm); }
.whisker .interval { stroke: var(--ink); stroke-width: 1; fill: none; opacity: .75; }
.whisker .at { fill: var(--accent); } .whisker .at.less { fill: var(--warm); }
.whisker .reference { stroke: var(--other); stroke-width: 1; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.6rem 2rem; margin: 1.2rem 0; }
.charts:empty { display: none; }
figure { margin: 0; max-width: 34rem; }
figcaption { display: flex; flex-wrap: wrap; gap: .1rem 1rem; align-items: baseline; font-size: .86rem; color: var(--quiet); min-height: 1.6rem; }
figcaption strong { color: var(--ink); font-size: .98rem; font-weight: 600; overflow-wrap: anywhere; min-width: 0; }
.key::before { content: ""; display: inline-block; width: 1.1em; height: 0; border-top: 2.5px solid var(--accent); vertical-align: .25em; margin-right: .4em; }
.key.baseline::before { border-top: 2px dashed var(--other); }
figure svg { display: block; width: 100%; height: auto; }
svg text { font: 11.5px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--quiet); font-variant-numeric: tabular-nums; }
svg .name { font-size: 12px; }
.axis line { stroke: var(--line); stroke-width: 1; } .axis .base, .axis .tick { stroke: var(--other); }
.curve { fill: none; stroke-linejoin: round; }
.curve.model { stroke: var(--accent); stroke-width: 2.2; }
.curve.baseline { stroke: var(--other); stroke-width: 1.4; stroke-dasharray: 5 4; }
.curve.series-0 { stroke: var(--c0); } .curve.series-1 { stroke: var(--c1); } .curve.series-2 { stroke: var(--c2); }
.curve.series-3 { stroke: var(--c3); } .curve.series-4 { stroke: var(--c4); } .curve.series-5 { stroke: var(--c5); }
.key.series-0::before { border-color: var(--c0); } .key.series-1::before { border-color: var(--c1); } .key.series-2::before { border-color: var(--c2); }
.key.series-3::before { border-color: var(--c3); } .key.series-4::before { border-color: var(--c4); } .key.series-5::before { border-color: var(--c5); }
.curve[class*="series"] { stroke-width: 2; }
.dot { fill: var(--paper); stroke: var(--accent); stroke-width: 1.8; }
.bar { fill: var(--accent); opacity: .82; }
.confusion { width: auto; font-size: .88rem; } .confusion caption { white-space: nowrap; }
.compact { width: auto; min-width: min(100%, 26rem); } .compact th, .compact td { padding-right: 2.6rem; } .compact th:last-child, .compact td:last-child { padding-right: 0; }
.confusion th, .confusion td { text-align: right; padding: .45rem .8rem; border: 2px solid var(--paper); }
.confusion tbody td { background: color-mix(in srgb, var(--tone) calc(var(--share) * 55%), var(--raised)); border-radius: .3rem; min-width: 4rem; }
.confusion .right { --tone: var(--accent); } .confusion .wrong { --tone: var(--warm); }
.confusion small { display: block; color: var(--quiet); font-size: .8em; }
.confusion tbody td small { color: inherit; opacity: .75; }
.parts svg { display: block; width: 100%; height: 1.4rem; border-radius: .3rem; }
.keys { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; padding: 0; margin: .6rem 0 1.6rem; font-size: .9rem; color: var(--quiet); }
.keys b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: .75em; height: .75em; border-radius: .15em; margin-right: .3em; }
.part-0 { fill: var(--c0); background: var(--c0); } .part-1 { fill: var(--c1); background: var(--c1); }
.part-2 { fill: var(--c2); background: var(--c2); } .part-3 { fill: var(--c3); background: var(--c3); }
.part-4 { fill: var(--c4); background: var(--c4); } .part-5 { fill: var(--c5); background: var(--c5); }
pre { background: var(--raised); border-radius: .5rem; padding: .9rem 1.1rem; overflow-x: auto; font-size: .88rem; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.rules { white-space: pre; overflow-wrap: normal; }
li code, p code, td code { white-space: nowrap; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; overflow-wrap: anywhere; }
.facts > div { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; padding: .3rem 0; border-bottom: 1px solid var(--line); font-size: .92rem; }
.facts dt { color: var(--quiet); } .facts dd { margin: 0; }
footer { margin-top: 4rem; color: var(--quiet); font-size: .86rem; }
@media (max-width: 62rem) {
  .page { display: block; max-width: 60rem; margin: 0 auto; }
  nav { position: static; padding-top: 2rem; } nav ol { border: 0; display: flex; flex-wrap: wrap; gap: 0 1rem; } nav a { padding: .1rem 0; }
  main { padding-top: 1.2rem; }
}
@media (max-width: 40rem) {
  table { font-size: .86rem; } th, td { padding-right: .7rem; } .what { display: none; }
  .compact th, .compact td { padding-right: 1.2rem; } .confusion caption { white-space: normal; } .confusion td { min-width: 0; }
  svg text, svg .name { font-size: 13px; } .facts > div { grid-template-columns: 6rem 1fr; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --raised: #f4f4f1; --ink: #000; --quiet: #444; --line: #ccc; --accent: #1f6f8b; --other: #777; --warm: #b4532a; --c0: #1f6f8b; --c1: #d98e3f; --c2: #7aa36a; --c3: #9a7fb5; --c4: #b8b4a6; --c5: #c56b6b; }
  body { font-size: 10.5pt; } nav { display: none; } .page { display: block; padding: 0; } main { padding: 0; }
  h2 { margin-top: 2rem; break-after: avoid; } h3, caption { break-after: avoid; }
  figure, tr, .tiles > div, .warnings { break-inside: avoid; } .charts { grid-template-columns: 1fr 1fr; } .tiles { grid-template-columns: repeat(4, 1fr); } .what { display: none; }
  .scroll { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
