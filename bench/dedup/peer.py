"""The same work by datasketch: words, 5-grams, MinHash, LSH, verified by real Jaccard. Prints one JSON document.

peer.py TEXTS.jsonl HASHES BANDS THRESHOLD
"""

import json
import re
import resource
import sys
import time

import numpy
from datasketch import MinHash, MinHashLSH
from datasketch.hashfunc import sha1_hash32


def shingles(text):
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + 5]) for at in range(len(words) - 4)}


def root(parent, member):
    while parent[member] != member:
        parent[member] = parent[parent[member]]
        member = parent[member]
    return member


def main():
    path, hashes, bands, threshold = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    with open(path, encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    started = time.process_time()
    lsh = MinHashLSH(num_perm=hashes, params=(bands, hashes // bands))
    sets = [shingles(text) for text in texts]
    parent = list(range(len(texts)))
    compared = 0
    first = MinHash(num_perm=hashes, hashfunc=sha1_hash32)
    for at, grams in enumerate(sets):
        if not grams:
            continue
        signature = first.copy()
        signature.update_batch([gram.encode() for gram in grams])
        for other in lsh.query(signature):
            if root(parent, at) == root(parent, other):
                continue
            compared += 1
            both = len(grams & sets[other])
            if both / (len(grams) + len(sets[other]) - both) >= threshold:
                a, b = root(parent, at), root(parent, other)
                parent[max(a, b)] = min(a, b)
        lsh.insert(at, signature, check_duplication=False)
    seconds = time.process_time() - started
    groups = sum(root(parent, member) == member for member in range(len(texts)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "groups": groups, "compared": compared, "memory": memory, "numpy": numpy.__version__}))


if __name__ == "__main__":
    main()
