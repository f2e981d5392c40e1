"""Writes crates/guardian/tables/: the public names of standard libraries, for rules that know what they have.

Works with typeshed (in the wheel of `mypy`), the `api/` folder of Go's sources, `@types/node`, and the Python and Node
that run it. Must not write anything by hand: what a newer version adds comes by running it again.

    python3 scripts/library-names.py TYPESHED_STDLIB GO_API NODE_TYPES
"""

import ast
import importlib
import json
import pathlib
import re
import subprocess
import sys

TABLES = pathlib.Path(__file__).parent.parent / "crates" / "guardian" / "tables"

PYTHON = """abc argparse array ast asyncio base64 binascii bisect bz2 calendar cmath codecs collections concurrent.futures
configparser contextlib copy csv dataclasses datetime decimal difflib enum errno fnmatch fractions functools getpass glob gzip
hashlib heapq hmac html http importlib importlib.metadata importlib.util inspect io itertools json locale logging lzma math
multiprocessing numbers operator os os.path pathlib pickle platform pprint queue random re sched secrets select selectors shlex
shutil signal smtplib socket sqlite3 ssl stat statistics string struct subprocess sys tarfile tempfile textwrap threading time
timeit traceback types typing unicodedata unittest unittest.mock urllib.parse urllib.request uuid warnings weakref
xml.etree.ElementTree zipfile zlib zoneinfo""".split()

GO = """bufio bytes cmp context container/heap container/list crypto/hmac crypto/md5 crypto/sha1 crypto/sha256 crypto/sha512 embed
encoding/base64 encoding/binary encoding/csv encoding/hex encoding/json errors flag fmt html html/template io io/fs io/ioutil iter log maps
math math/rand/v2 math/big math/bits math/cmplx mime net/http net/url net/http/httptest os os/exec os/signal path path/filepath reflect regexp runtime/debug slices sort strconv strings
sync sync/atomic text/tabwriter text/template time unicode unicode/utf16 unicode/utf8 unique""".split()

# Where the `api/` folder at hand is older: what came since Go 1.20, checked against `api/go1.22.txt` to `api/go1.27.txt`.
GO_NEWER = {
    "bytes": "ContainsFunc CutPrefix CutSuffix Clone CutLast Lines SplitSeq SplitAfterSeq FieldsSeq FieldsFuncSeq",
    "cmp": "Compare Less Or Ordered",
    "context": "AfterFunc CancelCauseFunc Cause WithCancelCause WithDeadlineCause WithTimeoutCause WithoutCancel",
    "encoding/binary": "Append Decode Encode NativeEndian",
    "encoding/hex": "AppendDecode AppendEncode",
    "errors": "AsType ErrUnsupported Join",
    "flag": "BoolFunc",
    "fmt": "FormatString",
    "html/template": "ErrJSTemplate",
    "io": "NewOffsetWriter OffsetWriter",
    "io/fs": "FormatDirEntry FormatFileInfo Lstat ReadLink ReadLinkFS SkipAll",
    "iter": "Pull Pull2 Seq Seq2",
    "maps": "All Clone Collect Copy DeleteFunc Equal EqualFunc Insert Keys Values",
    "math/big": "Ceil Floor Round Trunc",
    "math/rand/v2": "ChaCha8 ExpFloat64 Float32 Float64 Int Int32 Int32N Int64 Int64N IntN N NewChaCha8 NewPCG New NewZipf NormFloat64 PCG Perm "
    "Rand Shuffle Source Uint Uint32 Uint32N Uint64 Uint64N UintN Zipf",
    "net/http": "CrossOriginProtection ErrSchemeMismatch FileServerFS HTTP2Config NewCrossOriginProtection NewFileTransportFS NewResponseController "
    "ParseCookie ParseSetCookie Protocols ResponseController ServeFileFS ClientConn",
    "net/http/httptest": "NewRequestWithContext NewTestServer",
    "os": "CopyFS ErrNoHandle OpenInRoot OpenRoot Root",
    "os/exec": "ErrDot ErrWaitDelay",
    "path/filepath": "IsLocal Localize SkipAll",
    "reflect": "SliceAt TypeAssert TypeFor",
    "runtime/debug": "CrashOptions SetCrashOutput",
    "slices": "All AppendSeq Backward BinarySearch BinarySearchFunc Chunk Clip Clone Collect Compact CompactFunc Compare CompareFunc Concat "
    "Contains ContainsFunc Delete DeleteFunc Equal EqualFunc Grow Index IndexFunc Insert IsSorted IsSortedFunc Max MaxFunc Min MinFunc "
    "Repeat Replace Reverse Sort SortFunc SortStableFunc Sorted SortedFunc SortedStableFunc Values",
    "strings": "ContainsFunc CutLast CutPrefix CutSuffix Lines SplitSeq SplitAfterSeq FieldsSeq FieldsFuncSeq",
    "sync": "OnceFunc OnceValue OnceValues",
    "sync/atomic": "AndInt32 AndInt64 AndUint32 AndUint64 AndUintptr OrInt32 OrInt64 OrUint32 OrUint64 OrUintptr",
    "time": "DateOnly DateTime TimeOnly",
    "unicode": "Beria_Erfe CategoryAliases Cn Garay Gurung_Khema IDS_Unary_Operator ID_Compat_Math_Continue ID_Compat_Math_Start Kawi Kirat_Rai "
    "LC Modifier_Combining_Mark Nag_Mundari Ol_Onal Sidetic Sunuwar Tai_Yo Todhri Tolong_Siki Tulu_Tigalari",
    "unicode/utf16": "AppendRune RuneLen",
    "unique": "Handle Make",
}

