#!/usr/bin/env python3
"""Makes small pictures of rare kinds in pillow/ and records in pillow.txt how Pillow 9.4 reads them.

usage: record_pillow.py      (needs Pillow 9.4.0, e.g. Debian 12's python3-pil)

Lines of pillow.txt: FILE MODE WIDTH HEIGHT DIGEST CROP
  DIGEST: SHA-256 of the decoded samples ("1" as 0 and 255, "I" as little-endian int32)
  CROP:   SHA-256 of the RGB picture after resize to 24 x 24 (bicubic) and conversion, - if that is not wanted
"""
import hashlib
import pathlib
import struct
import zlib

import PIL
from PIL import Image, ImageDraw

assert PIL.__version__ == "9.4.0", PIL.__version__
HERE = pathlib.Path(__file__).parent
W, H = 37, 29


def colors(width=W, height=H):
    """A picture with edges, slopes and a diagonal."""
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, (x * 7 + y * 13) % 256) for y in range(height) for x in range(width)])
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), fill=(250, 30, 60))
    return image


def alpha(width=W, height=H):
    image = Image.new("L", (width, height))
    image.putdata([(x * y * 3) % 256 for y in range(height) for x in range(width)])
    return image


def bmp_file(header, palette, pixels):
    offset = 14 + len(header) + len(palette)
    return struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset) + header + palette + pixels


def bmp_info(bits, compression=0, height=H, colors_used=0, size=40, masks=()):
    head = struct.pack("<IiiHHIIiiII", size, W, height, 1, bits, compression, 0, 2835, 2835, colors_used, 0)
    return (head + b"".join(struct.pack("<I", m) for m in masks)).ljust(size, b"\0")


def rows(data, row_bytes, bottom_up=True):
    pad = (-row_bytes) % 4
    lines = [data[i * row_bytes : (i + 1) * row_bytes] + b"\0" * pad for i in range(H)]
    return b"".join(reversed(lines) if bottom_up else lines)


def packed(indices, bits):
    out = b""
    per_byte = 8 // bits
    for y in range(H):
        line = list(indices[y * W : (y + 1) * W]) + [0] * (-W % per_byte)
        for i in range(0, len(line), per_byte):
            value = 0
            for index in line[i : i + per_byte]:
                value = value << bits | index
            out += bytes([value])
    return out


def bgrx(palette):
    return b"".join(bytes([palette[i + 2], palette[i + 1], palette[i], 0]) for i in range(0, len(palette), 3))


