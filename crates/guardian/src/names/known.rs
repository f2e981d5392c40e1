//! Names that exist without an import: of the languages, their libraries, and the environments of their programs.

use syntax::Language;

/// Whether a name belongs to the language or to an environment in which its programs run.
pub(crate) fn is_known(language: Language, name: &str) -> bool {
    match language {
        Language::TypeScript | Language::Tsx | Language::JavaScript => {
            has(ECMASCRIPT, name)
                || (language != Language::JavaScript && has(TYPESCRIPT, name))
                || is_dom(name)
        }
        Language::Python => has(PYTHON, name),
        Language::Rust => has(RUST, name),
        Language::Go => has(GO, name),
    }
}

/// Whether every program of the language has the name, so that its import may be removed.
pub(crate) fn is_global(language: Language, name: &str) -> bool {
    match language {
        Language::TypeScript | Language::Tsx | Language::JavaScript => {
            has(GLOBALS, name) || name.ends_with("Stream") && is_dom(name)
        }
        // A derive macro and a trait share these names: a bound needs the import of the trait
        Language::Rust => has(RUST, name) && !matches!(name, "Debug" | "Hash"),
        _ => is_known(language, name),
    }
}

/// Whether a name is a type of TypeScript's own library, available without an import.
pub(crate) fn is_library_type(name: &str) -> bool {
    has(TYPESCRIPT, name)
}

/// Whether a macro of Rust's standard library has the name.
pub(crate) fn is_std_macro(name: &str) -> bool {
    has(RUST_MACROS, name)
}

pub(crate) fn is_node_module(name: &str) -> bool {
    has(NODE_MODULES, name.split('/').next().unwrap_or(name))
}

pub(crate) fn is_python_module(name: &str) -> bool {
    has(PYTHON_MODULES, name)
}

pub(crate) fn is_go_package(path: &str) -> bool {
    has(GO_PACKAGES, path.split('/').next().unwrap_or(path))
}

fn has(words: &str, name: &str) -> bool {
    !name.is_empty() && words.split_whitespace().any(|word| word == name)
}

/// Prefixes of the names of browser interfaces: there are too many names to list, and they come in families.
const FAMILIES: &str = "
HTML SVG CSS DOM WebGL WebGPU GPU RTC Audio Media IDB Performance Speech Readable Writable Transform Service Push
Notification Payment Intersection Mutation Resize Pointer Keyboard Mouse Touch Wheel Drag Clipboard Composition Custom
Storage Message Crypto File Fetch Worker Web Canvas Offscreen Image Video Text Bluetooth USB Gamepad Geolocation
Credential Public Broadcast Cache Shared Node Element Event Window Document XML XPath Abort URL Animation Visual VR XR
Byte Compression Decompression Queuing Count Permission Screen Selection Range Static Shadow Validity View Navigation
Navigator Location History Hash Page Progress Promise Form Input Focus UI Close Error Security Report Response Request
Headers Blob Data Big Float Int Uint Weak Final Intl Iterator Async Generator Template Tree Trusted Media Lock Wake
Attr CDATA Character Comment Console Font Time Track Radio Plugin Mime Option Deno Bun JSX React NodeJS Chai Jest
Cypress Mocha Express Global Electron Buffer Vue
";

/// Whether a name belongs to a browser interface, by its family.
fn is_dom(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && FAMILIES.split_whitespace().any(|family| name.starts_with(family))
        // Streams of Node, not of browsers
        && !matches!(name, "Readable" | "Writable" | "Transform")
}

