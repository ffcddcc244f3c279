// JSON that keeps what our plain data may hold beyond it: bigints and bytes.
const replacer = (_: string, value: unknown): unknown =>
  typeof value === "bigint"
    ? { $bigint: String(value) }
    : value instanceof Uint8Array
      ? { $bytes: Buffer.from(value).toString("base64") }
      : value;

const reviver = (_: string, value: unknown): unknown => {
  if (!value || typeof value !== "object") return value;
  if ("$bigint" in value) return BigInt((value as { $bigint: string }).$bigint);
  if ("$bytes" in value) return new Uint8Array(Buffer.from((value as { $bytes: string }).$bytes, "base64"));
  return value;
};

export const toJson = (value: unknown, indent?: number): string => JSON.stringify(value, replacer, indent);
export const fromJson = <T>(text: string): T => JSON.parse(text, reviver) as T;

/** For programs that read our `--json`: integers past 2^53 are strings, what is not a number is null. */
export const outwardJson = (value: unknown): string =>
  JSON.stringify(value, (_, v) =>
    typeof v !== "bigint" ? v : Number.isSafeInteger(Number(v)) ? Number(v) : String(v),
  );
