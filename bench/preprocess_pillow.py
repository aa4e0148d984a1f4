#!/usr/bin/env python3
"""Times Pillow on the pictures of preprocess_bench, part by part, in CPU time on one core.

usage: CLIPKIT_BENCH_KEEP=FOLDER preprocess_bench; preprocess_pillow.py FOLDER/*.jpg      (needs Pillow and NumPy)
"""
import io
import sys
import time

import numpy
from PIL import Image

MEAN = numpy.array([0.48145466, 0.4578275, 0.40821073], numpy.float32)[:, None, None]
STD = numpy.array([0.26862954, 0.26130258, 0.27577711], numpy.float32)[:, None, None]


def best(work, seconds=2.0):
    times, end = [], time.process_time() + seconds
    while time.process_time() < end:
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return result, sorted(times)[len(times) // 2] * 1e3


def decode(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def rest(image):
    left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
    pixels = numpy.asarray(image.crop((left, top, left + 224, top + 224)).convert("RGB"))
    tensor = numpy.ascontiguousarray(pixels.transpose(2, 0, 1)).astype(numpy.float32) / 255
    return (tensor - MEAN) / STD


for path in sys.argv[1:]:
    data = open(path, "rb").read()
    image, decode_ms = best(lambda: decode(data))
    size = (int(image.width * 224 / min(image.size)), int(image.height * 224 / min(image.size)))
    small, resize_ms = best(lambda: image.resize(size, Image.Resampling.BICUBIC))
    _, rest_ms = best(lambda: rest(small))
    print(f"{path}: decode {decode_ms:.2f} ms, resize {resize_ms:.2f} ms, rest {rest_ms:.2f} ms (medians)")
