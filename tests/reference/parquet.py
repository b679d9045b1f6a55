#!/usr/bin/env python3
"""Writes tests/reference/table.parquet and zstd.parquet (pyarrow 26.0.1)."""

import datetime
import decimal
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
n = 40
day = datetime.date(2026, 1, 1)
moment = datetime.datetime(1970, 1, 2, 12)
some = lambda value: [None if i % 10 == 3 else value(i) for i in range(n)]
table = pa.table({
    "double": pa.array([i / 7 for i in range(n)], pa.float64()),
    "single": pa.array(some(lambda i: i / 2), pa.float32()),
    "small": pa.array([i - 20 for i in range(n)], pa.int8()),
    "large": pa.array([2**40 + i for i in range(n)], pa.int64()),
    "unsigned": pa.array([2**32 - 1 - i for i in range(n)], pa.uint32()),
    "flag": pa.array(some(lambda i: i % 3 == 0), pa.bool_()),
    "word": pa.array(some(lambda i: ["red", "blue", "11"][i % 3]), pa.string()),
    "day": pa.array([day + datetime.timedelta(i) for i in range(n)], pa.date32()),
    "moment": pa.array([moment + datetime.timedelta(i) for i in range(n)], pa.timestamp("us")),
    "price": pa.array([decimal.Decimal(i) / 100 for i in range(n)], pa.decimal128(9, 2)),
    "list": pa.array([[1, 2]] * n, pa.list_(pa.int32())),
    "y": pa.array(["p" if i % 2 else "q" for i in range(n)]).dictionary_encode(),
})
pq.write_table(table, here / "table.parquet", row_group_size=15, compression="snappy", store_decimal_as_integer=True)
pq.write_table(table.select(["double", "y"]), here / "zstd.parquet", compression="zstd")