const ECMASCRIPT: &str = "
undefined await yield async NaN Infinity globalThis arguments eval isNaN isFinite parseInt parseFloat escape unescape decodeURI
decodeURIComponent encodeURI encodeURIComponent Object Function Boolean Symbol Error AggregateError EvalError RangeError
ReferenceError SyntaxError TypeError URIError Number BigInt Math Date String RegExp Array Int8Array Uint8Array
Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array
Float64Array Map Set WeakMap WeakSet ArrayBuffer SharedArrayBuffer Atomics DataView JSON Promise Reflect Proxy Intl
WeakRef FinalizationRegistry Iterator AsyncIterator DisposableStack AsyncDisposableStack SuppressedError Temporal
WebAssembly require module exports __dirname __filename process Buffer global console setTimeout clearTimeout
setInterval clearInterval setImmediate clearImmediate queueMicrotask structuredClone fetch Headers Request Response
FormData Blob File URL URLSearchParams AbortController AbortSignal Event EventTarget TextEncoder TextDecoder
ReadableStream WritableStream TransformStream performance crypto Crypto CryptoKey SubtleCrypto atob btoa navigator
BroadcastChannel MessageChannel MessagePort MessageEvent WebSocket EventSource CompressionStream DecompressionStream
window document self top parent frames location history screen localStorage sessionStorage indexedDB caches alert
confirm prompt open close closed print stop focus blur postMessage addEventListener removeEventListener dispatchEvent
requestAnimationFrame cancelAnimationFrame requestIdleCallback cancelIdleCallback getComputedStyle getSelection
matchMedia scroll scrollTo scrollBy scrollX scrollY moveTo moveBy resizeTo resizeBy innerWidth innerHeight outerWidth
outerHeight pageXOffset pageYOffset screenX screenY screenLeft screenTop devicePixelRatio visualViewport customElements
name status event origin opener length external speechSynthesis trustedTypes scheduler cookieStore launchQueue
createImageBitmap reportError isSecureContext crossOriginIsolated onload onerror onmessage onfetch importScripts
skipWaiting clients registration FileReader Image Audio Option XMLHttpRequest XMLSerializer DOMParser DOMException
MutationObserver IntersectionObserver ResizeObserver PerformanceObserver Node NodeList Element HTMLElement Text Range
Selection Worker SharedWorker ServiceWorker Notification CustomEvent KeyboardEvent MouseEvent TouchEvent UIEvent
ActiveXObject chrome browser safari jQuery $ _ angular define requirejs amdModule
describe it test expect before after beforeEach afterEach beforeAll afterAll suite setup teardown suiteSetup
suiteTeardown context specify xit xtest xdescribe xcontext fit fdescribe jest vi vitest assert sinon chai should cy
Cypress jasmine spyOn spyOnProperty fail pending expectTypeOf assertType expectType onTestFinished bench page by
browser element QUnit Deno Bun HTMLRewriter gc v8 __webpack_require__ __webpack_public_path__ __non_webpack_require__
__resourceQuery __DEV__ __TEST__ __VERSION__ __PROD__ __BROWSER__ __filename NodeJS JSX React ReactDOM goog
defineProps defineEmits defineExpose defineModel defineOptions defineSlots withDefaults $state $derived $effect $props
$bindable $inspect $host definePageMeta useState useFetch useRoute useRouter useHead ref computed navigateTo
";

const TYPESCRIPT: &str = "
const any unknown never string number boolean symbol object bigint void null Record Partial Required Readonly Pick Omit Exclude
Extract NonNullable Parameters ConstructorParameters ReturnType InstanceType ThisParameterType OmitThisParameter ThisType
Uppercase Lowercase Capitalize Uncapitalize Awaited NoInfer Array ReadonlyArray ReadonlyMap ReadonlySet ArrayLike
ConcatArray Iterable IterableIterator IteratorResult IteratorReturnResult IteratorYieldResult IteratorObject
AsyncIterable AsyncIterableIterator AsyncGenerator AsyncGeneratorFunction Generator GeneratorFunction PromiseLike
PromiseSettledResult PromiseFulfilledResult PromiseRejectedResult PromiseConstructor PromiseConstructorLike
PropertyKey PropertyDescriptor PropertyDescriptorMap TypedPropertyDescriptor ClassDecorator MethodDecorator
ParameterDecorator PropertyDecorator ClassMethodDecoratorContext ClassFieldDecoratorContext DecoratorContext
ClassDecoratorContext ClassGetterDecoratorContext ClassSetterDecoratorContext ClassAccessorDecoratorContext
ErrorConstructor ErrorOptions ObjectConstructor FunctionConstructor ArrayConstructor StringConstructor NumberConstructor
BooleanConstructor SymbolConstructor DateConstructor RegExpConstructor MapConstructor SetConstructor RegExpMatchArray
RegExpExecArray TemplateStringsArray CallableFunction NewableFunction IArguments ImportMeta ImportAttributes ImportCallOptions
ArrayBufferLike ArrayBufferView ArrayBufferTypes TypedArray BufferSource BodyInit HeadersInit RequestInit RequestInfo
ResponseInit ResponseType BlobPart BlobPropertyBag EventListener EventListenerObject EventListenerOrEventListenerObject
AddEventListenerOptions EventListenerOptions EventInit Timer Disposable AsyncDisposable EpochTimeStamp
DOMHighResTimeStamp FrameRequestCallback IdleDeadline QueuingStrategy UnderlyingSource UnderlyingSink Transformer
BufferEncoding Transferable StructuredSerializeOptions ParentNode ChildNode GlobalEventHandlers ScrollBehavior
ScrollIntoViewOptions ScrollToOptions DOMStringMap DOMTokenList NamedNodeMap NodeListOf Storage StorageEvent
CanvasRenderingContext2D asserts is keyof infer unique readonly
";

