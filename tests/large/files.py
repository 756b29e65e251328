"""Uses much of the standard library on files below /app, and prints what is the same wherever it runs."""
import csv
import datetime
import decimal
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import zlib

from greetings import greet

OUT = pathlib.Path("/app/out")


def check_formats():
    text = json.dumps({"name": greet("Müller"), "values": [1, 2.5, None, True]}, ensure_ascii=False, sort_keys=True)
    assert json.loads(text)["name"] == "hello Müller"
    print(text, re.findall(r"\d+", "a1b22c333"))
    packed = zlib.compress(text.encode() * 1000)
    assert zlib.decompress(packed) == text.encode() * 1000
    print(len(packed), hashlib.sha256(packed).hexdigest())
    print(decimal.Decimal(1) / 7, 2**200, datetime.datetime.fromtimestamp(86400 * 365, datetime.timezone.utc))


def check_folders():
    OUT.mkdir()
    for i in range(200):
        folder = OUT / f"folder{i % 10}"
        folder.mkdir(exist_ok=True)
        (folder / f"{i}.txt").write_text(f"file {i}\n" * i)
    total = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(OUT) for name in names)
    print(total, len(list(OUT.glob("*/*.txt"))), sorted(os.listdir(OUT / "folder3"))[:3])
    shutil.copytree(OUT / "folder1", OUT / "copy")
    os.rename(OUT / "folder2", OUT / "renamed")
    shutil.rmtree(OUT / "folder4")
    with tempfile.TemporaryFile(dir="/tmp") as file:
        file.write(b"x" * 100000)
        file.seek(50000)
        print(len(file.read()))
    try:
        open("/app/nothing")
    except FileNotFoundError as error:
        print(error)


def check_database():
    database = sqlite3.connect(":memory:")
    database.execute("create table item (id integer primary key, name text)")
    database.executemany("insert into item values (?, ?)", ((i, f"item {i}") for i in range(1000)))
    rows = database.execute("select id, name from item where id % 2 = 0 order by name").fetchall()
    with open(OUT / "rows.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "name"])
        writer.writerows(rows)
    print(rows[:2])


def check_clocks():
    begin, used = time.monotonic(), time.process_time()
    assert sum(range(1000000)) == 499999500000
    assert time.monotonic() > begin
    assert time.process_time() > used
    assert time.time() > 1.7e9
    assert os.urandom(16) != os.urandom(16)


print(sum(int(line) for line in sys.stdin))
check_formats()
check_folders()
check_database()
check_clocks()
print("done")