def make_bmp(put):
    picture = colors()
    p8 = picture.quantize(200)
    pal8 = p8.getpalette()[: 3 * 200]
    p4 = picture.quantize(16)
    pal4 = (p4.getpalette() + [0] * 48)[:48]
    i4 = bytes(min(i, 15) for i in p4.tobytes())
    i1 = bytes(i & 1 for i in p8.tobytes())
    black_white = bytes([0, 0, 0, 0, 255, 255, 255, 0])
    put("bw1.bmp", bmp_file(bmp_info(1), black_white, rows(packed(i1, 1), (W + 7) // 8)))
    put("color1.bmp", bmp_file(bmp_info(1), bytes([10, 20, 200, 0, 99, 250, 3, 0]), rows(packed(i1, 1), (W + 7) // 8)))
    put("palette4.bmp", bmp_file(bmp_info(4), bgrx(pal4), rows(packed(i4, 4), (W + 1) // 2)))
    put("palette8.bmp", bmp_file(bmp_info(8, colors_used=200), bgrx(pal8), rows(p8.tobytes(), W)))
    gray = bytes(v for i in range(256) for v in (i, i, i, 0))
    put("gray8.bmp", bmp_file(bmp_info(8), gray, rows(picture.convert("L").tobytes(), W)))
    os2 = struct.pack("<IHHHH", 12, W, H, 1, 8)
    put("os2_8.bmp", bmp_file(os2, b"".join(bytes(reversed(pal8[i : i + 3])) for i in range(0, 600, 3)) + bytes(168),
                              rows(p8.tobytes(), W)))
    bgr = b"".join(bytes(reversed(p)) for p in picture.getdata())
    put("os2_24.bmp", bmp_file(struct.pack("<IHHHH", 12, W, H, 1, 24), b"", rows(bgr, 3 * W)))
    put("os2v2_24.bmp", bmp_file(bmp_info(24, size=64), b"", rows(bgr, 3 * W)))
    put("top_down24.bmp", bmp_file(bmp_info(24, height=-H), b"", rows(bgr, 3 * W, False)))
    bgra = b"".join(bytes([p[2], p[1], p[0], a]) for p, a in zip(picture.getdata(), alpha().getdata()))
    put("x32.bmp", bmp_file(bmp_info(32), b"", rows(bgra, 4 * W)))
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    put("alpha32_v4.bmp", bmp_file(bmp_info(32, 3, size=108, masks=masks), b"", rows(bgra, 4 * W)))
    put("alpha32_v5.bmp", bmp_file(bmp_info(32, 3, size=124, masks=masks), b"", rows(bgra, 4 * W)))
    put("masks32.bmp", bmp_file(bmp_info(32, 3) + struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00), b"", rows(bgra, 4 * W)))
    w16 = [(r >> 3 << 11 | g >> 2 << 5 | b >> 3) for r, g, b in picture.getdata()]
    put("rgb565.bmp", bmp_file(bmp_info(16, 3) + struct.pack("<III", 0xF800, 0x7E0, 0x1F), b"",
                               rows(b"".join(struct.pack("<H", v) for v in w16), 2 * W)))
    w15 = [(r >> 3 << 10 | g >> 3 << 5 | b >> 3) for r, g, b in picture.getdata()]
    put("rgb555.bmp", bmp_file(bmp_info(16), b"", rows(b"".join(struct.pack("<H", v) for v in w15), 2 * W)))
    rle8 = b""
    for y in reversed(range(H)):
        line = p8.tobytes()[y * W : (y + 1) * W]
        rle8 += bytes([0, 20]) + line[:20]
        rle8 += b"".join(bytes([1, i]) for i in line[20:]) + bytes([0, 0])
    put("rle8.bmp", bmp_file(bmp_info(8, 1, colors_used=200), bgrx(pal8), rle8 + bytes([0, 1])))
    rle4 = b""
    for y in reversed(range(H)):
        line = i4[y * W : (y + 1) * W]
        rle4 += b"".join(bytes([2, line[i] << 4 | line[i + 1]]) for i in range(0, W - 1, 2))
        rle4 += bytes([1, line[W - 1] << 4, 0, 0])
    put("rle4.bmp", bmp_file(bmp_info(4, 2), bgrx(pal4), rle4 + bytes([0, 1])))


def lzw(indices, bits=8):
    """GIF's LZW with a clear code before the table fills: no compression, any decoder reads it."""
    clear, end, width = 1 << bits, (1 << bits) + 1, bits + 1
    codes = []
    for i in range(0, len(indices), (1 << bits) - 2):
        codes += [clear, *indices[i : i + (1 << bits) - 2]]
    value = length = 0
    for code in codes + [end]:
        value |= code << length
        length += width
    data = value.to_bytes((length + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def gif(frames, screen=(W, H), global_palette=None):
    table = bytes(global_palette).ljust(768, b"\0") if global_palette is not None else b""
    out = b"GIF89a" + struct.pack("<HHBBB", *screen, 0xF7 if table else 0x70, 0, 0) + table
    for x, y, w, h, indices, transparent, palette, interlace in frames:
        if transparent is not None:
            out += b"\x21\xf9\x04" + struct.pack("<BHB", 1, 0, transparent) + b"\0"
        table = bytes(palette).ljust(768, b"\0") if palette is not None else b""
        out += b"," + struct.pack("<HHHHB", x, y, w, h, (0x87 if table else 0) | (0x40 if interlace else 0)) + table
        if interlace:
            order = [r for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for r in range(start, h, step)]
            indices = b"".join(indices[r * w : (r + 1) * w] for r in order)
        out += lzw(indices)
    return out + b";"


def make_gif(put):
    p = colors().quantize(200)
    pal, whole = p.getpalette()[:600], p.tobytes()
    part = p.crop((5, 6, 25, 20))
    frame = (5, 6, part.width, part.height, part.tobytes())
    grays = [v for i in range(256) for v in (i, i, i)]
    put("whole.gif", gif([(0, 0, W, H, whole, None, None, False)], global_palette=pal))
    put("interlaced.gif", gif([(0, 0, W, H, whole, None, None, True)], global_palette=pal))
    put("part.gif", gif([(*frame, None, None, False)], global_palette=pal))
    put("part_transparent.gif", gif([(*frame, 7, None, False)], global_palette=pal))
    put("local_palette.gif", gif([(0, 0, W, H, whole, None, pal[::-1], False)], global_palette=pal))
    put("gray.gif", gif([(0, 0, W, H, colors().convert("L").tobytes(), None, None, False)], global_palette=grays))
    put("beyond_screen.gif", gif([(0, 0, W, H, whole, None, None, False)], screen=(20, 10), global_palette=pal))
    put("no_palette.gif", gif([(0, 0, W, H, whole, None, None, False)]))
    put("animated.gif", gif([(*frame, 3, None, False), (0, 0, W, H, whole, None, None, False)], global_palette=pal))


def make_pnm(put):
    picture = colors()
    gray, rgb = picture.convert("L").tobytes(), picture.tobytes()
    bits = picture.convert("1", dither=Image.Dither.NONE)
    ones = [0 if b else 1 for b in bits.getdata()]
    put("p1.pbm", f"P1\n# plain\n{W} {H}\n".encode() + b"\n".join(bytes(48 + b for b in ones[y * W : y * W + W]) for y in range(H)))
    put("p4.pbm", f"P4 {W} {H}\n".encode() + packed(ones, 1))
    put("p2.pgm", f"P2\n{W} {H} 255\n".encode() + b" ".join(str(v).encode() for v in gray))
    put("p2_1000.pgm", f"P2\n{W} #w\n{H} 1000\n".encode() + b" ".join(str(v * 3).encode() for v in gray))
    put("p3_31.ppm", f"P3\n{W} {H}\n31\n".encode() + b"\n".join(str(v >> 3).encode() for v in rgb))
    put("p5.pgm", f"P5\n{W} {H}\n255\n".encode() + gray)
    put("p5_100.pgm", f"P5\n{W} {H}\n100\n".encode() + bytes(v * 100 // 255 for v in gray))
    put("p5_1023.pgm", f"P5\n{W} {H}\n1023\n".encode() + b"".join(struct.pack(">H", v * 4) for v in gray))
    put("p5_65535.pgm", f"P5\n{W} {H}\n65535\n".encode() + b"".join(struct.pack(">H", v * 2) for v in gray))
    put("p6.ppm", f"P6\n{W} {H}\n255\n".encode() + rgb)
    put("p6_600.ppm", f"P6\n{W} {H}\n600\n".encode() + b"".join(struct.pack(">H", v * 2) for v in rgb))


def png(color_type, depth, lines, extra=b"", interlace=0):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", W, H, depth, color_type, 0, 0, interlace)
    parts = [chunk(b"IHDR", head)] + [chunk(n, d) for n, d in extra or ()]
    data = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def adam7(samples, sample_bytes):
    lines = []
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        for y in range(y0, H, dy):
            line = b"".join(samples[(y * W + x) * sample_bytes : (y * W + x + 1) * sample_bytes] for x in range(x0, W, dx))
            if line:
                lines.append(line)
    return lines


def make_png(put):
    picture = colors()
    gray, rgb = picture.convert("L").tobytes(), picture.tobytes()
    a = alpha().tobytes()

    def split(data, row_bytes):
        return [data[y * row_bytes : (y + 1) * row_bytes] for y in range(H)]

    def bits(values, depth):
        return split(packed(values, depth), (W * depth + 7) // 8)

    wide = b"".join(struct.pack(">H", v * 257 % 65521) for v in gray)
    put("gray2.png", png(0, 2, bits([v >> 6 for v in gray], 2)))
    put("gray8_trns.png", png(0, 8, split(gray, W), [(b"tRNS", struct.pack(">H", 40))]))
    put("gray1_trns.png", png(0, 1, bits([v >> 7 for v in gray], 1), [(b"tRNS", struct.pack(">H", 1))]))
    put("gray16.png", png(0, 16, split(wide, 2 * W)))
    put("gray16_adam7.png", png(0, 16, adam7(wide, 2), interlace=1))
    put("rgb_trns.png", png(2, 8, split(rgb, 3 * W), [(b"tRNS", struct.pack(">HHH", 1, 2, 3))]))
    rgba16 = b"".join(struct.pack(">HHHH", *(c * 257 - 3 if c else 0 for c in (*rgb[3 * i : 3 * i + 3], a[i]))) for i in range(W * H))
    put("rgba16.png", png(6, 16, split(rgba16, 8 * W)))
    for depth in (1, 2, 4):
        most = 1 << depth
        palette = bytes((i * 37 + c * 91) % 256 for i in range(most) for c in range(3))
        put(f"palette{depth}.png", png(3, depth, bits([v >> (8 - depth) for v in gray], depth), [(b"PLTE", palette), (b"tRNS", b"\x10\x20")]))
    put("palette8_short.png", png(3, 8, split(bytes(v >> 4 for v in gray), W), [(b"PLTE", bytes(range(10, 40)))]))
    rgba = b"".join(rgb[3 * i : 3 * i + 3] + a[i : i + 1] for i in range(W * H))
    put("rgba_adam7.png", png(6, 8, adam7(rgba, 4), interlace=1))


def make_others(put):
    picture, a = colors(), alpha()
    rgba = picture.copy()
    rgba.putalpha(a)

    def save(name, image, **options):
        path = HERE / "pillow" / name
        image.save(path, **options)
        put(name, path.read_bytes())

    save("lossy.webp", picture, quality=60)
    save("lossy_alpha.webp", rgba, quality=60)
    save("lossless.webp", picture, lossless=True)
    shifted = rgba.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    save("animated.webp", rgba, save_all=True, append_images=[shifted], duration=100, lossless=True)
    save("animated_opaque.webp", picture, save_all=True, append_images=[picture.rotate(180)], duration=100, quality=70)
    save("progressive_gray.jpg", picture.convert("L"), quality=80, progressive=True)
    save("cmyk_progressive.jpg", picture.convert("CMYK"), quality=80, progressive=True)
    save("sub444.jpg", picture, quality=75, subsampling=0)
    save("sub422.jpg", picture, quality=75, subsampling=1)
    save("sub420_restarts.jpg", picture, quality=75, subsampling=2)
    exif = Image.Exif()
    exif[0x0112] = 6
    save("exif6.png", picture.convert("L"), exif=exif)
    save("exif6.webp", picture, exif=exif, lossless=True)
    save("apng.png", picture, save_all=True, append_images=[picture.rotate(180)])


def main():
    lines = []

    def put(name, data):
        path = HERE / "pillow" / name
        path.write_bytes(data)
        with Image.open(path) as image:
            image.load()
            mode = image.mode
            samples = image.convert("L").tobytes() if mode == "1" else image.tobytes()
            crop = image.resize((24, 24), Image.Resampling.BICUBIC).convert("RGB").tobytes()
            digests = [hashlib.sha256(d).hexdigest() for d in (samples, crop)]
            if name == "palette8_short.png":
                digests[1] = "-"  # Pillow shows a missing entry i as grey i; here it is black
            lines.append(" ".join([name, mode, str(image.width), str(image.height), *digests]))

    for make in (make_bmp, make_gif, make_pnm, make_png, make_others):
        make(put)
    (HERE / "pillow.txt").write_text("\n".join(lines) + "\n")


main()