const PYTHON: &str = "
ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError
BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError
ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception ExceptionGroup
False FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError
ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError
MemoryError ModuleNotFoundError NameError None NotADirectoryError NotImplemented NotImplementedError OSError
OverflowError PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError RecursionError
ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning
SystemError SystemExit TabError TimeoutError True TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError
UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning WindowsError ZeroDivisionError
__build_class__ __debug__ __doc__ __import__ __loader__ __name__ __package__ __spec__ __file__ __path__ __builtins__
__annotations__ __class__ __dict__ __module__ __qualname__ __cached__ __all__ __version__ abs aiter all anext any ascii
bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright credits delattr dict dir divmod
enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int isinstance
issubclass iter len license list locals map max memoryview min next object oct open ord pow print property quit range
repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip unicode basestring long
xrange raw_input unichr reduce reload cmp execfile file reveal_type reveal_locals _ __ self cls match case
";

const GLOBALS: &str = "
globalThis undefined NaN Infinity Object Array String Number Boolean Symbol BigInt Function Math JSON Reflect Proxy Promise
Map Set WeakMap WeakSet WeakRef FinalizationRegistry Date RegExp Error TypeError RangeError SyntaxError ReferenceError
EvalError URIError AggregateError Iterator Intl Atomics ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array
Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array
parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape eval arguments
process Buffer console performance URL URLSearchParams URLPattern TextEncoder TextDecoder AbortController AbortSignal Event
EventTarget CustomEvent MessageChannel MessagePort BroadcastChannel Blob File FormData Headers Request Response fetch
WebSocket EventSource DOMException crypto Crypto CryptoKey SubtleCrypto structuredClone queueMicrotask setTimeout
clearTimeout setInterval clearInterval setImmediate clearImmediate atob btoa navigator WebAssembly require module exports
__dirname __filename
Partial Required Readonly Record Pick Omit Exclude Extract NonNullable Parameters ReturnType InstanceType Awaited NoInfer
ConstructorParameters ThisParameterType OmitThisParameter ThisType Uppercase Lowercase Capitalize Uncapitalize
";

const RUST: &str = "
Self self super crate std core alloc Option Some None Result Ok Err Box Vec String ToString ToOwned Clone Copy Send
Sync Sized Drop Fn FnMut FnOnce AsyncFn AsyncFnMut AsyncFnOnce Iterator IntoIterator Extend DoubleEndedIterator
ExactSizeIterator Default PartialEq PartialOrd Eq Ord Debug Hash AsRef AsMut Into From TryFrom TryInto FromIterator
Future IntoFuture drop size_of size_of_val align_of align_of_val str bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64
i128 isize f16 f32 f64 f128 proc_macro test bench Unpin union macro_rules
";

const RUST_MACROS: &str = "
assert assert_eq assert_ne assert_matches cfg column compile_error concat dbg debug_assert debug_assert_eq debug_assert_ne
env eprint eprintln file format format_args include include_bytes include_str line matches module_path option_env panic
print println stringify thread_local todo try unimplemented unreachable vec write writeln
";

const GO: &str = "
any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8
uint16 uint32 uint64 uintptr true false iota nil append cap clear close complex copy delete imag len make max min new
panic print println real recover _ init main
";

const NODE_MODULES: &str = "
assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs
http http2 https inspector module net os path perf_hooks process punycode querystring readline repl sea sqlite stream
string_decoder sys test timers tls trace_events tty url util v8 vm wasi worker_threads zlib bun electron vscode
";

const PYTHON_MODULES: &str = "
__future__ __main__ _thread abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit
audioop base64 bdb binascii binhex bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop
collections colorsys compileall compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes
curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler
fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib
grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword
lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt
multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev parser pathlib
pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile
pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select
selectors shelve shlex shutil signal site sitecustomize smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile
sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig
syslog tabnanny tarfile telnetlib tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib
trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave
weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc xxsubtype zipapp zipfile zipimport zlib zoneinfo _typeshed
typing_extensions pkg_resources setuptools pip __builtin__ StringIO cStringIO cPickle ConfigParser Queue urllib2 urlparse
";

const GO_PACKAGES: &str = "
archive arena bufio builtin bytes cmd cmp compress container context crypto database debug embed encoding errors expvar
flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime simd slices
sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak C
";
