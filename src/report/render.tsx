import type { ComponentChildren } from "preact";
import { render } from "preact-render-to-string";
import type { ReportInput } from "./input.js";
import { Data, Learning, PlanAndReality, Reproduce } from "./sections/data.js";
import { Gains } from "./sections/gains.js";
import { Importances } from "./sections/importance.js";
import { Comparison, Effects, Slices } from "./sections/insight.js";
import { Partial } from "./sections/partial.js";
import { Quality } from "./sections/quality.js";
import { Summary } from "./sections/summary.js";
import { style } from "./style.js";
import { Prose } from "./words.js";

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: ComponentChildren;
}

/** A model's report as one HTML file: no script, no network, nothing beside it. */
export function renderReport(report: ReportInput): string {
  const sections: Section[] = [
    { id: "summary", title: "In short", body: <Summary report={report} /> },
    { id: "quality", title: "Quality", body: <Quality report={report} /> },
    ...when(report.comparisons, (all) => ({
      id: "comparisons",
      title: "With and without",
      body: all.map((comparison) => <Comparison comparison={comparison} task={report.task} />),
    })),
    ...when(report.effects, () => ({
      id: "effects",
      title: "What moves the prediction",
      body: <Effects report={report} />,
    })),
    ...when(report.gains, (gains) => ({
      id: "gains",
      title: "What the splits gained",
      body: <Gains gains={gains} />,
    })),
    ...(report.rules === undefined
      ? []
      : [{ id: "rules", title: "The tree as rules", body: <pre class="rules">{report.rules}</pre> }]),
    ...when(report.insight?.importance, () => ({
      id: "importance",
      title: `What matters on ${report.insight!.split} rows`,
      body: <Importances insight={report.insight!} report={report} />,
    })),
    ...when(report.insight?.partial, () => ({
      id: "partial",
      title: "How the prediction moves",
      body: <Partial insight={report.insight!} report={report} />,
    })),
    ...when(report.slices, (slices) => ({
      id: "slices",
      title: "Quality by group",
      body: <Slices slices={slices} report={report} />,
    })),
    { id: "learning", title: "Learning", body: <Learning report={report} /> },
    { id: "data", title: "Data", body: <Data report={report} /> },
    ...when(report.assumed, (assumed) => ({
      id: "assumed",
      title: "What was assumed",
      body: (
        <ul>
          {assumed.map((sentence) => (
            <li>
              <Prose text={sentence} />
            </li>
          ))}
        </ul>
      ),
    })),
    { id: "plan", title: "Plan and reality", body: <PlanAndReality report={report} /> },
    { id: "reproduce", title: "How to reproduce", body: <Reproduce report={report} /> },
  ];
  return `<!doctype html>\n${render(
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <link rel="icon" href="data:," />
        <title>{`${report.model}: ${report.label}`}</title>
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <div class="page">
          <nav aria-label="Contents">
            <ol>
              {sections.map(({ id, title }) => (
                <li>
                  <a href={`#${id}`}>{title}</a>
                </li>
              ))}
            </ol>
          </nav>
          <main>
            <header>
              <p class="kind">
                Sluice report · {report.created.slice(0, 16).replace("T", " ")} UTC ·{" "}
                <span title={report.sources.join(", ")}>{report.sources.map(fileName).join(", ")}</span>
              </p>
              <h1>{report.model}</h1>
            </header>
            {sections.map(({ id, title, body }) => (
              <section id={id} aria-labelledby={`${id}-heading`}>
                <h2 id={`${id}-heading`}>{title}</h2>
                {body}
              </section>
            ))}
            <footer>Written by Sluice. This file stands alone: it loads nothing and runs no script.</footer>
          </main>
        </div>
      </body>
    </html>,
  )}\n`;
}

const fileName = (source: string): string => source.split(/[\\/]/).at(-1) || source;

const when = <T,>(list: readonly T[] | undefined, section: (list: readonly T[]) => Section): Section[] =>
  list && list.length > 0 ? [section(list)] : [];
