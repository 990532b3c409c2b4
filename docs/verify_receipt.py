#!/usr/bin/env python3
"""Verifies receipts of ltipolicy, as docs/evidence.md writes them down, without the tool, its database or the network.

    verify_receipt.py [-key KEY] FILE...       says of each file what it holds; exit status 1 on any doubt
    verify_receipt.py [-key KEY] -list         reads names of files, prints each with "true" or "false"

KEY is the log's public key as you have it from elsewhere, or a file with the list that the tool shows at /evidence/key;
without it, the key that the receipt names is believed. A receipt whose key was revoked is refused.
Nothing but Python's standard library is needed: Ed25519 is below, as in RFC 8032, section 6.
"""
import base64
import hashlib
import hmac
import json
import re
import sys
from datetime import datetime, timedelta, timezone

FORM = "ltipolicy acknowledgement 1"
ORIGIN = "ltipolicy-evidence"


class Doubt(Exception):
    """The first thing that does not hold."""


def need(holds, what):
    if not holds:
        raise Doubt(what)


# Ed25519: only what verifying takes.

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    h, g, k, m = f - e, d - c, d + c, f + e
    return h * g % P, k * m % P, g * k % P, h * m % P


def times(n, a):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = add(out, a)
        a = add(a, a)
        n >>= 1
    return out


def point(b):
    y = int.from_bytes(b, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    need(y < P, "a point of the key or signature is none")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    need((x * x - square) % P == 0 and not (x == 0 and sign), "a point of the key or signature is none")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(public, message, signature):
    need(len(signature) == 64, "a signature has another length")
    s = int.from_bytes(signature[32:], "little")
    need(s < Q, "a signature is out of its range")
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    a, b = times(s, BASE), add(point(signature[:32]), times(h, point(public)))
    need(all((a[i] * b[2] - b[i] * a[2]) % P == 0 for i in (0, 1)), "a signature does not hold")


# Base64, signed notes and encodings.


def unbase64(s, what):
    b = base64.b64decode(s, validate=True)
    need(base64.b64encode(b).decode() == s, what + " is base64 in another way than usual")
    return b


def read_key(key):
    """A key is name+hash+base64, where the base64 is of 0x01 and the 32 bytes of an Ed25519 key."""
    m = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)", key)
    need(m and m[1] == ORIGIN, "the key is none of this log")
    raw = unbase64(m[3], "the key")
    need(len(raw) == 33 and raw[0] == 1, "the key is no Ed25519 key")
    tag = hashlib.sha256(m[1].encode() + b"\n" + raw).digest()[:4]
    need(tag.hex() == m[2], "the key does not have its own hash")
    return tag, raw[1:]


def read_list(text):
    """Until when and over how long a log each key signed, and whether it is revoked, by key."""
    line = r"(\S+)(?: from (\S+))?(?: until (\S+) size ([0-9]+)( revoked)?)?"
    found = [re.fullmatch(line, x) for x in text.split("\n") if x]
    return {m[1]: (second(m[3]) if m[3] else None, int(m[4] or 0), m[5]) for m in found}


def check_line(line, text, key):
    """A line of a signed note: a dash, the key's name, and base64 of the key's hash and the signature."""
    m = re.fullmatch("— ([^ \n]+) ([A-Za-z0-9+/]+=*)", line)
    need(m and m[1] == ORIGIN, "a signature is none of this log")
    tag, public = key
    raw = unbase64(m[2], "a signature")
    need(raw[:4] == tag, "a signature is of another key")
    signed_by(public, text.encode(), raw[4:])


def open_note(note, key):
    text, between, lines = note.rpartition("\n\n")
    need(between and lines.endswith("\n") and lines.count("\n") == 1, "a checkpoint is not signed once")
    check_line(lines[:-1], text + "\n", key)
    return text + "\n"


def encode(header, fields):
    parts = [f if isinstance(f, bytes) else f.encode() for f in fields]
    return header.encode() + b"".join(len(p).to_bytes(8, "big") + p for p in parts)


def commitment(key, role, *parts):
    return hmac.new(unhex(key), encode(role + "\n", parts), hashlib.sha256).hexdigest()


def unhex(s):
    need(isinstance(s, str) and re.fullmatch("[0-9a-f]{64}", s), "something is not 32 bytes in hexadecimal")
    return bytes.fromhex(s)


def second(s):
    return datetime.strptime(s, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def moment(s):
    at = datetime.strptime(s, "%Y-%m-%dT%H:%M:%S.%fZ")
    need(at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == s, "a time is in another form")
    return at.replace(tzinfo=timezone.utc)


# The receipt.

ANSWER = (
    "shard number recorded id time institution platform issuer subject actor relation policy version material name revision "
    "kind lang page_lang digest statement button opened rule answer standing noted scope until circumstance deployment context "
    "resource_link roles"
).split()
COMMITMENTS = {"subject", "actor", "noted", "circumstance"}
NUMBERS = {"shard", "number", "policy", "version", "material", "standing"}
RECEIPT = "receipt made tool institution site person by answer opens text images log key signature".split()


def members(value, names, what):
    need(isinstance(value, dict) and list(value) == names, what + " does not hold what it should")
    return value


def pairs(items):
    need(len({name for name, _ in items}) == len(items), "something stands there twice")
    return dict(items)


def entry_hash(answer):
    fields = []
    for name in ANSWER:
        v = answer[name]
        if name in COMMITMENTS:
            fields.append(unhex(v))
        elif name in NUMBERS:
            need(type(v) is int, name + " is no number")
            fields.append(str(v))
        else:
            need(isinstance(v, str), name + " is no text")
            fields.append(v)
    return hashlib.sha256(encode("ltipolicy answer 2\n", fields)).digest()


def root_of(leaf, index, size, path):
    """The root of a tree from a leaf and its audit path, RFC 9162, section 2.1.3.2."""
    fn, sn, at = index, size - 1, leaf
    for p in path:
        need(sn > 0, "the proof is too long")
        if fn & 1 or fn == sn:
            at = hashlib.sha256(b"\x01" + p + at).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            at = hashlib.sha256(b"\x01" + at + p).digest()
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "the proof is too short")
    return at


