/** A count with its noun. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;

/** A sentence in which flags are set as code, so that no line breaks inside one. */
export function Prose({ text }: { text: string }) {
  return <>{text.split(/(--[a-z][a-z-]*)/).map((part) => (part.startsWith("--") ? <code>{part}</code> : part))}</>;
}

/** Why the figures below may be worth less than they look. */
export function Doubts({ doubts }: { doubts: readonly string[] }) {
  return (
    <>
      {doubts.map((doubt) => (
        <p>
          <strong>Doubtful:</strong> {doubt}.
        </p>
      ))}
    </>
  );
}