NODE = """assert async_hooks buffer child_process cluster crypto dns dns/promises events fs fs/promises http http2 https net os path
perf_hooks querystring readline readline/promises stream stream/promises string_decoder timers/promises tls tty url util v8 vm
worker_threads zlib""".split()


def of_stub(stdlib, module, seen):
    """All names of a stub's top level, in whichever version or system."""
    if module in seen:
        return set()
    seen.add(module)
    base = stdlib.joinpath(*module.split("."))
    path = next((p for p in (base.with_suffix(".pyi"), base / "__init__.pyi") if p.exists()), None)
    if path is None:
        return set()
    names = {p.stem if p.suffix else p.name for p in base.iterdir()} if base.is_dir() else set()
    pending = list(ast.parse(path.read_text()).body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.If, ast.Try)):
            pending += node.body + node.orelse
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Import):
            names |= {(a.asname or a.name).split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                package = module if path.name == "__init__.pyi" else module.rpartition(".")[0]
                source = f"{package}.{source}".rstrip(".")
            for alias in node.names:
                names |= of_stub(stdlib, source, seen) if alias.name == "*" else {alias.asname or alias.name}
    return names


def python(stdlib):
    for module in PYTHON:
        names = of_stub(stdlib, module, set())
        try:
            names |= set(dir(importlib.import_module(module)))
        except ImportError:
            pass
        yield module, {n for n in names if not n.startswith("__")}


def go(api):
    found = {}
    for path in sorted(api.glob("go1*.txt")):
        for line in path.read_text().splitlines():
            m = re.match(r"pkg ([\w/]+)(?: \([^)]*\))?, (?:func|type|var|const) (\w+)", line)
            if m:
                found.setdefault(m[1], set()).add(m[2])
    for package, names in GO_NEWER.items():
        found.setdefault(package, set()).update(names.split())
    for package in GO:
        yield package, found[package]


def node(types):
    script = f"const m = {json.dumps(NODE)}; console.log(JSON.stringify(Object.fromEntries(m.map((n) => [n, Object.keys(require('node:' + n))]))))"
    own = json.loads(subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout)
    for module in NODE:
        names = set(own[module])
        text = (types / f"{module}.d.ts").read_text()
        names |= set(re.findall(r"\b(?:function|class|const|let|var|interface|type|namespace|enum)\s+(\w+)", text))
        for listed in re.findall(r"export\s*(?:type\s*)?\{([^}]*)\}", text):
            names |= {part.split(" as ")[-1].strip() for part in listed.split(",")}
        yield module, {n for n in names if n.isidentifier()}


def methods():
    for kind in (str, bytes, list, dict, set, tuple, int, float):
        yield f"python.{kind.__name__}", {n for n in dir(kind) if not n.startswith("__")}
    script = """const kinds = { Array, String, Number, Promise, Map, Set };
      console.log(JSON.stringify(Object.fromEntries(Object.entries(kinds).map(([k, v]) => [k, Object.getOwnPropertyNames(v.prototype)]))))"""
    own = json.loads(subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout)
    for kind, names in own.items():
        yield f"node.{kind}", {n for n in names if n.isidentifier()}


def write(name, rows):
    lines = [f"{module} {' '.join(sorted(names))}" for module, names in rows]
    (TABLES / name).write_text("\n".join(lines) + "\n")


def main():
    stdlib, api, types = map(pathlib.Path, sys.argv[1:4])
    TABLES.mkdir(exist_ok=True)
    write("python.txt", python(stdlib))
    write("go.txt", go(api))
    write("node.txt", node(types))
    write("methods.txt", methods())


if __name__ == "__main__":
    main()
