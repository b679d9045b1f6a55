#!/usr/bin/env python3
"""Writes the embedded data sets from the copies that scikit-learn carries (made with scikit-learn 1.9).

    python assets/data/make.py

Tables become gzipped CSV with the shortest decimal text of every number; digits become 1797 * 64 bytes
(pixel values 0 to 16, row by row) and then 1797 bytes (labels), gzipped. The files have no time stamps.
"""

import gzip
import pathlib

from sklearn import datasets

here = pathlib.Path(__file__).parent


def write(name, raw):
    with open(here / name, "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            packed.write(raw)


def table(name, bunch, target):
    lines = [",".join([*bunch.feature_names, target])]
    for row, label in zip(bunch.data.tolist(), bunch.target.tolist()):
        fields = [repr(int(v)) if v == int(v) else repr(v) for v in row]
        lines.append(",".join([*fields, str(bunch.target_names[label])]))
    write(name, ("\n".join(lines) + "\n").encode())


table("iris.csv.gz", datasets.load_iris(), "species")
table("wine.csv.gz", datasets.load_wine(), "cultivar")
table("breast_cancer.csv.gz", datasets.load_breast_cancer(), "diagnosis")
digits = datasets.load_digits()
write("digits.gz", digits.data.astype("uint8").tobytes() + digits.target.astype("uint8").tobytes())
