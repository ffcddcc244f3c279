"""Parquet files of pyarrow with what DuckDB does not write: test/fixtures/parquet.json. Needs pyarrow 26."""

import base64
import datetime as dt
import decimal
import io
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

D = decimal.Decimal


def written(table, **options):
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return base64.b64encode(out.getvalue()).decode()


stamps = [dt.datetime(2024, 2, 29, 12, 30, 0, 1), dt.datetime(1969, 12, 31, 23, 59, 59), None, dt.datetime(2262, 4, 11)]
wide = pa.table({"price": pa.array([D("1.50"), D("-2.25")], pa.decimal256(39, 2)), "y": [0, 1]})
inside = pa.table({"a": pa.array([{"deep": D("1.50")}], pa.struct([("deep", pa.decimal256(40, 2))]))})
files = {
    "int96": written(pa.table({"t": pa.array(stamps, pa.timestamp("us"))}), use_deprecated_int96_timestamps=True),
    "decimal of 39 digits": written(wide),
    "decimal of 40 digits in a struct": written(inside),
    "decimal of 38 digits": written(pa.table({"price": pa.array([D("1.50"), D("-2.25")], pa.decimal128(38, 2))})),
    "null": written(pa.table({"x": pa.nulls(2), "y": [0, 1]})),
    "text": written(pa.table({"x": ["a", "b"], "y": [0, 1]})),
    "names": written(pa.table([[1, 2], [10, 20], [5, 6], [7, 8]], names=["id", "ID", "", "id"])),
}
target = pathlib.Path(__file__).parent.parent / "fixtures" / "parquet.json"
target.write_text(json.dumps(files, indent=1) + "\n")
