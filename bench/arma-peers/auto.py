"""Times statsforecast's AutoARIMA with its defaults on the series of a directory (auto-series.R):
name,ms,p,d,q,P,D,Q,constant,aicc per line. Time is that of the process, the best of two runs where they are short."""
import csv
import os
import sys
import time
import warnings

warnings.simplefilter("ignore")
import numpy as np
from statsforecast.models import AutoARIMA

directory = sys.argv[1]


def read(name):
    return np.loadtxt(os.path.join(directory, name + ".txt"))


AutoARIMA(season_length=1).fit(read("lh"))  # compiles
for name, kind, period in csv.reader(open(os.path.join(directory, "series.csv"))):
    y = read(name)
    best = float("inf")
    model = None
    for run in range(2):
        start = time.process_time()
        try:
            model = AutoARIMA(season_length=int(period)).fit(y).model_
        except Exception:
            model = None
        best = min(best, (time.process_time() - start) * 1000)
        if best > 3000:
            break
    if model is None:
        print(f"{name},{best}", flush=True)
        continue
    p, q, P, Q, m, d, D = (int(x) for x in model["arma"])
    constant = int(any(c in model["coef"] for c in ("intercept", "drift")))
    print(f"{name},{best:.3f},{p},{d},{q},{P},{D},{Q},{constant},{model['aicc']:.6f}", flush=True)
