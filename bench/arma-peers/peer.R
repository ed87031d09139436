# Times R's arima() (CSS-ML, standard errors included) on the cases of a directory: file,ms,logLik per line.
directory <- commandArgs(trailingOnly = TRUE)[1]
cases <- read.csv(file.path(directory, "cases.csv"), header = FALSE)
for (i in seq_len(nrow(cases))) {
  c <- cases[i, ]
  x <- scan(file.path(directory, paste0(c$V1, ".csv")), quiet = TRUE)
  fit <- function() arima(x, order = c(c$V2, c$V3, c$V4),
    seasonal = list(order = c(c$V5, c$V6, c$V7), period = max(1, c$V8)), include.mean = c$V9 == 1)
  f <- fit()
  fit()
  times <- replicate(c$V10, system.time(for (j in 1:2) { g <- fit(); sqrt(diag(g$var.coef)) }, gcFirst = FALSE)[["elapsed"]] / 2)
  # system.time has a resolution of 1 ms: short fits are timed in one long loop instead.
  ms <- if (median(times) > 0.05) median(times) * 1000 else {
    loops <- 100
    system.time(for (j in 1:loops) { g <- fit(); sqrt(diag(g$var.coef)) }, gcFirst = FALSE)[["elapsed"]] / loops * 1000
  }
  cat(c$V1, ",", format(ms, digits = 6), ",", sprintf("%.10g", f$loglik), "\n", sep = "")
}
