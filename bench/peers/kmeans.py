"""Runs the same k-means as `bench peers kmeans` in scikit-learn (Lloyd) or FAISS:
same rows, same initial centres, the given number of threads. Prints one JSON
object of figures."""
import argparse
import json
import time
import warnings

import numpy as np

p = argparse.ArgumentParser()
p.add_argument("--engine")
p.add_argument("--data")
p.add_argument("--dense", type=int)
p.add_argument("--k", type=int)
p.add_argument("--threads", type=int)
p.add_argument("--skip", type=int)
p.add_argument("--iterations", type=int)
p.add_argument("--fit", type=int)
p.add_argument("--repeat", type=int)
a = p.parse_args()
rows = np.fromfile(a.data, dtype=np.float32).reshape(-1, a.dense)
first = rows[: a.k].copy()


def timed(run):
    began, computed = time.perf_counter(), time.process_time()
    result = run()
    return time.perf_counter() - began, time.process_time() - computed, result


def sklearn():
    import sklearn
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    warnings.filterwarnings("ignore")  # of not having converged

    def fit(iterations):
        return KMeans(a.k, init=first, n_init=1, tol=0, max_iter=iterations, algorithm="lloyd").fit(rows)

    figures = {"version": sklearn.__version__}
    with threadpool_limits(a.threads):
        fit(1)  # warms up
        # What surrounds the iterations is the same in both.
        few = [timed(lambda: fit(a.skip)) for _ in range(a.repeat)]
        more = [timed(lambda: fit(a.skip + a.iterations)) for _ in range(a.repeat)]
        between = more[0][2].n_iter_ - few[0][2].n_iter_  # fewer where the fixed point comes first
        if between > 0:
            figures["iteration_seconds"] = (min(t[0] for t in more) - min(t[0] for t in few)) / between
            figures["cpu_seconds"] = (min(t[1] for t in more) - min(t[1] for t in few)) / between
        # Its inertia is of the centres after the last iteration.
        figures["inertia"] = more[0][2].inertia_
        if a.fit:
            took, _, model = timed(lambda: fit(a.fit))
            figures |= {"fit_seconds": took, "fit_iterations": model.n_iter_, "fit_inertia": model.inertia_}
    return figures


def faiss():
    import faiss

    faiss.omp_set_num_threads(a.threads)

    def fit(iterations):
        k = faiss.Kmeans(a.dense, a.k, niter=iterations, min_points_per_centroid=1, max_points_per_centroid=len(rows))
        k.train(rows, init_centroids=first)
        return k

    runs = []
    for _ in range(a.repeat):
        seconds = [s["time"] for s in fit(a.skip + a.iterations).iteration_stats]
        runs.append((seconds[-1] - seconds[a.skip - 1]) / a.iterations)
    return {"version": faiss.__version__, "iteration_seconds": min(runs)}


print(json.dumps({"sklearn": sklearn, "faiss": faiss}[a.engine](), default=float))