def verify(data, known=""):
    """Returns the receipt, or raises Doubt. known is a list of keys."""
    begins, ends = b',\n "signature": "', b'"\n}\n'
    at = data.rfind(begins)
    need(at >= 0 and data.endswith(ends), "it does not end with a signature")
    try:
        line = data[at + len(begins) : -len(ends)].decode()
        r = json.loads(data.decode(), object_pairs_hook=pairs)
    except ValueError:
        raise Doubt("it is no JSON") from None
    members(r, RECEIPT, "the receipt")
    need(r["receipt"] == FORM, "it is another kind of file")
    listed = read_list(known or r["key"])
    need(r["key"] in listed, "it is signed by another key than those given")
    until, longest, revoked = listed[r["key"]]
    need(not revoked, "its key was revoked: whoever had it could have made this receipt")
    key, clocks = read_key(r["key"]), timedelta(minutes=5)
    check_line(line, "ltipolicy receipt 1\n" + hashlib.sha256(data[:at]).hexdigest() + "\n", key)

    answer = members(r["answer"], ANSWER, "the answer")
    text = members(r["text"], ["lang", "name", "summary", "content"], "the text")
    shown = encode("", [text["name"], text["summary"], text["content"]])
    need(hashlib.sha256(shown).hexdigest() == answer["digest"], "the text is not the one that was answered")
    need(text["lang"] == answer["lang"], "the text is not in the language in which it was answered")
    have = set()
    for image in r["images"] or []:
        members(image, ["digest", "type", "data"], "an image")
        need(hashlib.sha256(unbase64(image["data"], "an image")).hexdigest() == image["digest"], "an image is another one")
        have.add(image["digest"])
    need(have.issuperset(re.findall(r' src="/images/sha256/([0-9a-f]{64})"', text["summary"] + text["content"])), "an image is missing")

    o = members(r["opens"], "key sub note launch presentation actor_key actor_sub".split(), "what opens the answer")
    issuer = answer["issuer"]
    need(answer["subject"] == commitment(o["key"], "subject", issuer, o["sub"]), "the person is not the one of the answer")
    need(answer["actor"] == commitment(o["actor_key"], "actor", issuer, o["actor_sub"]), "who acted is not the one of the answer")
    need(answer["noted"] == commitment(o["key"], "note", o["note"]), "the note is not the one of the answer")
    need(answer["circumstance"] == commitment(o["key"], "circumstance", o["launch"], o["presentation"]), "the launch is not the one of the answer")

    entry = entry_hash(answer)
    recorded = moment(answer["recorded"])
    moment(answer["time"])
    need(answer["until"] == "" or moment(answer["until"]), "a time is in another form")
    need(not until or recorded <= until + clocks, "the answer was recorded when its key signed no more")
    if r["log"] is None:
        return r
    log = members(r["log"], ["leaf", "hashes", "checkpoint"], "the proof")
    lines = open_note(log["checkpoint"], key).split("\n")
    need(len(lines) == 5 and lines[0] == ORIGIN and lines[3].startswith("time ") and lines[4] == "", "the checkpoint is none of this log")
    signed, size, leaf = second(lines[3][5:]), int(lines[1]), log["leaf"]
    need(recorded <= signed + clocks, "the answer was recorded after its checkpoint was signed")
    need(not until or size <= longest and signed <= until + clocks, "the checkpoint is of a time when its key signed no more")
    need(type(leaf) is int and 0 <= leaf < size, "the leaf is not within the checkpoint")
    path = [unbase64(h, "a hash") for h in log["hashes"] or []]
    need(all(len(h) == 32 for h in path), "the proof holds something that is no hash")
    root = root_of(hashlib.sha256(b"\x00" + entry).digest(), leaf, size, path)
    need(root == unbase64(lines[2], "the checkpoint's hash"), "the answer is not in the log")
    return r


def check(name, known):
    with open(name, "rb") as f:
        data = f.read()
    try:
        return verify(data, known), ""
    except (Doubt, TypeError, AttributeError, KeyError, ValueError) as e:
        return None, str(e)


def main(args):
    known = ""
    if args[:1] == ["-key"]:
        known, args = args[1], args[2:]
        if not known.startswith(ORIGIN + "+"):
            with open(known, encoding="utf-8") as f:
                known = f.read()
    if args == ["-list"]:
        for name in sys.stdin.read().splitlines():
            print(name, "true" if check(name, known)[0] else "false")
        return 0
    if not args or args[0].startswith("-"):
        sys.exit(__doc__)
    said = [(name, *check(name, known)) for name in args]
    for name, r, doubt in said:
        if r is None:
            print(f"{name}: not to be believed: {doubt}")
            continue
        a, what = r["answer"], "is in the log" if r["log"] else "is promised to be in the log"
        print(f"{name}: {a['time']} {r['person']} ({r['opens']['sub']} at {a['issuer']}) {a['answer']} \"{a['name']}\" {a['revision']}, {what} of {r['key']}")
    return any(r is None for _, r, _ in said)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
