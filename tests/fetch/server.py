#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A file server that misbehaves on request, for the tests of fetching.

    server.py FOLDER

Serves FOLDER/files on 127.0.0.1: over http, over https with a certificate for that address, and over https with one for
another name, all by an authority made now (FOLDER/ca.pem). Prints the three ports, then serves until its input ends.
An address is /HOW/NAME: HOW says how the file "fw*" is served; what lies beside it is served plainly. Each request adds a line
to FOLDER/log: HOW, NAME, its Range and If-Range.
"""
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

FOLDER = sys.argv[1]
PORTS = {}
seen = {}  # HOW/NAME: how often it was asked for
lock = threading.Lock()
PAGE = b"<!DOCTYPE html>\n<html><body>Nothing here, but nice to meet you.</body></html>\n"
REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 403: "Forbidden", 404: "Not Found",
           416: "Range Not Satisfiable", 500: "Internal Server Error"}


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, cwd=FOLDER)


def certificates():
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority",
            "-addext", "basicConstraints=critical,CA:TRUE")
    for name, where in (("server", "IP:127.0.0.1"), ("wrong", "DNS:elsewhere.example")):
        openssl("req", "-x509", *key, "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", f"{name}.key", "-out",
                f"{name}.pem", "-subj", f"/CN={name}", "-addext", f"subjectAltName={where}", "-addext",
                "basicConstraints=critical,CA:FALSE")


class Answer:
    def __init__(self, connection):
        self.connection = connection

    def head(self, status, **headers):
        lines = [f"HTTP/1.1 {status} {REASONS[status]}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value is not None]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send(self, data):
        self.connection.sendall(data)

    def refuse(self, status):
        self.head(status, Content_Length=len(PAGE), Content_Type="text/html")
        self.send(PAGE)

    def redirect(self, to):
        self.head(302, Location=to, Content_Length=0)


def start_of(headers):
    value = headers.get("range", "")
    return int(value[6:-1]) if value.startswith("bytes=") and value.endswith("-") else None


def plain(answer, headers, data, etag='"v1"', modified="Sat, 21 Nov 2026 10:00:00 GMT", ranges=True, honest=True):
    """A good server; with `honest` false it does not look at If-Range."""
    start = start_of(headers) if ranges else None
    condition = headers.get("if-range")
    if condition and honest and condition not in (etag, modified):
        start = None
    if start is None:
        answer.head(200, Content_Length=len(data), ETag=etag, Last_Modified=modified)
        answer.send(data)
    elif start >= len(data):
        answer.head(416, Content_Length=0, Content_Range=f"bytes */{len(data)}")
    else:
        answer.head(206, Content_Length=len(data) - start, ETag=etag, Last_Modified=modified,
                    Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        answer.send(data[start:])


def half(answer, data, **validators):
    """The half of it, then the connection breaks."""
    answer.head(200, Content_Length=len(data), **validators)
    answer.send(data[:len(data) // 2])
    raise ConnectionError


def trickle(answer, data, size, pause):
    for i in range(0, len(data), size):
        answer.send(data[i:i + size])
        time.sleep(pause)


V1 = {"ETag": '"v1"', "Last_Modified": "Sat, 21 Nov 2026 10:00:00 GMT"}


def serve(answer, how, name, data, headers, count):  # pylint: disable=too-many-branches,too-many-statements
    first = count == 0
    port = PORTS["http"]
    if how == "cut":  # breaks off once
        half(answer, data, **V1) if first else plain(answer, headers, data)
    elif how == "cutdate":  # knows dates only
        half(answer, data, Last_Modified=V1["Last_Modified"]) if first else plain(answer, headers, data, etag=None)
    elif how == "cutweak":  # has nothing that If-Range takes
        half(answer, data, ETag='W/"v1"') if first else plain(answer, headers, data, etag='W/"v1"', modified=None)
    elif how == "cutnorange":  # cannot go on
        half(answer, data, **V1) if first else plain(answer, headers, data, ranges=False)
    elif how == "cutchanged":  # has another file the second time, and says so
        half(answer, data[::-1], ETag='"v0"') if first else plain(answer, headers, data)
    elif how == "cutliar":  # has another file, and gives its piece all the same
        half(answer, data, ETag='"v0"') if first else plain(answer, headers, data, honest=False)
    elif how == "cutmix":  # the same, without saying so
        half(answer, data[::-1], **V1) if first else plain(answer, headers, data)
    elif how == "cutother":  # gives another piece than was asked for
        if first:
            half(answer, data, **V1)
        answer.head(206, Content_Length=10, Content_Range=f"bytes 0-9/{len(data)}", **V1)
        answer.send(data[:10])
    elif how == "cutnothing":  # gives a piece, and does not say which
        if first:
            half(answer, data, **V1)
        answer.head(206, Content_Length=10, **V1)
        answer.send(data[:10])
    elif how == "cut416":  # takes no range once
        if first:
            half(answer, data, **V1)
        answer.refuse(416) if count == 1 else plain(answer, headers, data)
    elif how in ("404", "403", "500"):
        answer.refuse(int(how))
    elif how == "page":
        answer.head(200, Content_Length=len(PAGE), Content_Type="text/html")
        answer.send(PAGE)
    elif how == "loop":
        answer.redirect(f"/loop/{name}")
    elif how.startswith("hops"):
        left = int(how[4:])
        answer.redirect(f"/hops{left - 1}/{name}") if left else plain(answer, headers, data)
    elif how == "tohttp":
        answer.redirect(f"http://127.0.0.1:{port}/good/{name}")
    elif how == "tofile":
        answer.redirect("file:///etc/passwd")
    elif how == "tonowhere":
        answer.head(302, Content_Length=0)
    elif how == "longer":  # more than it says
        answer.head(200, Content_Length=len(data) // 2, Connection="close")
        answer.send(data)
        raise ConnectionError
    elif how == "shorter":  # less than it says
        answer.head(200, Content_Length=len(data) * 2, **V1)
        answer.send(data)
        raise ConnectionError
    elif how == "nolength":
        answer.head(200, Connection="close", **V1)
        answer.send(data)
        raise ConnectionError
    elif how == "huge":
        answer.head(200, Content_Length=10**12)
        answer.send(data)
        raise ConnectionError
    elif how == "endless":
        answer.head(200, Connection="close")
        while True:
            answer.send(bytes(1 << 20))
    elif how == "headers":
        answer.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            answer.send(b"X-Padding: " + b"x" * 8000 + b"\r\n")
    elif how == "nonsense":
        answer.send(b"\x00\x01\x02 this is not HTTP at all\r\n\r\n")
        raise ConnectionError
    elif how == "silent":
        time.sleep(20)
    elif how == "stall":
        answer.head(200, Content_Length=len(data), **V1)
        answer.send(data[:100000])
        time.sleep(20)
    elif how == "drip":
        answer.head(200, Content_Length=len(data), **V1)
        trickle(answer, data, 1, 0.05)
    elif how == "slow":  # about half a second
        answer.head(200, Content_Length=len(data), **V1)
        trickle(answer, data, len(data) // 25 + 1, 0.02)
    else:
        plain(answer, headers, data)


def request(connection, text):
    lines = text.decode("latin-1").split("\r\n")
    _, path, _ = lines[0].split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    how, _, name = urllib.parse.unquote(path.split("?")[0]).lstrip("/").partition("/")
    with lock:
        count = seen.get((how, name), 0)
        seen[how, name] = count + 1
        with open(os.path.join(FOLDER, "log"), "a", encoding="utf-8") as log:
            log.write(f"{how} {name} {headers.get('range', '-')} {headers.get('if-range', '-')}\n")
    answer = Answer(connection)
    file = os.path.join(FOLDER, "files", os.path.basename(name))
    main = name.startswith("fw") and name.endswith(".bin")
    if how == "page" and not main:
        serve(answer, how, name, b"", headers, count)
    elif not os.path.exists(file):
        answer.refuse(404)
    else:
        with open(file, "rb") as handle:
            data = handle.read()
        serve(answer, how if main else "good", name, data, headers, count)


def converse(connection):
    text = b""
    try:
        while True:
            while b"\r\n\r\n" not in text:
                more = connection.recv(65536)
                if not more:
                    return
                text += more
                if text[:1] == b"\x16":  # TLS, where none is spoken
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
            head, _, text = text.partition(b"\r\n\r\n")
            request(connection, head)
    except OSError:
        pass
    finally:
        connection.close()


def welcome(connection, context):
    try:
        if context:
            connection.settimeout(10)
            connection = context.wrap_socket(connection, server_side=True)
            connection.settimeout(None)
    except OSError:
        connection.close()
        return
    converse(connection)


def listen(name, context):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(32)
    PORTS[name] = server.getsockname()[1]

    def accept():
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=welcome, args=(connection, context), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


def main():
    certificates()
    listen("http", None)
    for name, certificate in (("https", "server"), ("wrong", "wrong")):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(FOLDER, f"{certificate}.pem"), os.path.join(FOLDER, f"{certificate}.key"))
        listen(name, context)
    print(PORTS["http"], PORTS["https"], PORTS["wrong"], flush=True)
    sys.stdin.read()


main()
