"""Hostile files, made by small functions: what an attacker, a crash or another program may leave where the program reads.

A run is made whole first; then one thing in it is replaced. `RUNS` are the ways, by name.
"""

import io
import json
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.fakes import EXPERIMENT, a_tested_run
from tests.idx_files import idx_bytes

CLEAR_SCREEN = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e"
MARKUP = '<img src="/etc/hostname"><b>bold</b>'
Change = Callable[[RunFolder], None]


def pipe(name: str) -> Change:
    """A pipe that nobody writes into, in the place of a file."""

    def change(run: RunFolder) -> None:
        path = run.path / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    return change


def link(name: str, to: str) -> Change:
    """A link in the place of a file."""

    def change(run: RunFolder) -> None:
        path = run.path / name
        path.unlink(missing_ok=True)
        path.symlink_to(to)

    return change


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(run: RunFolder) -> None:
        for each in changes:
            each(run)

    return change


def text(name: str, content: str) -> Change:
    """Another content of a file."""

    def change(run: RunFolder) -> None:
        (run.path / name).write_text(content, encoding="utf-8", newline="")

    return change


def values(name: str, **changed: object) -> Change:
    """Other values in a file of JSON."""

    def change(run: RunFolder) -> None:
        path = run.path / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))

    return change


def events(*lines: str) -> Change:
    """Lines behind the events."""

    def change(run: RunFolder) -> None:
        with run.events_file.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    return change


