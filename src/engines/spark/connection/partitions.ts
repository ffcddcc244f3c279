/**
 * Settings under which a session's queries are done in `count` parts: files are cut into so many (a part holds whole row groups, so that
 * files with fewer of them make fewer parts), and shuffles give as many. What adaptive execution would join stays apart.
 */
export const settingsFor = (count: number): Readonly<Record<string, string>> => ({
  "spark.sql.files.minPartitionNum": String(count),
  "spark.sql.files.maxPartitionNum": String(count),
  "spark.sql.files.maxPartitionBytes": "1t",
  "spark.sql.files.openCostInBytes": "1",
  "spark.sql.leafNodeDefaultParallelism": String(count),
  "spark.sql.shuffle.partitions": String(count),
  "spark.sql.adaptive.coalescePartitions.enabled": "false",
});
