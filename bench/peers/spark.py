"""Counts all combinations of features of a table in Spark, local mode, for
`bench peers`. Prints one JSON object of figures and writes what it counted as
CSV: group, rows, sum of the metric."""
import argparse
import itertools
import json
import time

from pyspark.sql import SparkSession, functions as F

p = argparse.ArgumentParser()
p.add_argument("--table")
p.add_argument("--out")
p.add_argument("--metric")
p.add_argument("--features", type=lambda s: s.split(","))
p.add_argument("--order", type=int)
p.add_argument("--threads", type=int)
p.add_argument("--repeat", type=int)
p.add_argument("--min-rows", type=int)
a = p.parse_args()

spark = (
    SparkSession.builder.master(f"local[{a.threads}]")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.sql.shuffle.partitions", str(a.threads))
    .config("spark.driver.memory", "4g")
    .config("spark.log.level", "ERROR")
    .getOrCreate()
)
spark.range(1000).count()  # the first job warms the engine up
combinations = [c for k in range(1, a.order + 1) for c in itertools.combinations(a.features, k)]


def grouped(table, c):
    cells = table.groupBy(*c).agg(F.count("*").alias("rows"), F.sum(a.metric).alias("total"))
    return cells.where(F.col("rows") >= a.min_rows) if a.min_rows > 1 else cells


def load():
    spark.catalog.clearCache()
    table = spark.read.parquet(a.table).cache()
    table.count()
    return table


def best(do):
    took = []
    for _ in range(a.repeat):
        begin = time.perf_counter()
        result = do()
        took.append(time.perf_counter() - begin)
    return min(took), result


load_seconds, table = best(load)
# "noop" computes every cell and keeps none: handing them over is no part of the figure.
count_seconds, _ = best(
    lambda: [grouped(table, c).write.format("noop").mode("overwrite").save() for c in combinations]
)
with open(a.out, "w") as out:
    for c in combinations:
        for row in grouped(table, c).collect():
            out.write(" & ".join(f"{n}={row[n]}" for n in c) + f",{row['rows']},{row['total']}\n")
print(json.dumps({"version": spark.version, "load_seconds": load_seconds, "count_seconds": count_seconds}))
spark.stop()