def laughs(levels: int = 12) -> str:
    """YAML of a few lines that stands for 10 to the power of `levels` values."""
    lines = ["kind: classification", "a0: &a0 [x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels + 1)]
    return "\n".join([*lines, f"title: *a{levels}"])


def sampled(artefact: str) -> Change:
    """An event that names an artefact."""
    line = {"type": "Sampled", "seq": 900, "attempt": 1, "at": "", "seconds": 1.0, "stage": "student", "seed": 0,
            "who": "student", "step": 10, "artefact": artefact}  # fmt: skip
    return events(json.dumps(line))


def many_samples(run: RunFolder) -> None:
    """An artefact of 108,000 samples, and the pictures to them."""
    guess = [[0, 0.9], [1, 0.1]]
    each = {"image": 0, "label": 0, "teacher": guess, "student": guess}
    said = {"classes": ["a", "b"], "samples": [each] * 108_000}
    (run.artefacts / "many.json").write_text(json.dumps(said, separators=(",", ":")))
    np.savez(run.artefacts / "validation_images.npz", images=np.zeros((2, 8, 8), np.uint8))
    sampled("artefacts/many.json")(run)


def npy(shape: tuple[int, ...], dtype: str, content: bytes) -> bytes:
    """A member of an .npz: a header that says what it likes, and `content`."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def outputs(**members: bytes) -> Change:
    """test_outputs.npz with these members among the true ones."""

    def change(run: RunFolder) -> None:
        path = run.artefacts / "test_outputs.npz"
        with zipfile.ZipFile(path) as old:
            kept = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name, content in {**kept, **{f"{name}.npy": content for name, content in members.items()}}.items():
                new.writestr(name, content)

    return change


RUNS: dict[str, Change] = {
    **{f"pipe for {name}": pipe(name) for name in (
        "experiment.yaml", "events.jsonl", "status.json", "summary.json", "about.yaml", "log.txt", "heartbeat", "fold.bin",
        "run.lock", "artefacts/test_outputs.npz", "artefacts/test_images.npz",
    )},
    **{f"endless {name}": link(name, "/dev/zero") for name in ("experiment.yaml", "summary.json", "about.yaml", "log.txt")},
    "status in a circle": link("status.json", "status.json"),
    "bomb as experiment": text("experiment.yaml", laughs()),
    "bomb as about": text("about.yaml", laughs().replace("title:", "name:")),
    "no number as name": text("about.yaml", 'name: !!int ""'),
    "half a character as name": text("about.yaml", 'name: "\\ud800"'),
    "number of 400 digits": text("summary.json", '{"title": "x", "seconds": 1%s, "models": {}}' % ("0" * 400)),
    "number of 5000 digits": text("summary.json", '{"title": "x", "seconds": 1%s}' % ("0" * 5000)),
    "infinite number": text("summary.json", '{"title": "x", "seconds": 1e999, "gain": {"mean": 1e308}}'),
    "half a character as title": values("summary.json", title="\ud800 half", headline="\udcff"),
    "summary of wrong types": values(
        "summary.json", title=[1], headline={"a": 1}, seconds="long", models=[1], steps=3, gain="much", live=[]
    ),
    "models of wrong types": values("summary.json", models={"student": 3, "teacher": {"accuracy": "high"}}, steps=[1]),
    "status of huge numbers": values("status.json", attempt=10**30, pid=10**400),
    "status of wrong types": values("status.json", state=["completed"], attempt="one", pid=None, parameters=[1]),
    "status of odd parameters": values(
        "status.json", state="failed", code="teacher-weak", parameters={"teacher": 10**18, "chance": [1], "path": "\ud800"}
    ),
    "events nested deep": events(
        '{"type":"Note","level":"info","code":"x","parameters":{"a":%s}}' % ("[" * 900 + "]" * 900),
        '{"type":"Note","level":"info","code":"x","parameters":%s}' % ('{"a":' * 20_000 + "1" + "}" * 20_000),
    ),
    "events of huge numbers": events(
        '{"type":"Progress","stage":"student","seed":0,"done":1e308,"total":1e308,"unit":"steps","rate":1e308,"seconds":1e308}',
        '{"type":"StepLogged","stage":"student","seed":0,"step":1%s,"epoch":1,"lr":1,"terms":{}}' % ("0" * 400),
        '{"type":"Evaluated","stage":"student","seed":0,"who":"student","split":"test","step":1,"metrics":{"accuracy":1e308}}',
    ),
    "events of endless terms": events(json.dumps({
        "type": "StepLogged", "stage": "student", "seed": 0, "step": 1, "epoch": 1, "lr": 1,
        "terms": {f"t{number}": 1 for number in range(50_000)},
    })),
    "an endless title": values("summary.json", title="long " * 1_000_000, headline="long " * 1_000_000),
    "status of no process": values("status.json", state="running", pid=-5, host=socket.gethostname()),
    "events of half characters": events('{"type":"Note","level":"info","code":"\\ud800","parameters":{"\\udcff":1}}'),
    "artefact with a NUL": sampled("artefacts/a\0b.json"),
    "artefact elsewhere": sampled("../../../../etc/passwd"),
    "artefact that is a pipe": both(pipe("artefacts/s.json"), sampled("artefacts/s.json")),
    "many samples": many_samples,
    "outputs that are no array": outputs(student=b"this is no array"),
    "outputs with a huge header": outputs(student=npy((1,), "<f4" + " " * 60_000, b"0000")),
    "outputs that claim 4 GiB": outputs(student=npy((4, 2**28), "<f4", b"0" * 100)),
    "outputs of endless classes": outputs(classes=npy((2**40,), "<U1", b"")),
    "outputs of objects": outputs(student=npy((4, 3), "|O", b"cos\nsystem\n(S'true'\ntR.")),
    "outputs of another size": outputs(student=npy((2, 3), "<f4", b"0" * 24)),
    "outputs that are not numbers": outputs(student=npy((4, 3), "<f4", np.full((4, 3), np.nan, np.float32).tobytes())),
    "escapes for a terminal": both(
        values("summary.json", title=CLEAR_SCREEN, headline=CLEAR_SCREEN),
        values("status.json", state="failed", code="disk-full", parameters={"path": CLEAR_SCREEN}),
        text("log.txt", f"before\n{CLEAR_SCREEN}after\r\n"),
    ),
    "markup": both(
        text("about.yaml", f"name: '{MARKUP}'\nnotes: '{MARKUP}'\ntags: ['{MARKUP}']"),
        outputs(classes=npy((3,), f"<U{len(MARKUP)}", np.array([MARKUP] * 3).tobytes())),
    ),
}  # fmt: skip


def hostile_runs(home: Home) -> dict[str, RunFolder]:
    """A run for each of RUNS, beside a sound one ("sound"), a link in a circle and a name that is no UTF-8 ("odd name")."""
    made = {"sound": a_tested_run(home)}
    made["sound"].log_file.write_text("all is well\n")
    for name, change in RUNS.items():
        run = a_tested_run(home)
        run.log_file.write_text("a line\n")
        change(run)
        made[name] = run
    (home.runs / "20260101-000000_circle_circlexx").symlink_to("20260101-000000_circle_circlexx")
    odd = a_tested_run(home)
    made["odd name"] = RunFolder(odd.path.rename(home.runs / os.fsdecode(b"20260101-000000_caf\xe9_odd\xffname")))
    return made


def experiment(home: Home, **parts: str) -> Path:
    """An experiment file with these lines of YAML."""
    path = home.root / "experiment.yaml"
    path.write_text(EXPERIMENT + "".join(f"{name}: {line}\n" for name, line in parts.items()))
    return path


# Pictures


def png(width: int, height: int, *, bits: int = 8, colour: int = 0, rows: bytes | None = None) -> bytes:
    """A PNG whose header says so; its pixels are `rows` (each with its filter byte), black where that is None."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer = zlib.compressobj(9)
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    row = bytes(1 + width * samples * bits // 8)
    packed = packer.compress(rows) if rows is not None else b"".join(packer.compress(row) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed + packer.flush()) + chunk(b"IEND", b"")


def postscript(mark: Path) -> bytes:
    """A program for Ghostscript that writes the file `mark`, dressed as a picture."""
    return f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n({mark}) (w) file closefile\nshowpage\n".encode()


def saved(image: object, kind: str, **how: object) -> bytes:
    """A picture as Pillow writes it."""
    content = io.BytesIO()
    image.save(content, kind, **how)  # type: ignore[attr-defined]
    return content.getvalue()


def pictures(folder: Path, mark: Path) -> dict[str, str]:
    """Two classes of sound pictures below `folder`, among them hostile ones: their names, and words of why they are left out."""
    from PIL import Image

    for number, name in enumerate(("cats", "dogs")):
        (folder / name).mkdir(parents=True)
        for which in range(10):
            Image.new("L", (8, 8), 100 * number + which).save(folder / name / f"{which}.png")
    twelve = np.arange(64, dtype=np.uint16).reshape(8, 8) * 60
    coloured = b"".join(b"\0" + (np.arange(24) * 150 + row).astype(">u2").tobytes() for row in range(8))
    hostile = {
        "program.png": (postscript(mark), "cannot be read as a picture"),
        "program.eps": (postscript(mark), "cannot be read as a picture"),
        "bomb.png": (png(13_000, 13_000), "13000 x 13000 pixels; at most 64 million"),
        "no-pixels.png": (png(0, 8), "cannot be read"),
        "twelve-bits.png": (saved(Image.fromarray(twelve), "PNG"), "16 bits reach only 3780 of 65535"),
        "twelve-bits-colour.png": (png(8, 8, bits=16, colour=2, rows=coloured), "16 bits reach only the darkest 16"),
        "floats.tif": (saved(Image.fromarray(np.full((8, 8), 7e6, np.float32)), "TIFF"), "its numbers run from 7e+06"),
        "nan.tif": (saved(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF"), "infinite or undefined"),
        "icon.ico": (saved(Image.new("RGB", (8, 8)), "ICO"), "cannot be read as a picture"),
        "blp.png": (b"BLP2" + b"\0" * 200, "cannot be read as a picture"),
    }
    for name, (content, _) in hostile.items():
        (folder / "dogs" / name).write_bytes(content)
    os.mkfifo(folder / "dogs" / "pipe.png")
    (folder / "dogs" / "endless.png").symlink_to("/dev/zero")
    return {f"dogs/{name}": why for name, (_, why) in hostile.items()}


# IDX


def idx_files(folder: Path, images: bytes | None = None, labels: bytes | None = None, *, ending: str = "") -> Path:
    """IDX files of 30 small images of three classes; the content of either may be another one."""
    folder.mkdir(parents=True)
    count = 30
    sound = np.arange(count * 16, dtype=np.uint8).reshape(count, 4, 4)
    classes = (np.arange(count) % 3).astype(np.uint8)
    (folder / f"train-images-idx3-ubyte{ending}").write_bytes(idx_bytes(sound) if images is None else images)
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(classes) if labels is None else labels)
    return folder


def gzip_bomb(head: bytes, size: int) -> bytes:
    """`head`, and `size` zeros, gzipped."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = bytes(1 << 20)
    packed = [packer.compress(head), *(packer.compress(piece) for _ in range(size >> 20)), packer.flush()]
    return b"".join(packed)
