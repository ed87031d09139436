"""Times statsmodels' ARIMA().fit() with standard errors on the cases of a directory: file,ms,logLik per line."""
import csv
import os
import statistics
import sys
import time
import warnings

warnings.simplefilter("ignore")
import numpy as np
from statsmodels.tsa.arima.model import ARIMA

directory = sys.argv[1]
for file, p, d, q, P, D, Q, s, constant, repeats in csv.reader(open(os.path.join(directory, "cases.csv"))):
    y = np.loadtxt(os.path.join(directory, file + ".csv"))
    seasonal = (int(P), int(D), int(Q), int(s))

    def fit():
        result = ARIMA(
            y, order=(int(p), int(d), int(q)), seasonal_order=seasonal, trend="c" if constant == "1" else "n"
        ).fit()
        result.bse
        return result

    loglik = fit().llf
    times = []
    for _ in range(int(float(repeats))):
        start = time.perf_counter()
        fit()
        times.append((time.perf_counter() - start) * 1000)
    print(f"{file},{statistics.median(times)},{loglik}", flush=True)
