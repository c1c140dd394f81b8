// What a program may try against the tracer that records it: either nothing of it comes through and the trace is whole, or
// the row says `tampered`. Nothing it does is a fault of ours.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readExecution } from '../../../activities/read-execution.ts';
import type { Observed } from '../../../activities/execute-invocation.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import { invocation } from '../../support/invocations.ts';
import { openPool } from '../../support/sandbox-pool.ts';

const signal = new AbortController().signal;
let pool: SlotPool;

beforeAll(async () => {
  pool = await openPool(`test-tampering-${randomUUID()}`);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

/** Steps before and after the attempt, which a whole trace has. */
const program = (attempt: string, head = ''): string => `
import gc, json, math, os, signal, struct, sys, types
${head}
def last(n):
    n = n + 1
    return n

def f():
    before = 1
${attempt.replaceAll(/^/gm, '    ')}
    after = last(before)
    return after
`;

async function observed(source: string): Promise<Observed> {
  const execution = await pool.use((slot) => slot.trace(invocation(source), signal), signal);
  return readExecution(execution, DEFAULT_LIMITS);
}

const LOADED = `
def loaded(name):
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import module_from_spec, spec_from_loader
    loader = ExtensionFileLoader("tracer." + name, f"/opt/tracemill/tracer/{name}.so")
    return module_from_spec(spec_from_loader("tracer." + name, loader))

def attempt(function, *args):
    try:
        function(*args)
    except (PermissionError, RuntimeError, ValueError):
        pass
`;

interface Attempt {
  readonly name: string;
  readonly attempt: string;
  readonly head?: string;
}

const SEEN: readonly Attempt[] = [
  {
    name: 'switches all events off and on again',
    attempt: 'attempt(sys.monitoring.set_events, 4, 0)\nattempt(sys.monitoring.set_events, 4, 1)',
  },
  {
    name: 'switches the events of its own code off and on again',
    attempt:
      'attempt(sys.monitoring.set_local_events, 4, f.__code__, 0)\n' +
      'attempt(sys.monitoring.set_local_events, 4, f.__code__, 32)',
  },
  {
    name: 'takes a callback away',
    attempt: 'attempt(sys.monitoring.register_callback, 4, 32, None)',
  },
  {
    name: 'frees the tool and takes it',
    attempt:
      'attempt(sys.monitoring.free_tool_id, 4)\nattempt(sys.monitoring.use_tool_id, 4, "mine")',
  },
  { name: 'frees the tool that counts fuel', attempt: 'attempt(sys.monitoring.free_tool_id, 3)' },
  {
    name: 'listens with a tool of its own',
    attempt:
      'sys.monitoring.use_tool_id(0, "mine")\n' +
      'sys.monitoring.register_callback(0, 1, lambda code, _: code.co_filename != "<record>" and 1 / 0)\n' +
      'sys.monitoring.set_events(0, 1)',
  },
  {
    name: 'sets a trace function',
    attempt: 'sys.settrace(lambda *event: None)\nsys.settrace(None)',
  },
  { name: 'leaves a profile function behind', attempt: 'sys.setprofile(lambda *event: None)' },
  {
    name: 'calls functions of the recorder',
    attempt:
      'core = loaded("_core")\n' +
      'for name in ("run", "found", "take", "codes", "close", "benign", "output"):\n' +
      '    attempt(getattr(core, name), *{"run": [f], "benign": [f], "output": [1, b"x"]}.get(name, []))',
  },
  {
    name: 'calls the callbacks of the recorder',
    attempt:
      'for name, callback in loaded("_core").CALLBACKS.items():\n' +
      '    callback(f.__code__, 2, 4)\n    callback(f.__code__, 2)',
  },
  {
    name: 'opens a recording of its own',
    attempt:
      'attempt(loaded("_core").open, 1, True, frozenset(), {}, "m", {}, print, print, print, None)',
  },
  {
    name: 'writes into the stream',
    attempt: 'attempt(loaded("_harness").append, b"forged")',
  },
  {
    name: 'writes an end record',
    attempt:
      'attempt(loaded("_harness").append_end, b"\\x7e\\x02{}")\nattempt(loaded("_harness").take)',
  },
  {
    name: 'stops the counter of fuel',
    attempt: 'attempt(loaded("_harness").fuel_pause)\nattempt(loaded("_harness").fuel_end)',
  },
  { name: 'leaves as the harness does', attempt: 'attempt(loaded("_harness").leave, 0)' },
  {
    name: 'spends a budget that is not spent',
    attempt: 'attempt(loaded("_harness").stop, "fuel")',
  },
  { name: 'opens its memory as a file', attempt: 'attempt(open, "/proc/self/mem")' },
  {
    name: 'reads memory by address',
    attempt: 'import ctypes\nctypes.c_char.from_address(id(before)).value',
  },
  ...Object.entries({
    'writes memory by address': 'ctypes.memmove(id(before), b"", 0)',
    'copies memory from an address':
      'ctypes.memmove(ctypes.create_string_buffer(8), id(before), 8)',
    'fills memory by address': 'ctypes.memset.__call__(ctypes.c_void_p(id(before)), 0, 0)',
    'fills memory by a number that wraps': 'ctypes.memset(id(before) + 2**64, 0, 0)',
    'copies memory from a pointer to text': 'ctypes.memmove(b"", ctypes.c_char_p(id(before)), 0)',
    'reads wide text by a pointer to it': 'ctypes.wstring_at(ctypes.c_wchar_p(id(before)), 0)',
    'makes an object where a buffer was copied':
      'b = bytearray(8)\nplace = ctypes.addressof(ctypes.c_char.from_buffer(b))\n' +
      'ctypes.c_char.from_buffer_copy(b)\nctypes.c_char.from_address(place)',
    'reads text by address': 'ctypes.string_at(id(before), 4)',
    'reads wide text by address':
      'ctypes.wstring_at(ctypes.addressof(ctypes.create_unicode_buffer("x")), 1)',
    'makes a pointer of a number': 'ctypes.cast(id(before), ctypes.POINTER(ctypes.c_char))[0]',
    'makes an object of a number':
      'import _ctypes\n_ctypes.PyObj_FromPtr(id(before))\n_ctypes.call_function',
    'writes with a function that it makes of a number':
      'import _ctypes\nkind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)\n' +
      'kind(_ctypes._memset_addr)(id(before), 0, 0)',
  }).map(([name, attempt]) => ({ name, attempt: `import ctypes\n${attempt}` })),
  { name: 'loads the library below ctypes', attempt: 'import _ctypes' },
  {
    name: 'loads the library below ctypes by another way',
    attempt: 'import importlib\nimportlib.import_module("_ctypes")',
  },
  {
    name: 'asks from a callback of its own',
    attempt:
      'sys.monitoring.use_tool_id(0, "mine")\n' +
      'sys.monitoring.register_callback(0, 1, lambda *event: attempt(loaded("_harness").leave, 0))\n' +
      'sys.monitoring.set_events(0, 1)\nlast(0)\nsys.monitoring.set_events(0, 0)',
  },
  {
    name: 'compiles code under the name of the record',
    attempt: 'exec(compile("x = 1", "<record>", "exec"), {})',
  },
];

describe('a program that', () => {
  test.each(SEEN)('$name is labelled, and its trace is whole', async ({ attempt }) => {
    const { ending, labels, trace } = await observed(program(attempt, LOADED));
    expect(ending).toMatchObject({ outcome: 'returned', returnValue: '2' });
    expect(labels).toContain('tampered');
    expect(trace.eventsJson).toMatch(/"set":\{"after":"2"\}/);
    expect(trace.eventsJson).toMatch(/"kind":"call"[^}]*"name":"last"/);
  });
});

const STRUCTURE = `import ctypes
class P(ctypes.Structure):
    pass
P._fields_ = [("x", ctypes.c_int), ("next", ctypes.POINTER(P))]
`;

const UNSEEN: readonly Attempt[] = [
  {
    name: 'wants to see frozen objects, of which there are none, and empties those of the tracer',
    attempt:
      'gc.unfreeze()\nfor thing in gc.get_objects():\n' +
      "    if type(thing) is dict and 'tracer' in str(thing.get('__name__')):\n        thing.clear()",
  },
  {
    name: 'empties all that the collector shows it',
    attempt:
      'for thing in gc.get_objects():\n' +
      '    if type(thing) in (list, dict, set) and thing is not globals() and thing is not sys.modules:\n' +
      '        thing.clear()',
  },
  { name: 'asks for all events again', attempt: 'sys.monitoring.restart_events()' },
  {
    name: 'takes every tool that is free',
    attempt:
      'for tool in range(6):\n    try:\n        sys.monitoring.use_tool_id(tool, "mine")\n    except ValueError:\n        pass',
  },
  {
    name: 'puts other functions into sys.monitoring',
    attempt: 'for name in dir(sys.monitoring):\n    setattr(sys.monitoring, name, None)',
  },
  {
    name: 'puts other functions into the library',
    attempt:
      'for module in (json, json.encoder, math, os, struct, types):\n' +
      '    for name in dir(module):\n        if name[0] != "_":\n            setattr(module, name, None)',
  },
  {
    name: 'leaves an audit hook that raises',
    attempt: 'sys.addaudithook(hook)',
    head: 'def hook(*event):\n    if sys._getframe().f_back is None:\n        1 / 0\n',
  },
  { name: 'leaves a low recursion limit', attempt: 'sys.setrecursionlimit(8)' },
  {
    name: 'leaves a timer whose handler raises',
    attempt:
      'signal.signal(signal.SIGALRM, lambda *signal: 1 / 0)\n' +
      'signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)',
  },
  ...Object.entries({
    'reads a structure out of a buffer':
      'p = P.from_buffer_copy(bytes(16))\nq = P.from_buffer(bytearray(16))\nq.x = p.x',
    'follows pointers to objects of its own':
      'p = P(1)\nq = P(2, ctypes.pointer(p))\nq.next.contents.x = 3\nq.next[0]\nctypes.addressof(p)',
    'copies and reads buffers of its own':
      'b = ctypes.create_string_buffer(b"abc", 8)\nctypes.memmove(b, b"xyz", 3)\nctypes.memset(b, 65, 1)\n' +
      'ctypes.string_at(b), ctypes.string_at(ctypes.byref(b), 2), ctypes.wstring_at("abc")\n' +
      'v = ctypes.cast(b, ctypes.c_void_p)\nctypes.string_at(v)\nctypes.cast(v, ctypes.POINTER(P))\n' +
      'ctypes.cast(0, ctypes.POINTER(P))\nrepr(ctypes.c_char_p(b"x"))',
    'calls functions of C, which call it':
      'libc = ctypes.CDLL(None)\nlibc.strlen(b"four"), libc.abs(-3)\na = (ctypes.c_int * 3)(3, 1, 2)\n' +
      'i = ctypes.POINTER(ctypes.c_int)\norder = ctypes.CFUNCTYPE(ctypes.c_int, i, i)\n' +
      'libc.qsort(a, 3, 4, order(lambda x, y: x[0] - y[0]))',
  }).map(([name, attempt]) => ({ name, attempt, head: STRUCTURE })),
  { name: 'forks', attempt: 'if os.fork() == 0:\n    os._exit(0)\nos.wait()' },
];

describe('the trace is whole, and not labelled, of a program that', () => {
  test.each(UNSEEN)('$name', async ({ attempt, head }) => {
    const { ending, labels, trace } = await observed(program(attempt, head));
    if (attempt.includes('setitimer')) {
      // The handler may run in the program too.
      expect(['returned', 'raised']).toContain(ending.outcome);
    } else {
      expect(ending).toMatchObject({ outcome: 'returned', returnValue: '2' });
      expect(trace.eventsJson).toMatch(/"set":\{"after":"2"\}/);
    }
    expect(labels).not.toContain('tampered');
  });
});

test.each([
  ['no frame of the harness', 'sys._getframe().f_back is None'],
  [
    'no class of it',
    '[c for c in object.__subclasses__() if c.__module__.startswith("tracer") and c.__name__ != "Null"] == []',
  ],
  ['no module of it', '[name for name in sys.modules if name.startswith("tracer")] == []'],
  ['none of its names in the main module', 'len(vars(sys.modules["__main__"])) < 9'],
  [
    'no function of it behind a stream',
    'type(type(sys.stdout.buffer).write).__name__ == "method_descriptor"',
  ],
  [
    'no object of it',
    '[t for t in gc.get_objects() if "tracer" in str(getattr(type(t), "__module__", 0))] == []',
  ],
])('a program finds %s', async (_, question) => {
  const source = `import gc, sys\ndef f():\n    return ${question}\n`;
  const { ending } = await observed(source);
  expect(ending.returnValue).toBe('True');
});

test('a program cannot import the tracer', async () => {
  const { ending } = await observed('def f():\n    import tracer\n');
  expect(ending).toMatchObject({ outcome: 'raised', exceptionType: 'ModuleNotFoundError' });
});
