"""Programs that make more than limits let the recorders describe."""

LIMITED = {
    "a list beyond the limits": "def run():\n    xs = list(range(40))\n"
    "    xs[30] = 5\n    xs.append(1)\n"
    "    xs.pop(0)\n    xs[2] = 'y' * 50\n    return xs\n",
    "a dict and a set beyond the limits": "def run():\n"
    "    d = {i: i for i in range(30)}\n    d[29] = 1\n"
    "    s = set(range(30))\n    s.add(77)\n    del d[0]\n    return d, s\n",
    "nesting beyond the limit": "def run():\n    a = []\n    for i in range(12):\n        a = [a]\n"
    "    b = [a]\n    while a:\n        a = a[0]\n    return b\n",
}
SMALL = (
    ("containerItems", 8),
    ("depth", 4),
    ("objectBytes", 60),
    ("stringCodePoints", 20),
    ("stringHead", 5),
)
