#!/usr/bin/env python3
"""Draws the pictures of this folder: simple shapes, 256 x 192 px, as PNG. Ours, under the licence of the project.

    examples/pictures/draw.py        writes diagram.png, face.png and house.png beside itself
"""

import pathlib
import struct
import zlib

WIDTH, HEIGHT, SUB = 256, 192, 3  # SUB x SUB samples a pixel

INK, PAPER, SKY, GRASS = (40, 44, 52), (250, 248, 242), (142, 199, 240), (104, 170, 84)


def circle(cx, cy, r):
    return lambda x, y: (x - cx) ** 2 + (y - cy) ** 2 <= r * r


def ring(cx, cy, r, width):
    return lambda x, y: (r - width) ** 2 <= (x - cx) ** 2 + (y - cy) ** 2 <= r * r


def box(left, top, right, bottom):
    return lambda x, y: left <= x <= right and top <= y <= bottom


def triangle(a, b, c):
    def side(p, q, x, y):
        return (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])

    def inside(x, y):
        signs = [side(p, q, x, y) >= 0 for p, q in ((a, b), (b, c), (c, a))]
        return all(signs) or not any(signs)

    return inside


def below(shape, level):
    return lambda x, y: y >= level and shape(x, y)


def frame(left, top, right, bottom, fill):
    return [(INK, box(left, top, right, bottom)), (fill, box(left + 3, top + 3, right - 3, bottom - 3))]


def arrow(left, right, y):
    return [(INK, box(left, y - 1.5, right - 8, y + 1.5)),
            (INK, triangle((right - 10, y - 7), (right, y), (right - 10, y + 7)))]


PICTURES = {
    "diagram": (PAPER, [
        *frame(16, 24, 80, 72, (255, 221, 170)), *frame(16, 120, 80, 168, (190, 224, 255)),
        *arrow(80, 116, 48), *arrow(80, 116, 144),
        *frame(116, 24, 164, 72, (255, 245, 200)), *frame(116, 120, 164, 168, (220, 238, 255)),
        *arrow(164, 200, 48), *arrow(164, 200, 144),
        *frame(200, 24, 240, 168, (214, 240, 205)),
    ]),
    "face": (SKY, [
        (INK, circle(128, 96, 75)), ((255, 208, 70), circle(128, 96, 71)),
        (INK, circle(102, 76, 9)), (INK, circle(154, 76, 9)),
        (INK, below(ring(128, 92, 48, 6), 106)),
    ]),
    "house": (SKY, [
        ((255, 221, 90), circle(214, 38, 20)), (GRASS, box(0, 150, 256, 192)),
        ((196, 74, 58), triangle((44, 86), (120, 30), (196, 86))), ((236, 214, 178), box(60, 86, 180, 162)),
        ((120, 76, 48), box(108, 116, 134, 162)),
        *frame(72, 102, 98, 128, (200, 232, 250)), *frame(144, 102, 170, 128, (200, 232, 250)),
    ]),
}


def colour_at(background, shapes, x, y):
    for colour, covers in reversed(shapes):
        if covers(x, y):
            return colour
    return background


def draw(background, shapes):
    steps = [(i + 0.5) / SUB for i in range(SUB)]
    for py in range(HEIGHT):
        row = bytearray([0])  # PNG filter 0
        for px in range(WIDTH):
            samples = [colour_at(background, shapes, px + dx, py + dy) for dy in steps for dx in steps]
            row += bytes(round(sum(channel) / len(samples)) for channel in zip(*samples))
        yield bytes(row)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(rows):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
            + chunk(b"IEND", b""))


for name, (background, shapes) in PICTURES.items():
    (pathlib.Path(__file__).parent / f"{name}.png").write_bytes(png(draw(background, shapes)))
