#!/usr/bin/env python3
"""Writes tests/reference/arrays.npz (numpy 2.4.6)."""

import pathlib

import numpy

path = pathlib.Path(__file__).with_name("arrays.npz")
x = numpy.arange(8, dtype="f4").reshape(4, 2) / 2
numpy.savez_compressed(path, x=x, label=numpy.array([1, 0, 1, 0]))
