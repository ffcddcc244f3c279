"""Arrow files of other writers, with what stands in them: test/fixtures/arrow.json. Needs pyarrow 26 and polars 2."""

import base64
import datetime as dt
import decimal
import io
import json
import pathlib
import sys

import polars as pl
import pyarrow as pa
import pyarrow.feather as feather

D = decimal.Decimal
far = dt.datetime(9999, 12, 31, 23, 59, 59, 999999)
table = pa.table(
    {
        "u64": pa.array([2**64 - 1, None, 0, 2**63], pa.uint64()),
        "i64": pa.array([2**63 - 1, -(2**63), None, 5], pa.int64()),
        "f32": pa.array([0.1, None, -0.0, 3.4028235e38], pa.float32()),
        "us": pa.array([far, dt.datetime(1, 1, 1, 0, 0, 0, 1), None, dt.datetime(2262, 4, 12)], pa.timestamp("us")),
        "utc": pa.array([far, dt.datetime(1969, 12, 31, 23, 59, 59, 999999), None, far], pa.timestamp("us", "UTC")),
        "s": pa.array([0, -1, None, 253402300799], pa.timestamp("s")),
        "day": pa.array([dt.date(9999, 12, 31), None, dt.date(1, 1, 1), dt.date(1970, 1, 1)], pa.date32()),
        "dec": pa.array([D("-12345678901234567890.12"), None, D("0.05"), D("-0.05")], pa.decimal128(30, 2)),
        "text": pa.array(["", "é 😀\r\n\"x\",", None, "z"]),
        "big": pa.array(["a", None, "b", "c"], pa.large_string()),
        "view": pa.array(["short", "longer than twelve letters", None, "longer than twelve letters"], pa.string_view()),
        "bytes": pa.array([b"abc", b"\xff\x00", None, b""], pa.binary_view()),
        "list": pa.array([[1, None, 3], [], None, [4]], pa.list_(pa.int64())),
        "texts": pa.array([["a", None], [], None, ['"']], pa.list_(pa.string())),
        "fixed": pa.array([[1.5, None], None, [0.0, 2.0], [3.0, 4.0]], pa.list_(pa.float64(), 2)),
        "struct": pa.StructArray.from_arrays(
            [pa.array([1, 2, 3, 4]), pa.array(["p", "q", None, "s"])],
            names=["n", "t"],
            mask=pa.array([False, True, False, False]),
        ),
        "words": pa.array(["x", "y", None, "x"]).dictionary_encode(),
        "none": pa.nulls(4),
        "flag": pa.array([True, None, False, True]),
        "y": pa.array([0, 1, 0, 1]),
    }
)
right = {
    "u64": ["18446744073709551615", None, "0", "9223372036854775808"],
    "i64": ["9223372036854775807", "-9223372036854775808", None, "5"],
    "f32": ["0.10000000149011612", None, "-0.0", "3.4028234663852886e+38"],
    "us": ["9999-12-31 23:59:59.999999", "0001-01-01 00:00:00.000001", None, "2262-04-12 00:00:00"],
    "utc": ["9999-12-31 23:59:59.999999+00", "1969-12-31 23:59:59.999999+00", None, "9999-12-31 23:59:59.999999+00"],
    "s": ["1970-01-01 00:00:00", "1969-12-31 23:59:59", None, "9999-12-31 23:59:59"],
    "day": ["9999-12-31", None, "0001-01-01", "1970-01-01"],
    "dec": ["-12345678901234567890.12", None, "0.05", "-0.05"],
    "text": [None, "é 😀\r\n\"x\",", None, "z"],
    "big": ["a", None, "b", "c"],
    "view": ["short", "longer than twelve letters", None, "longer than twelve letters"],
    "bytes": ["abc", "\\xff00", None, None],
    "list": ["[1.0, NULL, 3.0]", "[]", None, "[4.0]"],
    "texts": ['["a",null]', "[]", None, '["\\""]'],
    "fixed": ["[1.5, NULL]", None, "[0.0, 2.0]", "[3.0, 4.0]"],
    "struct.n": ["1", None, "3", "4"],
    "struct.t": ["p", None, None, "s"],
    "words": ["x", "y", None, "x"],
    "none": [None, None, None, None],
    "flag": ["true", None, "false", "true"],
    "y": ["0", "1", "0", "1"],
}

files = {}


def keep(name, data, missing=()):
    files[name] = {"base64": base64.b64encode(data).decode(), "missing": list(missing)}


def ipc(kind, **options):
    out = io.BytesIO()
    new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with new(out, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in table.to_batches(max_chunksize=3):
            writer.write_batch(batch)
    return out.getvalue()


keep("file of pyarrow", ipc("file"))
keep("stream of pyarrow", ipc("stream"))
for codec in ["lz4", "zstd"]:
    keep(f"file of pyarrow in {codec}", ipc("file", compression=codec))
    keep(f"stream of pyarrow in {codec}", ipc("stream", compression=codec))
out = io.BytesIO()
feather.write_feather(table, out)
keep("feather of pyarrow", out.getvalue())

# Polars has no second, no views apart from its own, and writes its years within nanoseconds or microseconds.
frame = pl.from_arrow(table.drop_columns(["s", "none", "fixed"]))
for codec in ["uncompressed", "lz4", "zstd"]:
    for newest in [True, False]:
        out = io.BytesIO()
        frame.write_ipc(out, compression=codec, compat_level=pl.CompatLevel.newest() if newest else pl.CompatLevel.oldest())
        keep(f"file of Polars in {codec}, {'newest' if newest else 'oldest'} types", out.getvalue(), ["s", "none", "fixed"])

# Buffers that compress: copies near and far, over more than one block of LZ4.
rows = 12_000
long = pa.table({"i": pa.array([k // 16 for k in range(rows)]), "t": pa.array([f"word {k % 7} and some more of it" for k in range(rows)])})
packed = {}
for codec in ["lz4", "zstd"]:
    out = io.BytesIO()
    with pa.ipc.new_file(out, long.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(long)
    packed[codec] = base64.b64encode(out.getvalue()).decode()

target = pathlib.Path(__file__).parent.parent / "fixtures" / "arrow.json"
target.write_text(json.dumps({"right": right, "files": files, "packed": packed}, ensure_ascii=False, indent=1) + "\n")
print(target, target.stat().st_size, file=sys.stderr)
