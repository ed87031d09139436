"""Groups rows of an Arrow file by hour and key with Polars' streaming engine: for each line on stdin, one line with the number
of groups and the milliseconds of processor time."""

import sys
import time

import polars as pl

rows = pl.read_ipc(open(sys.argv[1], "rb"))
query = (
    rows.lazy()
    .group_by(pl.col("at").dt.truncate("1h"), "key")
    .agg(
        n=pl.len(),
        total=pl.col("value").cast(pl.Int64).sum(),
        least=pl.col("value").min(),
        most=pl.col("value").max(),
    )
)
print("ready", pl.__version__, flush=True)
for _ in sys.stdin:
    began = time.process_time()
    groups = query.collect(engine="streaming").height
    print(groups, round((time.process_time() - began) * 1000), flush=True)
