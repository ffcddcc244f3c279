import { describe, expect, test } from "vitest";
import { samples } from "../../test/support/report-samples.js";
import { renderReport } from "./index.js";

describe.each(Object.entries(samples))("the report of %s", (_, input) => {
  const html = renderReport(input);

  test("is one document that asks for nothing", () => {
    expect(html.startsWith("<!doctype html>\n<html lang=")).toBe(true);
    expect(html).not.toMatch(/<script|<link rel="stylesheet|@import|url\(|\ssrc=|https?:/);
  });

  test("has a heading for each entry of its contents, in order, and no level left out", () => {
    const links = [...html.matchAll(/<a href="#([a-z]+)">([^<]+)/g)].map(([, id, title]) => `${id}:${title}`);
    const headings = [...html.matchAll(/<h2 id="([a-z]+)-heading">([^<]+)/g)].map(([, id, title]) => `${id}:${title}`);
    expect(headings).toEqual(links);
    const levels = [...html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    for (const [i, level] of levels.entries()) if (i > 0) expect(level - levels[i - 1]!).toBeLessThanOrEqual(1);
  });

  test("shows no hole where a figure should be", () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object|>null</);
  });

  test("names every picture, once", () => {
    for (const [svg] of html.matchAll(/<svg.*?<\/svg>/gs)) expect(svg).toMatch(/role="img".*?<title/s);
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("says how to do it again", () => {
    expect(html).toContain(input.reproduce.stateHash);
    expect(html.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">")).toContain(
      input.reproduce.command,
    );
  });
});

describe("a report", () => {
  test("sets the baseline and the interval beside each figure", () => {
    const { model, baseline } = samples.binary.quality["test"]!;
    const html = renderReport(samples.binary);
    const row = /<th scope="row">AUC<\/th>.*?<\/tr>/gs.exec(html.slice(html.indexOf("30,000 test rows")))![0];
    expect(row).toContain(model.values["auc"]!.toFixed(4));
    expect(row).toContain(`${model.intervals["auc"]![0].toFixed(4)} to ${model.intervals["auc"]![1].toFixed(4)}`);
    expect(row).toContain(baseline!.values["auc"]!.toFixed(4));
  });

  test("escapes what came from the data", () => {
    const html = renderReport({
      ...samples.bare,
      model: "<b>x</b>",
      label: `a < "b"`,
      warnings: [{ message: "<img src=x>" }],
    });
    expect(html).toContain("&lt;b>x&lt;/b>");
    expect(html).not.toContain("<img");
    expect(html).not.toContain("<b>x");
  });

  test("says so when no rows were kept to judge on", () => {
    expect(renderReport(samples.bare)).toContain("No rows were kept to judge the model on");
  });

  test("lists the largest effects only, and counts the rest", () => {
    const html = renderReport(samples.binary);
    expect(html).toContain("And 14 smaller ones.");
    expect(html).not.toContain("origin = X29");
  });

  test("owns up to a budget that did not hold", () => {
    const { reality } = samples.bare;
    const html = renderReport({ ...samples.bare, reality: { ...reality, peakRssBytes: reality.budgetBytes + 1 } });
    expect(html).toContain("above the budget");
    expect(renderReport(samples.bare)).not.toContain("above the budget");
  });
});
