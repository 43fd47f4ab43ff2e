"""Writes what safetensors 0.8.0 says of some hundred headers, right and wrong, to test/data/weights/verdicts.json.

    python3 test/python/safetensors_verdicts.py > test/data/weights/verdicts.json

Each entry: the header as text, how many bytes of data follow, whether the reference reads it.
"""

import json
import random
import struct

from safetensors import deserialize


def tensor(dtype="F32", shape=(2,), begin=0, end=8):
    return f'{{"dtype":"{dtype}","shape":{list(shape)},"data_offsets":[{begin},{end}]}}'.replace(" ", "")


def header(**tensors):
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in tensors.items()) + "}"


def cases():
    good = header(t=tensor())
    yield good, 8
    yield good + "   ", 8
    yield good + "\n", 8
    yield " " + good, 8
    yield "\ufeff" + good, 8
    yield good + "\0", 8
    yield good + "x", 8
    yield good + good, 8
    for data in [0, 7, 9, 16]:
        yield good, data
    yield "{}", 0
    yield "{}", 1
    yield "", 0
    yield "[]", 0
    yield "null", 0
    yield "{", 0
    yield good[:-1], 8
    for cut in range(5, len(good), 5):
        yield good[:cut], 8
    # Names
    for name in ['"a\\u0000b"', '"a\\ud800"', '"\\ud83d\\ude00"', '"\u00fc"', '""', '"a\nb"', '"\\x"', "1", "'t'"]:
        yield "{" + f"{name}:{tensor()}" + "}", 8
    yield "{" + f'"t":{tensor()},"t":{tensor()}' + "}", 8
    yield "{" + f'"t":{tensor()},"\\u0074":{tensor()}' + "}", 8
    # Metadata
    for metadata in ['{"a":"b"}', '{"a":1}', '{"a":null}', '{"a":{}}', "null", "[]", '"text"', '{"a":"b","a":"c"}', "{}"]:
        yield '{"__metadata__":' + metadata + "}", 0
    yield '{"__metadata__":{},"__metadata__":{}}', 0
    # Sizes
    for shape in ["[2.0]", "[-2]", "[-0]", "[2e0]", '["2"]', "[null]", "2", "{}", "[[2]]", "[true]", "[02]", "[2,]", "[1,2,1]", "[]"]:
        yield good.replace("[2]", shape), 8
    for big in [2**31, 2**32, 2**53 - 1, 2**53, 2**53 + 1, 2**62, 2**63, 2**64 - 1, 2**64, 10**30, "1e400"]:
        yield good.replace("[2]", f"[{big}]"), 8
        yield good.replace("[2]", f"[{big},{big}]"), 8
        yield header(t=tensor(shape=())).replace("[]", f"[0,{big}]").replace("[0,8]", "[0,0]"), 0
        yield header(t=tensor(shape=())).replace("[]", f"[{big},{big},0]").replace("[0,8]", "[0,0]"), 0
    # Offsets
    for offsets in ["[0,8,8]", "[0]", "[]", "8", "[-0,8]", "[-8,0]", "[0,8.0]", "[8,0]", "[8,16]", "[1,9]", "[0,7]", "[0,4]", "[0,16]", '["0","8"]', "[null,8]"]:
        for data in [8, 16]:
            yield good.replace("[0,8]", offsets), data
    for big in [2**31, 2**32, 2**53, 2**53 + 8, 2**63, 2**64 - 8, 2**64, 10**30]:
        yield good.replace("[0,8]", f"[0,{big}]"), 8
        yield good.replace("[0,8]", f"[{big},{big + 8}]"), 8
    # Entries
    for entry in ["null", "1", "[]", "{}", '"F32"', '["F32",[2],[0,8]]', '{"dtype":"F32","shape":[2]}', '{"dtype":"F32","data_offsets":[0,8]}', '{"shape":[2],"data_offsets":[0,8]}']:
        yield '{"t":' + entry + "}", 8
    yield good.replace('"shape"', '"x":1,"shape"'), 8
    yield good.replace('"shape"', '"dtype":"F32","shape"'), 8
    yield good.replace('"shape"', '"shape":[2],"shape"'), 8
    # Element types
    for dtype, bits in [("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32), ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64), ("f32", 32), ("F128", 128), ("F32 ", 32), ("", 32), ("constructor", 32), ("__proto__", 32)]:
        yield header(t=tensor(dtype, (8,), 0, bits)), bits
        yield header(t=tensor(dtype, (8,), 0, bits + 1)), bits + 1
        yield header(t=tensor(dtype, (3,), 0, bits * 3 // 8)), bits * 3 // 8
    # Two and more tensors: shuffled, with gaps, overlaps, nothing in between
    yield header(b=tensor(begin=8, end=16), a=tensor()), 16
    yield header(a=tensor(), b=tensor(begin=9, end=17)), 17
    yield header(a=tensor(), b=tensor(begin=4, end=12)), 12
    yield header(a=tensor(), b=tensor()), 8
    yield header(a=tensor(shape=(0,), end=0), b=tensor()), 8
    yield header(a=tensor(), b=tensor(shape=(0,), begin=8, end=8)), 8
    yield header(a=tensor(), b=tensor(shape=(0,), begin=4, end=4)), 8
    yield header(a=tensor(), b=tensor(shape=(0,), begin=9, end=9)), 8
    rng = random.Random(4)
    for _ in range(60):
        # One number of a good header of three tensors becomes another one.
        text = header(a=tensor(), b=tensor("F16", (3, 2), 8, 20), c=tensor("I64", (), 20, 28))
        places = [i for i, c in enumerate(text) if c.isdigit() and not text[i - 1].isalnum()]
        at = rng.choice(places)
        yield text[:at] + str(rng.choice([0, 1, 2, 3, 7, 8, 9, 12, 20, 28, 29, 100])) + text[at + 1 :].lstrip("0123456789"), 28


seen = []
for text, size in cases():
    raw = text.encode("utf-8")
    try:
        deserialize(struct.pack("<Q", len(raw)) + raw + bytes(size))
        accepted = True
    except Exception:
        accepted = False
    case = {"header": text, "dataBytes": size, "accepted": accepted}
    if case not in seen:
        seen.append(case)
print("[\n" + ",\n".join(json.dumps(case) for case in seen) + "\n]")
