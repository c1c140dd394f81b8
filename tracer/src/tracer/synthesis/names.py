"""What the names of parameters suggest."""

import re

# The first that matches counts. Whole words.
_NAMES: tuple[tuple[str, str], ...] = (
    (
        r"(is|has|use|allow|should|with|no|enable|ignore|include|strict|verbose|reverse|debug|"
        r"flag|quiet|force|recursive)(_.*)?|.*_ok|inplace|keepends|keep",
        "bool",
    ),
    (
        r".*(func|function|callback|predicate|pred|handler|factory|hook|decorator|callable|"
        r"getter|transform)|fn|key_?func|cmp|f|g|fun|method|wrapped|user_function|initializer",
        "callable",
    ),
    (
        r"(.*_)?(encoding|codec|charset)",
        "encoding",
    ),
    (
        r"errors",
        "errors",
    ),
    (
        r"mode",
        "mode",
    ),
    (
        r"(.*_)?(url|uri|href|link)",
        "url",
    ),
    (
        r"(.*_)?(version|ver)(_?str.*)?",
        "version",
    ),
    (
        r"(.*_)?(path|paths?name|file_?name|dir|directory|folder|root|dirname|basedir|"
        r"filepath|src|dst)",
        "pathtext",
    ),
    (
        r"(.*_)?(fp|file|stream|fileobj|file_?like|out|output|infile|outfile|stdout|fd|"
        r"readline|reader|writer|fh|buf_?file)",
        "textfile",
    ),
    (
        r"(.*_)?(regex|regexp|pattern|pat)",
        "regextext",
    ),
    (
        r"(.*_)?(fmt|format|template|spec|format_spec)",
        "format",
    ),
    (
        r"(.*_)?(date|day_?date)",
        "date",
    ),
    (
        r"(.*_)?(datetime|dt|timestamp|when)",
        "datetime",
    ),
    (
        r"(.*_)?(tz|tzinfo|timezone)",
        "timezone",
    ),
    (
        r"(.*_)?(delta|duration|timedelta|offset_td)",
        "timedelta",
    ),
    (
        r"(.*_)?(decimal)",
        "decimal",
    ),
    (
        r"(.*_)?(json|json_?str)",
        "jsontext",
    ),
    (
        r"(.*_)?(match|mo)",
        "match",
    ),
    (
        r"(.*_)?(tree|node|ast)",
        "ast",
    ),
    (
        r"(.*_)?(code|co)",
        "code",
    ),
    (
        r"(.*_)?(sep|separator|delimiter|delim|char|ch|c|letter|quote|fill_?char|suffix|"
        r"prefix|indent)",
        "char",
    ),
    (
        r"(.*_)?(data|payload|buf|buffer|chunk|blob|raw|b|body|digest)",
        "bytes",
    ),
    (
        r"(.*_)?(iterable|iterables|it|iterator|seq|sequence|items|values|elements|lst|list|"
        r"array|arr|xs|ys|nums|numbers|args|argv|rows|lines|words|entries|elems|parts|tokens|"
        r"keys|children|names|paths|options_list|points|matrix|grid|cols|columns|a_list|"
        r"population|pool|fields|params|parameters|results|objs|objects|nodes|edges|vals|"
        r"queue|stack|heap|choices|headers_list)",
        "list",
    ),
    (
        r"(.*_)?(mapping|dict|dic|d|kwargs|kwds|kw|config|conf|options|opts|attrs|attributes|"
        r"props|properties|settings|env|environ|headers|metadata|meta|context|table|lookup|"
        r"cache|memo|registry|namespace|ns|mapping_or_iterable|adict|graph|state_dict)",
        "dict",
    ),
    (
        r"(.*_)?(set|visited|seen|excludes?)",
        "set",
    ),
    (
        r"(.*_)?(n|i|j|k|m|num|number|count|size|length|len|width|height|depth|index|idx|pos|"
        r"position|start|end|stop|step|limit|max|min|maximum|minimum|level|line_?no|lineno|"
        r"offset|times|amount|age|year|month|day|hour|minute|second|row|col|column|base|bits?|"
        r"bitlength|port|total|maxlen|maxsize|max_?size|capacity|repeat|chunk_?size|nbytes|r|"
        r"x|y|z|w|h|degree|order|precision|digits|places|ndigits|a|p|q|lo|hi|low|high|left|"
        r"right|first|last|target|seed|priority|version_?info|pid|signum|weekday|ordinal|"
        r"tabsize|where|whence|step_?size|indent_?level|flags|mask|code_?point|opcode|errno|"
        r"status|fileno)",
        "int",
    ),
    (
        r"(.*_)?(ratio|rate|alpha|beta|gamma|sigma|mu|theta|angle|weight|probability|prob|"
        r"epsilon|eps|tol|tolerance|factor|scale|timeout|delay|radius|lat|lon|score|mean|std|"
        r"variance|temperature|seconds|price|percent|fraction|lambd|kappa)",
        "float",
    ),
    (
        r"(.*_)?(s|str|string|text|line|word|name|title|label|message|msg|key|value|val|token|"
        r"src_?text|source|content|html|xml|sql|query|expr|expression|command|cmd|description|"
        r"doc|docstring|input|phrase|sentence|identifier|id|attr|field|tag|host|hostname|user|"
        r"username|password|email|address|domain|arg|option|prog|parameter|qualname|"
        r"module_?name|fullname|modname|unit|header|default|t|o|kind|type_?name|variable|"
        r"symbol|lang|language|locale|mime_?type|content_?type|charstring|body_?text|markup|"
        r"rest|other_?text|filename)",
        "str",
    ),
    (
        r"(.*_)?(exc|exception|err|error|e)",
        "exception",
    ),
    (
        r"(.*_)?(cls|klass|class_?|type_?|typ|kind_?class)",
        "class",
    ),
)
_COMPILED = tuple((re.compile(pattern), name) for pattern, name in _NAMES)


def of_name(name: str) -> str | None:
    """The name of a kind that a parameter's name suggests."""
    plain = name.strip("_").lower()
    for pattern, kind in _COMPILED:
        if pattern.fullmatch(plain):
            return kind
    return None


_BINARY = re.compile(
    r"__([ri]?(add|sub|mul|truediv|floordiv|mod|divmod|matmul|and|or|xor)|eq|ne|[lg][te])__"
)


def is_other(method: str, parameter: str) -> bool:
    """Whether a parameter of a method is most often an instance of the same class."""
    return parameter in ("other", "rhs", "that") or _BINARY.fullmatch(method) is not None
