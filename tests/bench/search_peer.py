"""A vector index from PyPI, in a process of its own, spoken to line by line.

    python search_peer.py NAME FOLDER WIDTH THREADS

NAME is hnswlib, faiss or usearch; FOLDER has vectors.f32 and queries.f32, rows of little-endian floats, and truth.u32, the
ten nearest of each query. Every request is answered with a line of numbers.
"""

import os
import sys
import time

import numpy as np

# As kindred builds its graphs, and as the papers name it.
M, EF_CONSTRUCTION = 16, 200
NEIGHBOURS = 10


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Hnswlib:
    def build(self, vectors, threads):
        import hnswlib

        self.index = hnswlib.Index("ip", vectors.shape[1])
        self.index.init_index(len(vectors), M=M, ef_construction=EF_CONSTRUCTION, random_seed=1)
        self.index.add_items(vectors, num_threads=threads)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path, width):
        import hnswlib

        self.index = hnswlib.Index("ip", width)
        self.index.load_index(path)

    def query(self, queries, ef):
        self.index.set_ef(ef)
        return self.index.knn_query(queries, NEIGHBOURS, num_threads=1)[0]


class Faiss:
    def build(self, vectors, threads):
        import faiss

        faiss.omp_set_num_threads(threads)
        self.index = faiss.IndexHNSWFlat(vectors.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION
        self.index.add(vectors)
        faiss.omp_set_num_threads(1)

    def save(self, path):
        import faiss

        faiss.write_index(self.index, path)

    def load(self, path, width):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = faiss.read_index(path)

    def query(self, queries, ef):
        self.index.hnsw.efSearch = ef
        return self.index.search(queries, NEIGHBOURS)[1]


class Usearch:
    def build(self, vectors, threads):
        self.index = self.new(vectors.shape[1])
        self.index.add(np.arange(len(vectors)), vectors, threads=threads)

    def new(self, width):
        from usearch.index import Index

        return Index(ndim=width, metric="ip", dtype="f32", connectivity=M, expansion_add=EF_CONSTRUCTION)

    def save(self, path):
        self.index.save(path)

    def load(self, path, width):
        self.index = self.new(width)
        self.index.load(path)

    def query(self, queries, ef):
        self.index.expansion_search = ef
        return self.index.search(queries, NEIGHBOURS, threads=1).keys


def main(name, folder, width, threads):
    peer = {"hnswlib": Hnswlib, "faiss": Faiss, "usearch": Usearch}[name]()
    read = lambda file, kind: np.fromfile(os.path.join(folder, file), kind)
    queries = read("queries.f32", "<f4").reshape(-1, width)
    truth = read("truth.u32", "<u4").reshape(-1, NEIGHBOURS)
    path = os.path.join(folder, name)
    print("ready", flush=True)
    for line in sys.stdin:
        request, *numbers = line.split()
        started = time.perf_counter()
        if request == "build":
            peer.build(read("vectors.f32", "<f4").reshape(-1, width), threads)
            answer = [time.perf_counter() - started]
            peer.save(path)
        elif request == "load":
            before = resident()
            started = time.perf_counter()
            peer.load(path, width)
            answer = [time.perf_counter() - started, resident() - before]
        elif request == "query":
            found = peer.query(queries, int(numbers[0]))
            seconds = time.perf_counter() - started
            hits = sum(len(np.intersect1d(a, b)) for a, b in zip(found, truth))
            answer = [hits / truth.size, len(queries) / seconds]
        print(*answer, flush=True)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
