/** Each gives the path of a file of that many rows in the cache, made when it is not there. */
export function binaryTable(rows: number): Promise<string>;
export function binaryTest(rows: number): Promise<string>;
export function realTable(rows: number): Promise<string>;
export function realTest(rows: number): Promise<string>;
export function ordersCsv(rows: number): Promise<string>;
export function visitsCsv(rows: number): Promise<string>;
export function visitsTest(rows: number): Promise<string>;
